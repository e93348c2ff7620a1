//! Draws a panel over the last rows of the messages: answers that arrived while the user reads older messages, and
//! notices that are too long for the status line.

use ratatui::layout::Rect;
use teahouse_editor::wrap;

use super::pen::{self, Pen};
use crate::screen::areas::Areas;
use crate::screen::limits::ANSWER_ROWS_MIN;
use crate::screen::model::entry::Tone;
use crate::screen::model::{Mode, Model};

/// Columns before the text, for the sign of a notice.
const BEFORE_WORDS: u16 = 3;

/// A row of a notice.
struct Row<'a> {
    tone: Tone,
    is_first: bool,
    text: &'a str,
}

/// The panel over the messages: a rule, and rows of notices.
struct Panel<'a> {
    rows: Vec<Row<'a>>,
    /// The number of rows that do not fit.
    hidden: usize,
    has_answers: bool,
    area: Rect,
}

impl<'a> Panel<'a> {
    /// The panel with at most half of the message rows; `None` when there is nothing to show or too little room.
    fn of(model: &'a Model, areas: &Areas) -> Option<Self> {
        if !has_room(model, areas) {
            return None;
        }
        let area = areas.messages;
        let columns = usize::from(area.width.saturating_sub(BEFORE_WORDS + 1)).max(1);
        let flash = model.feedback.flash.iter().filter(|_| has_flash(model, areas));
        let flash = flash.map(|flash| (Tone::Plain, flash.text.as_str()));
        let answers =
            model.feedback.answers.iter().map(|notice| (notice.tone, notice.text.as_str()));
        let most = usize::from((area.height / 2).max(ANSWER_ROWS_MIN)) - 1;
        let mut rows: Vec<Row<'_>> = Vec::new();
        // The newest notice from its beginning; earlier ones only if they fit as a whole.
        for (tone, text) in answers.chain(flash).rev() {
            let mut more = rows_of(tone, text, columns);
            if rows.is_empty() || more.len() + rows.len() <= most {
                more.append(&mut rows);
                rows = more;
            }
        }
        let hidden = rows.len().saturating_sub(most);
        rows.truncate(most);
        let height = u16::try_from(rows.len() + 1).unwrap_or(area.height);
        let y = area.bottom().saturating_sub(height);
        let has_answers = !model.feedback.answers.is_empty();
        let panel = Self { rows, hidden, has_answers, area: Rect { y, height, ..area } };
        (!panel.rows.is_empty()).then_some(panel)
    }

    fn title(&self) -> String {
        match (self.has_answers, self.hidden) {
            (false, _) => String::new(),
            (true, 0) => " answers; Esc closes ".to_owned(),
            (true, 1) => " answers, 1 more row; Esc closes ".to_owned(),
            (true, more) => format!(" answers, {more} more rows; Esc closes "),
        }
    }
}

fn has_room(model: &Model, areas: &Areas) -> bool {
    let is_covered = matches!(model.mode, Mode::List(_) | Mode::Help { .. });
    !is_covered && areas.messages.height >= ANSWER_ROWS_MIN
}

/// Whether the panel shows the flash, because the status line is too short for it.
pub(super) fn has_flash(model: &Model, areas: &Areas) -> bool {
    let is_long = |text: &str| !pen::has_room(text, areas.status);
    has_room(model, areas)
        && model.feedback.flash.as_ref().is_some_and(|flash| is_long(&flash.text))
}

/// The topmost row that the panel covers; beyond the last row when there is no panel.
pub(in crate::screen) fn top(model: &Model) -> u16 {
    Panel::of(model, &model.areas()).map_or(u16::MAX, |panel| panel.area.y)
}

/// Draws the panel.
pub(super) fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let Some(panel) = Panel::of(model, areas) else { return };
    let area = panel.area;
    pen.clear(area);
    pen.fill(Rect { height: 1, ..area }, "─", pen.theme.rule);
    let columns = area.width.saturating_sub(2);
    pen.put_short(area.x + 1, area.y, columns, &panel.title(), pen.theme.strong);
    for (y, row) in (area.y + 1..area.bottom()).zip(&panel.rows) {
        let (sign, style) = match row.tone {
            Tone::Plain | Tone::Server => ("·", pen.theme.text),
            Tone::Problem => ("!", pen.theme.problem),
        };
        pen.put(area.x + 1, y, 1, if row.is_first { sign } else { "│" }, style);
        let x = area.x + BEFORE_WORDS;
        pen.put(x, y, area.right().saturating_sub(x), row.text, style);
    }
}

/// The rows of one answer.
fn rows_of(tone: Tone, text: &str, columns: usize) -> Vec<Row<'_>> {
    let ranges = wrap(text, columns, columns).into_iter().enumerate();
    ranges.map(|(number, range)| Row { tone, is_first: number == 0, text: &text[range] }).collect()
}
