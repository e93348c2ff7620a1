//! Breaks the entries of a room into rows of a given width. The model scrolls with it and the view draws with it, so
//! both always mean the same row.
//!
//! Invariant: the column in which a row begins shows who wrote it. The columns before [`Grid::text_at`] belong to the
//! interface: times, nicks, the signs of notices, and the bar of continued rows. A person's text begins at that
//! column or, on the first row of a message, after the nick; so no text looks like another person's message, or like
//! words of the server, at any width and without colours.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use teahouse_editor::{width, wrap};

use super::entry::{Entry, Manner, Message, What, display_nick};
use super::talk::{Reading, Talk};
use crate::screen::limits::{GROUP_MS, NICK_COLUMNS};

/// Columns of a time, such as `10:02`.
pub(crate) const TIME_COLUMNS: usize = 5;
/// Times, nicks and texts have columns of their own from this width on.
const COLUMNS_APART_MIN: usize = 52;
/// Times are shown from this width on.
const TIME_MIN: usize = 32;
/// Free columns at the right of texts.
const RIGHT_MARGIN: usize = 1;
/// Columns of a sign, or of the bar of a continued row, where nicks have no column of their own.
const SIGN_COLUMNS: usize = 2;
/// The fewest columns of a text after a nick in the same row; with fewer, the nick has a row of its own.
const TEXT_MIN: usize = 6;

/// With at least so many rows, the topmost may name the sender of a continued text; with fewer, the text needs each.
const NAMED_ROWS_MIN: usize = 4;

/// The columns of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Columns of the whole row.
    pub columns: usize,
    /// Whether time, nick and text have columns of their own.
    pub is_apart: bool,
    /// Whether times are shown.
    pub has_times: bool,
}

impl Grid {
    /// The grid for a width.
    #[must_use]
    pub(crate) fn of(columns: usize) -> Self {
        Self { columns, is_apart: columns >= COLUMNS_APART_MIN, has_times: columns >= TIME_MIN }
    }

    /// The grid without columns for nicks.
    #[must_use]
    pub(crate) fn without_nick_column(columns: usize) -> Self {
        Self { is_apart: false, ..Self::of(columns) }
    }

    /// The column where times begin, after the mark of a mention.
    #[must_use]
    pub(crate) fn time_at(self) -> usize {
        1
    }

    /// The column where nicks begin.
    #[must_use]
    pub(crate) fn nick_at(self) -> usize {
        if self.has_times { self.time_at() + TIME_COLUMNS + 1 } else { self.time_at() }
    }

    /// The column where texts begin; the columns before it belong to the interface.
    #[must_use]
    pub(crate) fn text_at(self) -> usize {
        let before = if self.is_apart { NICK_COLUMNS + 2 } else { SIGN_COLUMNS };
        self.nick_at() + before
    }

    /// Columns of texts.
    #[must_use]
    pub(crate) fn text_columns(self) -> usize {
        self.columns.saturating_sub(self.text_at() + RIGHT_MARGIN)
    }

    /// Columns from where nicks begin to the end of texts.
    #[must_use]
    pub(crate) fn nick_columns(self) -> usize {
        self.columns.saturating_sub(self.nick_at() + RIGHT_MARGIN)
    }

    /// How the nick of a message is shown.
    #[must_use]
    pub(crate) fn naming(self, message: &Message) -> Naming {
        let nick = display_nick(&message.nick);
        let columns = width(&nick);
        match message.manner {
            Manner::Acted | Manner::Topic => Naming::InText,
            Manner::Said if self.is_apart && columns <= NICK_COLUMNS => Naming::InColumn,
            Manner::Said if self.is_apart => Naming::OnRow(nick.into_owned()),
            Manner::Said if columns + 2 + TEXT_MIN <= self.nick_columns() => {
                Naming::BeforeText(format!("{nick}: "))
            }
            Manner::Said => Naming::OnRow(format!("{nick}:")),
        }
    }
}

