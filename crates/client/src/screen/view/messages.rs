//! Draws the messages: the rows of the model's flow, with nicks, mentions and links coloured.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;
use teahouse_editor::{shorten_middle, width};

use super::pen::{Pen, columns_of};
use crate::screen::found;
use crate::screen::limits::NICK_COLUMNS;
use crate::screen::model::entry::{
    Entry, Manner, Message, OwnStage, Tone, What, display_nick, mention_ranges,
};
use crate::screen::model::flow::{Flow, Naming, Row, RowKind, ScreenRow, TIME_COLUMNS};
use crate::screen::model::{Model, links};

pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    if area.is_empty() {
        return;
    }
    let flow = model.flow();
    let rows = flow.screen(usize::from(area.height));
    if rows.is_empty() {
        return draw_nothing(model, area, pen);
    }
    let mut rows = rows;
    show_first_nick_and_time(&mut rows);
    let is_named = flow.replaces_top_row(&rows);
    let first = area.bottom() - u16::try_from(rows.len()).unwrap_or(area.height);
    // A long text has many rows, and is searched for links and mentions once.
    let mut styled: Option<(usize, StyledText<'_>)> = None;
    for (y, (index, row)) in (first..area.bottom()).zip(&rows) {
        let Some(entry) = model.talk().entry(*index) else { continue };
        let drawing = Drawing { model, flow: &flow, entry, area: Rect { y, height: 1, ..area } };
        let styled = match styled.take() {
            Some(before) if before.0 == *index => styled.insert(before),
            Some(_) | None => styled.insert((*index, drawing.styled_text(pen))),
        };
        if y == first && is_named {
            drawing.draw_nick_over_row(pen);
        } else {
            drawing.draw_row(row, &styled.1, pen);
            if y == first && row.kind == RowKind::More {
                drawing.draw_continued_nick(pen);
            }
        }
        drawing.draw_marks(row, pen);
    }
}

/// The text of an entry, and the styles of its parts.
struct StyledText<'a> {
    shown: Cow<'a, str>,
    base: Style,
    special: Vec<(Range<usize>, Style)>,
    /// The words that were searched for.
    found: Vec<Range<usize>>,
}

/// Shows nick and time of the topmost message, even if a message above the screen already shows them.
fn show_first_nick_and_time(rows: &mut [ScreenRow]) {
    let mut kinds = rows.iter_mut().map(|(_, row)| &mut row.kind);
    let is_head =
        |kind: &&mut RowKind| matches!(kind, RowKind::First { .. } | RowKind::Name { .. });
    match kinds.find(is_head) {
        Some(kind @ RowKind::First { .. }) => {
            *kind = RowKind::First { with_nick: true, with_time: true };
        }
        Some(RowKind::Name { with_time }) => *with_time = true,
        Some(RowKind::Day(_) | RowKind::New | RowKind::More) | None => {}
    }
}

fn draw_nothing(model: &Model, area: Rect, pen: &mut Pen<'_>) {
    let talk = model.talk();
    let text = match talk.loading.before {
        true => "…",
        false if talk.is_joined => "nobody has said anything here yet",
        false => return,
    };
    let x = area.x + area.width.saturating_sub(columns_of(text)) / 2;
    pen.put_short(x, area.y + area.height / 2, area.width, text, pen.theme.dim);
}

/// The drawing of one row.
struct Drawing<'a> {
    model: &'a Model,
    flow: &'a Flow<'a>,
    entry: &'a Entry,
    area: Rect,
}

impl<'a> Drawing<'a> {
    fn draw_row(&self, row: &Row, styled: &StyledText<'_>, pen: &mut Pen<'_>) {
        let theme = pen.theme;
        match &row.kind {
            RowKind::Day(day) => {
                let day = day.strftime("%A, %-d %B %Y").to_string();
                self.draw_rule(&day, theme.dim, theme.rule, pen);
            }
            RowKind::New => self.draw_rule("new", theme.mention, theme.mention, pen),
            RowKind::First { with_nick, with_time } => {
                self.draw_head(*with_nick, *with_time, pen);
                self.draw_text(row, styled, pen);
            }
            RowKind::Name { with_time } => self.draw_name(*with_time, pen),
            RowKind::More => {
                self.draw_bar(pen);
                self.draw_text(row, styled, pen);
            }
        }
    }

    /// `──── words ─────`
    fn draw_rule(&self, words: &str, style: Style, rule: Style, pen: &mut Pen<'_>) {
        let (x, y) = (self.area.x, self.area.y);
        pen.fill(
            Rect { x: x + 1, width: self.area.width.saturating_sub(2), ..self.area },
            "─",
            rule,
        );
        let columns = self.area.width.saturating_sub(6);
        let words = format!(" {} ", teahouse_editor::shorten(words, usize::from(columns)));
        let at = x + self.area.width.saturating_sub(columns_of(&words)) / 2;
        pen.put(at, y, columns_of(&words), &words, style);
    }

