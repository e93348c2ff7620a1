//! What was answered while older messages are read: above the status line, where it is seen.

use ratatui::layout::Rect;
use teahouse_editor::wrap;

use super::pen::Pen;
use crate::screen::limits::ANSWER_ROWS_MIN;
use crate::screen::model::Model;
use crate::screen::model::entry::{Notice, Tone};

/// Columns before the words: the sign, as it stands before words of the house.
const BEFORE_WORDS: u16 = 3;

/// Draws it over the messages, on at most half of their rows.
pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    let most = usize::from(area.height / 2);
    if model.answers.is_empty() || area.height < ANSWER_ROWS_MIN {
        return;
    }
    let columns = usize::from(area.width.saturating_sub(BEFORE_WORDS + 1)).max(1);
    let mut rows: Vec<_> = Vec::new();
    // The newest from its beginning; those before it as far as they fit too.
    for notice in model.answers.iter().rev() {
        let mut more = rows_of(notice, columns);
        if rows.is_empty() || more.len() + rows.len() < most {
            more.append(&mut rows);
            rows = more;
        }
    }
    let shown = rows.len().min(most - 1);
    let height = u16::try_from(shown + 1).unwrap_or(area.height);
    let mut y = area.bottom().saturating_sub(height);
    pen.clear(Rect { y, height, ..area });
    pen.fill(Rect { y, height: 1, ..area }, "─", pen.theme.rule);
    let hidden = rows.len() - shown;
    let title = match hidden {
        0 => " answers; Esc closes ".to_owned(),
        more => format!(" answers, {more} more rows; Esc closes "),
    };
    pen.put_short(area.x + 1, y, area.width.saturating_sub(2), &title, pen.theme.strong);
    for (notice, is_first, text) in rows.into_iter().take(shown) {
        y += 1;
        let (sign, style) = match notice.tone {
            Tone::Plain | Tone::Server => ("·", pen.theme.text),
            Tone::Problem => ("!", pen.theme.problem),
        };
        pen.put(area.x + 1, y, 1, if is_first { sign } else { "│" }, style);
        let x = area.x + BEFORE_WORDS;
        pen.put(x, y, area.right().saturating_sub(x), text, style);
    }
}

/// The rows of one answer, and whether each is its first.
fn rows_of(notice: &Notice, columns: usize) -> Vec<(&Notice, bool, &str)> {
    let ranges = wrap(&notice.text, columns, columns).into_iter().enumerate();
    ranges.map(|(number, range)| (notice, number == 0, &notice.text[range])).collect()
}