/// How a nick is shown before a text. It is never shortened where the message begins: two nicks with the same
/// beginning are two persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// In the column of nicks.
    InColumn,
    /// `ann: ` in the row of the text.
    BeforeText(String),
    /// On a row of its own, because it is too wide for the others.
    OnRow(String),
    /// In the text itself: `* ann waves`.
    InText,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// A new day begins.
    Day(Date),
    /// The entries below arrived while the user was away.
    New,
    /// The nick of the text below, where it is too wide to stand beside the text.
    Name {
        /// Whether the time is shown: the entry before is of another minute.
        with_time: bool,
    },
    /// The beginning of an entry.
    First {
        /// Whether the nick is shown: the entry before is by another sender.
        with_nick: bool,
        /// Whether the time is shown: the entry before is of another minute.
        with_time: bool,
    },
    /// A continued entry.
    More,
}

/// A row of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// What the row shows.
    pub kind: RowKind,
    /// The bytes of the entry's text in this row.
    pub range: Range<usize>,
    /// The column in which the text begins.
    pub column: usize,
}

/// Everything that determines the rows of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Flow<'a> {
    /// The conversation.
    pub talk: &'a Talk,
    /// The columns.
    pub grid: Grid,
    /// The time zone for days and minutes.
    pub zone: &'a TimeZone,
}

/// A row on the screen: the entry's index and the row.
pub(crate) type ScreenRow = (usize, Row);