    /// Draws the mark at the left edge: of a mention, or of the message that the user went to.
    fn draw_marks(&self, row: &Row, pen: &mut Pen<'_>) {
        let What::Message(message) = &self.entry.what else { return };
        let is_text = !matches!(row.kind, RowKind::Day(_) | RowKind::New);
        let is_target = message.position.is_some() && message.position == self.model.talk().target;
        if is_text && is_target {
            pen.put(self.area.x, self.area.y, 1, "▶", pen.theme.accent);
        } else if is_text && message.is_mention {
            pen.put(self.area.x, self.area.y, 1, "▌", pen.theme.mention);
        }
    }

    fn draw_head(&self, with_nick: bool, with_time: bool, pen: &mut Pen<'_>) {
        self.draw_time(with_time, pen);
        if let What::Message(message) = &self.entry.what {
            if with_nick {
                self.draw_nick(message, pen);
            }
        } else if let Some((sign, style)) = self.server_sign(pen) {
            self.draw_sign(sign, style, pen);
        }
    }

    /// The sign of an entry that is no message.
    fn server_sign(&self, pen: &Pen<'_>) -> Option<(&'static str, Style)> {
        match &self.entry.what {
            What::Message(_) => None,
            What::Presence(_) => Some(("⇄", pen.theme.dim)),
            What::Notice(notice) => match notice.tone {
                Tone::Plain => Some(("·", pen.theme.dim)),
                Tone::Problem => Some(("!", pen.theme.problem)),
                Tone::Server => None,
            },
        }
    }

    /// Draws the nick on a row above the text.
    fn draw_name(&self, with_time: bool, pen: &mut Pen<'_>) {
        self.draw_time(with_time, pen);
        if let What::Message(message) = &self.entry.what
            && let Naming::OnRow(nick) = self.flow.grid.naming(message)
        {
            let nick = shorten_middle(&nick, self.flow.grid.nick_columns());
            self.put_at(self.flow.grid.nick_at(), &nick, nick_style(message, pen), pen);
        }
    }

    /// Names the sender of a message that is continued at the top of the screen: in the column of nicks or, shortened,
    /// in that of times.
    fn draw_continued_nick(&self, pen: &mut Pen<'_>) {
        let (sign, style) = match (&self.entry.what, self.server_sign(pen)) {
            (What::Message(message), _) => (display_nick(&message.nick), nick_style(message, pen)),
            (_, Some((sign, style))) => (sign.into(), style),
            (What::Presence(_) | What::Notice(_), None) => return,
        };
        let grid = self.flow.grid;
        if grid.is_apart {
            self.draw_sign(&sign, style, pen);
        } else if grid.has_times {
            self.put_at(grid.time_at(), &shorten_middle(&sign, TIME_COLUMNS), style, pen);
        } else if self.server_sign(pen).is_some() {
            self.put_at(grid.nick_at(), &sign, style, pen);
        }
    }

    /// Names the sender in place of the topmost row of a continued message, where there are no columns beside it.
    fn draw_nick_over_row(&self, pen: &mut Pen<'_>) {
        if let What::Message(message) = &self.entry.what {
            let words = format!("{}: …", display_nick(&message.nick));
            let words = shorten_middle(&words, self.flow.grid.nick_columns());
            self.put_at(self.flow.grid.nick_at(), &words, nick_style(message, pen), pen);
        }
    }

    /// Draws the bar before a continued row, where nicks have no column of their own. No text can draw in its column.
    fn draw_bar(&self, pen: &mut Pen<'_>) {
        if !self.flow.grid.is_apart {
            self.put_at(self.flow.grid.nick_at(), "│", pen.theme.rule, pen);
        }
    }

    /// Draws the time, or the progress of an own message.
    fn draw_time(&self, with_time: bool, pen: &mut Pen<'_>) {
        let theme = pen.theme;
        if !self.flow.grid.has_times {
            return;
        }
        let (words, style) = match self.stage() {
            Some(OwnStage::Waiting) => ("    …".to_owned(), theme.mention),
            Some(OwnStage::Sent) => ("    ·".to_owned(), theme.dim),
            Some(OwnStage::Refused) => ("    !".to_owned(), theme.problem),
            None if with_time => {
                (self.flow.local(self.entry).strftime("%H:%M").to_string(), theme.dim)
            }
            None => return,
        };
        pen.put(self.x(self.flow.grid.time_at()), self.area.y, 5, &words, style);
    }

    fn stage(&self) -> Option<OwnStage> {
        match &self.entry.what {
            What::Message(message) => message.stage,
            What::Presence(_) | What::Notice(_) => None,
        }
    }

    fn draw_nick(&self, message: &Message, pen: &mut Pen<'_>) {
        let style = nick_style(message, pen);
        match (message.manner, self.flow.grid.naming(message)) {
            (_, Naming::InColumn) => self.draw_sign(&display_nick(&message.nick), style, pen),
            (_, Naming::BeforeText(lead)) => {
                self.put_at(self.flow.grid.nick_at(), &lead, style, pen);
            }
            // Only at the top of the screen: the whole nick is above it.
            (_, Naming::OnRow(nick)) => self.draw_sign(&nick, style, pen),
            (Manner::Topic, Naming::InText) => self.draw_sign("#", style, pen),
            (Manner::Said | Manner::Acted, Naming::InText) => self.draw_sign("*", style, pen),
        }
    }

