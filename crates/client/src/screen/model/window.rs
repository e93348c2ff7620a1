//! The loaded part of a room: entries in order, without a gap in the history, and whether they reach the room's
//! beginning and its newest message.

use std::collections::VecDeque;
use std::collections::vec_deque::Iter;

use teahouse_wire::api::Change;

use super::entry::{Entry, Notice, What};
use super::folded::Folded;
use crate::screen::limits::{ENTRIES_MAX, ENTRY_BYTES_MAX};

/// The loaded entries.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    entries: VecDeque<Entry>,
    bytes: usize,
    next_key: u64,
    /// Whether nothing comes before the first entry.
    pub reaches_start: bool,
    /// Whether the next new event follows the last entry.
    pub reaches_end: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            next_key: 0,
            reaches_start: false,
            reaches_end: true,
        }
    }
}

impl Window {
    /// All entries, oldest first.
    pub(crate) fn entries(&self) -> Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The number of entries.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entry at this index.
    #[must_use]
    pub(crate) fn entry(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// The first loaded position.
    #[must_use]
    pub(crate) fn first_position(&self) -> Option<u64> {
        self.entries.iter().find_map(|entry| entry.what.position())
    }

    /// The last loaded position.
    #[must_use]
    pub(crate) fn last_position(&self) -> Option<u64> {
        self.entries.iter().rev().find_map(|entry| entry.what.position())
    }

    /// A key that no entry of this room has or had.
    pub(crate) fn new_key(&mut self) -> u64 {
        self.next_key += 1;
        self.next_key
    }

    /// Drops all entries; the next ones may be from anywhere in the history.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
        self.reaches_start = false;
        self.reaches_end = true;
    }

    /// Removes and returns all entries.
    pub(crate) fn take_entries(&mut self) -> VecDeque<Entry> {
        self.bytes = 0;
        std::mem::take(&mut self.entries)
    }

    /// Moves the notices before the first message to the end: they were shown before any message was loaded, and the
    /// messages are older.
    pub(crate) fn sink_leading_notices(&mut self) {
        let first = self.entries.iter().position(|entry| entry.what.position().is_some());
        self.entries.rotate_left(first.unwrap_or(0));
    }

    /// Adds an entry: a message of the history at its position, once; everything else at the end.
    pub(crate) fn put(&mut self, time_ms: i64, what: What) {
        let Some(position) = what.position() else { return self.put_at(self.len(), time_ms, what) };
        if self.first_position().is_none_or(|first| position < first)
            && self.last_position().is_some()
        {
            return self.put_at(0, time_ms, what);
        }
        let is_before =
            |entry: &Entry| entry.what.position().is_some_and(|other| other <= position);
        let index = self.entries.iter().rposition(is_before).map_or(0, |index| index + 1);
        let is_there = index > 0 && self.entries[index - 1].what.position() == Some(position);
        if is_there {
            return;
        }
        let is_last = self.last_position().is_none_or(|last| last < position);
        self.put_at(if is_last { self.len() } else { index }, time_ms, what);
    }

    /// Adds a message before the notices at the end that were shown since `since_ms`.
    pub(crate) fn put_before_notices(&mut self, time_ms: i64, what: What, since_ms: i64) {
        let is_later =
            |entry: &&Entry| entry.what.position().is_none() && entry.time_ms >= since_ms;
        let notices = self.entries.iter().rev().take_while(is_later).count();
        let notices = self.entries.split_off(self.entries.len() - notices);
        self.put(time_ms, what);
        self.entries.extend(notices);
    }

    fn put_at(&mut self, index: usize, time_ms: i64, what: What) {
        self.bytes += what.bytes();
        let key = self.new_key();
        self.entries.insert(index, Entry { key, time_ms, what });
    }

    /// Adds a notice at the end.
    pub(crate) fn add_notice(&mut self, time_ms: i64, notice: Notice) {
        self.put(time_ms, What::Notice(notice));
    }