impl Flow<'_> {
    /// The rows of the entry at this index.
    #[must_use]
    pub(crate) fn rows(&self, index: usize) -> Vec<Row> {
        let Some(entry) = self.talk.entry(index) else { return Vec::new() };
        let before = index.checked_sub(1).and_then(|before| self.talk.entry(before));
        let mut rows = self.rows_above(index, entry, before);
        let has_rows_above = !rows.is_empty();
        let with_nick = has_rows_above
            || !self.grid.is_apart
            || !before.is_some_and(|before| is_grouped(before, entry));
        let with_time = has_rows_above || !before.is_some_and(|b| self.is_same_minute(b, entry));
        self.push_text(entry, with_nick, with_time, &mut rows);
        rows
    }

    fn rows_above(&self, index: usize, entry: &Entry, before: Option<&Entry>) -> Vec<Row> {
        let bare = |kind| Row { kind, range: 0..0, column: 0 };
        let mut rows = Vec::new();
        let day = self.date(entry);
        if before.is_none_or(|before| self.date(before) != day) {
            rows.push(bare(RowKind::Day(day)));
        }
        if self.is_first_new(index) {
            rows.push(bare(RowKind::New));
        }
        rows
    }

    /// Whether the mark of new messages stands before this entry. Entries without a position may stand between.
    fn is_first_new(&self, index: usize) -> bool {
        let Some(new_after) = self.talk.new_after else { return false };
        let position = |index| self.talk.entry(index).and_then(|entry| entry.what.position());
        position(index).is_some_and(|at| at > new_after)
            && (0..index).rev().find_map(position).is_none_or(|before| before <= new_after)
    }

    fn push_text(&self, entry: &Entry, with_nick: bool, with_time: bool, rows: &mut Vec<Row>) {
        let grid = self.grid;
        let naming = match &entry.what {
            What::Message(message) if with_nick => Some(grid.naming(message)),
            What::Message(_) | What::Presence(_) | What::Notice(_) => None,
        };
        let mut first = RowKind::First { with_nick, with_time };
        let mut begin = grid.text_at();
        match naming {
            Some(Naming::OnRow(_)) => {
                let kind = RowKind::Name { with_time };
                rows.push(Row { kind, range: 0..0, column: grid.nick_at() });
                first = RowKind::More;
            }
            Some(Naming::BeforeText(lead)) => begin = grid.nick_at() + width(&lead),
            Some(Naming::InColumn | Naming::InText) | None => {}
        }
        let columns = grid.text_columns();
        let first_columns = (grid.text_at() + columns).saturating_sub(begin);
        let shown = entry.what.display();
        for (number, range) in wrap(&shown, first_columns, columns.max(1)).into_iter().enumerate() {
            let is_first = number == 0;
            rows.push(Row {
                kind: if is_first { first.clone() } else { RowKind::More },
                range,
                column: if is_first { begin } else { grid.text_at() },
            });
        }
    }

    /// The day of an entry.
    #[must_use]
    pub(crate) fn date(&self, entry: &Entry) -> Date {
        self.local(entry).date()
    }

    /// The time of day of an entry.
    #[must_use]
    pub(crate) fn local(&self, entry: &Entry) -> DateTime {
        let at = Timestamp::from_millisecond(entry.time_ms).unwrap_or_default();
        self.zone.to_datetime(at)
    }

    fn is_same_minute(&self, one: &Entry, other: &Entry) -> bool {
        let minute = |entry: &Entry| entry.time_ms.div_euclid(60_000);
        let has_time = |entry: &Entry| match &entry.what {
            What::Message(message) => message.stage.is_none(),
            What::Presence(_) | What::Notice(_) => true,
        };
        has_time(one) && has_time(other) && minute(one) == minute(other)
    }

    /// The rows on a screen of this height, topmost first; fewer only if the conversation has fewer.
    #[must_use]
    pub(crate) fn screen(&self, height: usize) -> Vec<ScreenRow> {
        match self.top() {
            Some((index, row)) => {
                let mut rows = self.down_from(index, row, height);
                if rows.len() < height {
                    rows = self.up_from(self.talk.len(), 0, height);
                }
                rows
            }
            None => self.up_from(self.talk.len(), 0, height),
        }
    }

    /// The topmost row as entry and row; `None` when the user reads at the end.
    fn top(&self) -> Option<(usize, usize)> {
        match self.talk.reading {
            Reading::End => None,
            Reading::At { key, row } => self.talk.index_of(key).map(|index| (index, row)),
        }
    }

    /// At most `count` rows from this row of this entry on.
    #[must_use]
    pub(crate) fn down_from(&self, index: usize, row: usize, count: usize) -> Vec<ScreenRow> {
        let mut shown = Vec::new();
        let mut skip = row;
        for index in index..self.talk.len() {
            let rows = self.rows(index);
            let skipped = skip.min(rows.len().saturating_sub(1));
            shown.extend(rows.into_iter().skip(skipped).map(|row| (index, row)));
            skip = 0;
            if shown.len() >= count {
                break;
            }
        }
        shown.truncate(count);
        shown
    }

    /// At most `count` rows before this row of this entry, in order.
    #[must_use]
    pub(crate) fn up_from(&self, index: usize, row: usize, count: usize) -> Vec<ScreenRow> {
        let mut shown = Vec::new();
        let own = self.rows(index).into_iter().take(row).map(|row| (index, row));
        shown.extend(own.rev());
        for index in (0..index).rev() {
            if shown.len() >= count {
                break;
            }
            shown.extend(self.rows(index).into_iter().map(|row| (index, row)).rev());
        }
        shown.truncate(count);
        shown.reverse();
        shown
    }

    /// Whether the topmost of these rows is replaced by the nick of the sender: it continues a message, and nothing
    /// beside the text could name the sender.
    #[must_use]
    pub(crate) fn replaces_top_row(&self, rows: &[ScreenRow]) -> bool {
        let is_bare = !self.grid.is_apart && !self.grid.has_times;
        let Some((index, row)) = rows.first().filter(|_| rows.len() >= NAMED_ROWS_MIN) else {
            return false;
        };
        let is_continued = row.kind == RowKind::More;
        let entry = self.talk.entry(*index).filter(|_| is_bare && is_continued);
        entry.is_some_and(|entry| matches!(entry.what, What::Message(_)))
    }

    /// The index of the entry, and of the row in it, for a row on the screen.
    #[must_use]
    pub(crate) fn entry_row(&self, (index, row): &ScreenRow) -> (usize, usize) {
        (*index, self.rows(*index).iter().position(|other| other == row).unwrap_or(0))
    }
}

/// Whether an entry stands under the same nick as the entry before it.
fn is_grouped(before: &Entry, entry: &Entry) -> bool {
    let (What::Message(one), What::Message(other)) = (&before.what, &entry.what) else {
        return false;
    };
    one.manner == Manner::Said
        && other.manner == Manner::Said
        && one.nick == other.nick
        && one.is_own == other.is_own
        && entry.time_ms.saturating_sub(before.time_ms) < GROUP_MS
}