    /// Draws a sign or nick at the right edge of the column of nicks, or where nicks begin if there is no column.
    fn draw_sign(&self, sign: &str, style: Style, pen: &mut Pen<'_>) {
        let grid = self.flow.grid;
        if grid.is_apart {
            let sign = shorten_middle(sign, NICK_COLUMNS);
            let at = grid.nick_at() + NICK_COLUMNS - width(&sign).min(NICK_COLUMNS);
            self.put_at(at, &sign, style, pen);
        } else {
            self.put_at(grid.nick_at(), sign, style, pen);
        }
    }

    fn put_at(&self, column: usize, text: &str, style: Style, pen: &mut Pen<'_>) {
        let x = self.x(column);
        pen.put(x, self.area.y, self.area.right().saturating_sub(x), text, style);
    }

    fn x(&self, column: usize) -> u16 {
        self.area.x.saturating_add(u16::try_from(column).unwrap_or(u16::MAX))
    }

    fn draw_text(&self, row: &Row, styled: &StyledText<'_>, pen: &mut Pen<'_>) {
        let mut parts = split(&row.range, styled.base, &styled.special);
        if !styled.found.is_empty() {
            parts = mark(parts, &styled.found, pen.theme.found);
        }
        let mut x = self.x(row.column);
        for (range, style) in parts {
            let columns = self.area.right().saturating_sub(x);
            x = pen.put(x, self.area.y, columns, &styled.shown[range], style);
        }
    }

    fn styled_text(&self, pen: &Pen<'_>) -> StyledText<'a> {
        let theme = pen.theme;
        let shown = self.entry.what.display();
        let base = self.base_style(pen);
        let links = links::find(&shown).into_iter();
        let mut special: Vec<_> = links.map(|link| (link, base.patch(theme.link))).collect();
        let mut found = Vec::new();
        if let What::Message(message) = &self.entry.what {
            if message.manner != Manner::Said {
                let nick = display_nick(&message.nick);
                special.push((0..nick.len(), nick_style(message, pen)));
            }
            if let Some(me) = self.model.me.nick.as_ref().filter(|_| message.is_mention) {
                let ranges = mention_ranges(&shown, me.as_str());
                special.extend(ranges.map(|range| (range, theme.mention)));
            }
            found = found::ranges(&shown, &self.model.talk().words);
        }
        special.sort_by_key(|(range, _)| range.start);
        StyledText { shown, base, special, found }
    }

    fn base_style(&self, pen: &Pen<'_>) -> Style {
        let theme = pen.theme;
        match &self.entry.what {
            What::Message(message) => match (message.stage, message.manner) {
                (Some(OwnStage::Refused), _) => theme.problem,
                (Some(OwnStage::Waiting | OwnStage::Sent), _) | (None, Manner::Topic) => theme.dim,
                (None, Manner::Said | Manner::Acted) => theme.text,
            },
            What::Presence(_) => theme.dim,
            What::Notice(notice) => match notice.tone {
                Tone::Plain => theme.dim,
                Tone::Problem => theme.problem,
                Tone::Server => theme.text,
            },
        }
    }
}

fn nick_style(message: &Message, pen: &Pen<'_>) -> Style {
    if message.is_own { pen.theme.accent } else { pen.theme.nick(&message.nick) }
}

/// Splits a range into the special parts and the parts between them.
fn split(
    row: &Range<usize>,
    base: Style,
    special: &[(Range<usize>, Style)],
) -> Vec<(Range<usize>, Style)> {
    let mut parts = Vec::new();
    let mut at = row.start;
    for (range, style) in special {
        let (start, end) = (range.start.max(at), range.end.min(row.end));
        if start < end {
            parts.push((at..start, base));
            parts.push((start..end, *style));
            at = end;
        }
    }
    parts.push((at..row.end, base));
    parts.retain(|(range, _)| !range.is_empty());
    parts
}

/// The same parts, with the words that were searched for marked.
pub(super) fn mark_found(
    parts: Vec<(Range<usize>, Style)>,
    text: &str,
    words: &str,
    style: Style,
) -> Vec<(Range<usize>, Style)> {
    mark(parts, &found::ranges(text, words), style)
}

fn mark(
    parts: Vec<(Range<usize>, Style)>,
    found: &[Range<usize>],
    mark: Style,
) -> Vec<(Range<usize>, Style)> {
    let marked = |(range, style): (Range<usize>, Style)| {
        let found: Vec<_> = found.iter().map(|range| (range.clone(), style.patch(mark))).collect();
        split(&range, style, &found)
    };
    parts.into_iter().flat_map(marked).collect()
}

/// Columns of the lead of an item.
pub(super) fn lead_columns(lead: &str, most: usize) -> usize {
    width(lead).min(most)
}