    /// Adds a notice at the beginning of the room's history.
    pub(crate) fn add_notice_at_start(&mut self, notice: Notice) {
        let time_ms = self.entries.front().map_or(0, |first| first.time_ms);
        self.put_at(0, time_ms, What::Notice(notice));
    }

    /// Folds a presence change into the last entry if possible, else adds an entry.
    pub(crate) fn add_presence(&mut self, time_ms: i64, change: &Change) {
        if let Some(Entry { what: What::Presence(folded), .. }) = self.entries.back_mut()
            && folded.can_add(change)
        {
            let before = folded.bytes();
            folded.add(change);
            self.bytes = self.bytes - before + folded.bytes();
            return;
        }
        let mut folded = Folded::default();
        if folded.add(change) {
            self.put(time_ms, What::Presence(folded));
        }
    }

    /// Whether there are more entries or bytes than the limits allow.
    #[must_use]
    pub(crate) fn is_over_limits(&self) -> bool {
        self.entries.len() > ENTRIES_MAX || self.bytes > ENTRY_BYTES_MAX
    }

    /// Drops entries beyond the limits, at the end that is farther from the screen: `read` is the index of the first
    /// entry on the screen, `None` at the newest message.
    pub(crate) fn trim(&mut self, mut read: Option<usize>) {
        while self.is_over_limits() {
            let from_front = read.is_none_or(|index| index > self.entries.len() / 2);
            let dropped =
                if from_front { self.entries.pop_front() } else { self.entries.pop_back() };
            let Some(dropped) = dropped else { break };
            self.bytes -= dropped.what.bytes();
            if from_front {
                self.reaches_start = false;
                read = read.map(|index| index.saturating_sub(1));
            } else {
                self.reaches_end = false;
            }
        }
    }

    /// The messages, to be changed.
    pub(crate) fn messages_mut(&mut self) -> impl Iterator<Item = &mut super::entry::Message> {
        self.entries.iter_mut().filter_map(|entry| match &mut entry.what {
            What::Message(message) => Some(message),
            What::Presence(_) | What::Notice(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::model::entry::{Manner, Message, Tone};

    fn message(position: u64) -> What {
        What::Message(Message {
            position: Some(position),
            nick: "ann".to_owned(),
            manner: Manner::Said,
            text: "x".repeat(10),
            is_own: false,
            is_mention: false,
            stage: None,
            private_id: None,
        })
    }

    fn positions(window: &Window) -> Vec<Option<u64>> {
        window.entries().map(|entry| entry.what.position()).collect()
    }

    #[test]
    fn messages_are_kept_once_in_the_order_of_the_room_whatever_their_order_of_arrival() {
        let mut window = Window::default();
        for position in [5, 6, 3, 4, 5, 8, 7, 1, 8] {
            window.put(0, message(position));
        }
        let expected: Vec<_> = [1, 3, 4, 5, 6, 7, 8].map(Some).to_vec();
        assert_eq!(positions(&window), expected);
    }

    #[test]
    fn a_notice_stays_where_it_was_shown() {
        let mut window = Window::default();
        window.put(0, message(1));
        window.add_notice(0, Notice { text: "hm".to_owned(), tone: Tone::Plain });
        window.put(0, message(2));
        window.put(0, message(1));
        assert_eq!(positions(&window), [Some(1), None, Some(2)]);
    }

    #[test]
    fn entries_on_the_screen_are_never_dropped() {
        let mut window = Window::default();
        let many = ENTRIES_MAX as u64 + 50;
        for position in 1..=many {
            window.put(0, message(position));
        }
        window.reaches_start = true;
        let mut reading = window.clone();
        window.trim(None);
        assert_eq!((window.first_position(), window.last_position()), (Some(51), Some(many)));
        assert!(window.reaches_end && !window.reaches_start);
        reading.trim(Some(3));
        assert_eq!(reading.first_position(), Some(1));
        assert!(!reading.reaches_end && reading.reaches_start);
        assert_eq!(reading.len(), ENTRIES_MAX);
    }
}
