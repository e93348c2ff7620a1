//! Draws the help: the tables of keys and commands, on a page of its own. Texts too long for their column are
//! wrapped; on a narrow screen the description stands below the keys.

use ratatui::layout::{Position, Rect};
use teahouse_editor::{width, wrap};

use super::pen::Pen;
use crate::screen::keys;
use teahouse_wire::command::VERBS;

/// The most keys named in one row; of more, such as nine digits, only the first and the last are named.
const KEYS_NAMED_MAX: usize = 3;
/// The width from which on keys and commands have a column, and its columns; the widest first.
const LEFT_COLUMNS: &[(usize, usize)] = &[(64, 32), (34, 18)];
/// Columns before a description below its keys.
const INDENT: usize = 4;
/// How to scroll and close; the longest that fits is shown.
const HINTS: &[&str] =
    &["↑ ↓ PgUp PgDn scroll, Esc closes", "↑ ↓ scroll, Esc closes", "Esc closes", "Esc"];

/// A row of the help.
enum Line {
    Title(&'static str),
    /// A text, indented, in the style of keys or of descriptions.
    Words {
        at: usize,
        text: String,
        is_key: bool,
    },
    /// Keys, and their description beside them.
    Both(String, String),
    Empty,
}

/// The rows of the help for a width in columns.
fn lines(columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    // The common keys come first here; in the table they come last, because earlier rows win.
    let (special, common): (Vec<_>, Vec<_>) =
        keys::SECTIONS.iter().partition(|section| !section.contexts.contains(&keys::Context::Line));
    for section in common {
        push_section(section, columns, &mut lines);
        lines.push(Line::Empty);
    }
    lines.push(Line::Title("Commands"));
    for verb in VERBS {
        push_row(&verb.usage(), verb.help, columns, &mut lines);
    }
    for section in special {
        lines.push(Line::Empty);
        push_section(section, columns, &mut lines);
    }
    lines
}

fn push_section(section: &keys::Section, columns: usize, lines: &mut Vec<Line>) {
    lines.push(Line::Title(section.title));
    for row in section.rows {
        push_row(&key_names(row.keys), row.help, columns, lines);
    }
}

fn push_row(keys: &str, help: &str, columns: usize, lines: &mut Vec<Line>) {
    let left = left_columns(columns);
    if let Some(left) = left.filter(|left| width(keys) + INDENT <= *left) {
        let mut rows = wrap_lines(help, columns - left).into_iter();
        lines.push(Line::Both(keys.to_owned(), rows.next().unwrap_or_default()));
        lines.extend(rows.map(|text| Line::Words { at: left, text, is_key: false }));
        return;
    }
    let at = INDENT / 2;
    let names = wrap_lines(keys, columns.saturating_sub(at)).into_iter();
    lines.extend(names.map(|text| Line::Words { at, text, is_key: true }));
    let at = left.unwrap_or(INDENT);
    let words = wrap_lines(help, columns.saturating_sub(at)).into_iter();
    lines.extend(words.map(|text| Line::Words { at, text, is_key: false }));
}

/// The width of the column of keys and commands; `None` where descriptions stand below them.
fn left_columns(columns: usize) -> Option<usize> {
    LEFT_COLUMNS.iter().find(|(from, _)| columns >= *from).map(|(_, left)| *left)
}

fn wrap_lines(text: &str, columns: usize) -> Vec<String> {
    wrap(text, columns, columns.max(1)).into_iter().map(|row| text[row].to_owned()).collect()
}

fn key_names(keys: &[crate::screen::key::Press]) -> String {
    match keys {
        [first, .., last] if keys.len() > KEYS_NAMED_MAX + 1 => format!("{first} … {last}"),
        _ => {
            let named = &keys[..keys.len().min(KEYS_NAMED_MAX)];
            named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The last row that may be topmost with a full page.
pub(in crate::screen) fn last_top(area: Rect) -> usize {
    lines(columns(area)).len().saturating_sub(rows(area))
}

fn columns(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(2)
}

/// Rows below the title.
fn rows(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(1)
}

/// Draws the help from this row on.
pub(super) fn draw(top: usize, area: Rect, pen: &mut Pen<'_>) -> Position {
    let theme = pen.theme;
    let columns = columns(area);
    let left = left_columns(columns).unwrap_or(INDENT);
    let lines = lines(columns);
    let last_top = lines.len().saturating_sub(rows(area));
    let top = top.min(last_top);
    draw_title(top, last_top, area, pen);
    for (y, line) in (area.top().saturating_add(1)..area.bottom()).zip(&lines[top..]) {
        let mut put = |at: usize, text: &str, style| {
            let x = area.x + 1 + u16::try_from(at).unwrap_or(u16::MAX);
            pen.put(x, y, area.right().saturating_sub(x), text, style);
        };
        match line {
            Line::Title(title) => put(0, title, theme.strong),
            Line::Words { at, text, is_key } => {
                put(*at, text, if *is_key { theme.accent } else { theme.text });
            }
            Line::Both(keys, help) => {
                put(INDENT / 2, keys, theme.accent);
                put(left, help, theme.text);
            }
            Line::Empty => {}
        }
    }
    Position::new(area.x, area.y)
}

/// Draws the title, how to scroll and close, and the scroll position.
fn draw_title(top: usize, last_top: usize, area: Rect, pen: &mut Pen<'_>) {
    let theme = pen.theme;
    let right = area.right().saturating_sub(1);
    let x = pen.put(area.x + 1, area.y, area.width, "Help", theme.strong) + 2;
    let fits = |hint: &&&str| width(hint) <= usize::from(right.saturating_sub(x));
    let hint = HINTS.iter().find(fits).unwrap_or(&"");
    let x = pen.put(x, area.y, right.saturating_sub(x), hint, theme.text) + 2;
    let position = match (top, last_top - top) {
        (_, 0) => "the end".to_owned(),
        (0, below) => format!("{below} rows below"),
        (above, below) => format!("{above} above, {below} below"),
    };
    if usize::from(right.saturating_sub(x)) >= width(&position) {
        pen.put_before(right, area.y, right.saturating_sub(x), &position, theme.dim);
    }
}
