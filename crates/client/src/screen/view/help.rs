//! The help: the tables of keys and commands, as they are.

use ratatui::layout::{Position, Rect};

use super::pen::Pen;
use crate::command::VERBS;
use crate::screen::keys;

/// Keys named of one row: of nine digits the first and the last say it.
const KEYS_NAMED_MAX: usize = 3;
/// Columns of keys and commands.
const LEFT_COLUMNS: u16 = 32;

/// A row of the help.
enum Line {
    Title(&'static str),
    Row(String, &'static str),
    Empty,
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    // What one looks for first stands last in the table, where it is found last.
    let (special, common): (Vec<_>, Vec<_>) =
        keys::SECTIONS.iter().partition(|section| !section.contexts.contains(&keys::Context::Line));
    for section in common {
        lines.push(Line::Title(section.title));
        lines.extend(section.rows.iter().map(|row| Line::Row(key_names(row.keys), row.help)));
        lines.push(Line::Empty);
    }
    lines.push(Line::Title("Commands"));
    lines.extend(VERBS.iter().map(|verb| Line::Row(verb.usage(), verb.help)));
    for section in special {
        lines.push(Line::Empty);
        lines.push(Line::Title(section.title));
        lines.extend(section.rows.iter().map(|row| Line::Row(key_names(row.keys), row.help)));
    }
    lines
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

/// How many rows it has.
pub(in crate::screen) fn help_rows() -> usize {
    lines().len()
}

/// Draws it from this row on.
pub(super) fn draw(top: usize, area: Rect, pen: &mut Pen<'_>) -> Position {
    let theme = pen.theme;
    let lines = lines();
    let height = usize::from(area.height);
    let top = top.min(lines.len().saturating_sub(height));
    let left = LEFT_COLUMNS.min(area.width / 2);
    for (y, line) in (area.top()..area.bottom()).zip(&lines[top..]) {
        let (x, columns) = (area.x + 1, area.width.saturating_sub(2));
        match line {
            Line::Title(title) => {
                pen.put(x, y, columns, title, theme.strong);
            }
            Line::Row(keys, help) => {
                pen.put_short(x + 2, y, left.saturating_sub(3), keys, theme.accent);
                let at = x + left;
                pen.put_short(at, y, area.right().saturating_sub(at + 1), help, theme.text);
            }
            Line::Empty => {}
        }
    }
    if top + height < lines.len() && area.height > 1 {
        let row = area.bottom() - 1;
        pen.put_before(area.right().saturating_sub(1), row, 3, " ↓ ", theme.dim);
    }
    Position::new(area.x, area.y)
}
