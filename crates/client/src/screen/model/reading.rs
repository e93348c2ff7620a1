//! Reads older messages: scrolls, requests more history, and goes to a position in it and back.

use teahouse_core::{RoomName, Time};
use teahouse_wire::api::{History, HistoryPage, Part, Request};
use teahouse_wire::command::{Clock, Moment};
use teahouse_wire::line::gone;

use super::Model;
use super::entry::{Notice, Tone};
use super::flow::Flow;
use super::requests::Purpose;
use super::talk::{Loading, Reading};
use crate::screen::found;
use crate::screen::keys::Scroll;
use crate::screen::limits::SCROLL_ROWS;

impl Model {
    pub(super) fn scroll(&mut self, scroll: Scroll) {
        if self.talk().loading.has_failed {
            self.talk_mut().loading = Loading::default();
        }
        let page = usize::from(self.areas().messages.height);
        match scroll {
            Scroll::PageUp => self.scroll_up(page.saturating_sub(2).max(1)),
            Scroll::PageDown => self.scroll_down(page.saturating_sub(2).max(1)),
            Scroll::Up => self.scroll_up(SCROLL_ROWS),
            Scroll::Down => self.scroll_down(SCROLL_ROWS),
            Scroll::End => self.go_to_end(),
        }
    }

    fn scroll_up(&mut self, rows: usize) {
        let height = usize::from(self.areas().messages.height);
        let flow = self.flow();
        let screen = flow.screen(height);
        let Some(top) = screen.first() else { return };
        let (index, row) = flow.entry_row(top);
        let above = flow.up_from(index, row, rows);
        let Some(top) = above.first() else { return };
        let (index, row) = flow.entry_row(top);
        self.read_at(index, row);
    }

    fn scroll_down(&mut self, rows: usize) {
        let height = usize::from(self.areas().messages.height);
        let flow = self.flow();
        let screen = flow.screen(height);
        let Some(top) = screen.first() else { return };
        let (index, row) = flow.entry_row(top);
        let below = flow.down_from(index, row, rows + 1);
        let Some(top) = below.last() else { return };
        let (index, row) = flow.entry_row(top);
        self.read_at(index, row);
        self.follow_end();
    }

    fn read_at(&mut self, index: usize, row: usize) {
        let talk = self.talk_mut();
        if let Some(key) = talk.entry(index).map(|entry| entry.key) {
            talk.reading = Reading::At { key, row };
        }
    }

    /// Returns to reading at the end if the end is on the screen.
    pub(super) fn follow_end(&mut self) {
        if self.talk().reading == Reading::End {
            return;
        }
        let height = usize::from(self.areas().messages.height);
        let flow = self.flow();
        let screen = flow.screen(height);
        let is_end = match screen.first() {
            Some(top) => {
                let (index, row) = flow.entry_row(top);
                flow.down_from(index, row, height + 1).len() <= height
            }
            None => true,
        };
        if is_end {
            self.talk_mut().reading = Reading::End;
        }
    }

    /// Goes to the newest message.
    pub(super) fn go_to_end(&mut self) {
        let talk = self.talk_mut();
        if talk.window.reaches_end {
            talk.reading = Reading::End;
            talk.target = None;
            talk.words.clear();
        } else {
            talk.start_over();
            talk.words.clear();
        }
    }

    /// Requests what is missing on the screen and one screen beyond it, so that scrolling does not wait.
    pub(super) fn request_missing(&mut self) {
        if !self.is_online() || !self.talk().is_joined {
            return;
        }
        let Some(room) = self.talk().with.room().cloned() else { return };
        if !self.talk().members.is_requested {
            self.talk_mut().members.is_requested = true;
            self.ask_members(room.clone(), 1);
        }
        let height = usize::from(self.look.size.rows).max(1);
        let talk = self.talk();
        let top = match talk.reading {
            Reading::End => talk.len().saturating_sub(height),
            Reading::At { key, .. } => talk.index_of(key).unwrap_or(0),
        };
        if top < height && !talk.window.reaches_start && !talk.loading.before {
            self.ask_before(room.clone());
        }
        let talk = self.talk();
        if top + 2 * height > talk.len() && !talk.window.reaches_end && !talk.loading.after {
            self.ask_after(room);
        }
    }

    fn ask_before(&mut self, room: RoomName) {
        let talk = self.talk_mut();
        let before = talk.window.first_position();
        if before.is_some_and(|first| first <= 1) {
            talk.window.reaches_start = true;
            return;
        }
        talk.loading.before = true;
        let part = Part { before, ..Part::default() };
        self.ask_history(room, Purpose::Before(before), part);
    }

    fn ask_after(&mut self, room: RoomName) {
        let talk = self.talk_mut();
        let Some(last) = talk.window.last_position() else { return talk.start_over() };
        talk.loading.after = true;
        let part = Part { after: Some(last), ..Part::default() };
        self.ask_history(room, Purpose::After(last), part);
    }

    /// Requests messages from before a moment.
    pub(super) fn ask_before_time(&mut self, moment: Moment, count: u32) {
        let Some(room) = self.talk().with.room().cloned() else {
            return self.flash("this is no room");
        };
        if !self.is_online() {
            return self.flash("offline: older messages are with the house");
        }
        let clock = Clock { now: Time(self.now.time_ms), zone: self.setup.zone.clone() };
        let part = Part { before_time_ms: Some(moment.at(&clock).0), ..Part::default() };
        let request = History { room, part, limit: Some(count) };
        self.ask(Purpose::BeforeTime(moment), Request::History(request));
    }

    /// Goes to a message, and marks these words.
    pub(super) fn go_to(&mut self, room: &RoomName, position: u64, words: &str) {
        let Some(index) = self.talks.iter().position(|talk| talk.with.room() == Some(room)) else {
            return self.flash_not_in(room.clone());
        };
        self.show_talk(index);
        words.clone_into(&mut self.talk_mut().words);
        if self.read_position(position) {
            return;
        }
        let part = Part { around: Some(position), ..Part::default() };
        self.ask_history(room.clone(), Purpose::Around(position), part);
        self.flash("going there …");
    }

    /// Shows a loaded message a third down the screen. Returns whether the message is loaded.
    fn read_position(&mut self, position: u64) -> bool {
        let talk = self.talk_mut();
        let is_target = |index: &usize| {
            talk.entry(*index).and_then(|entry| entry.what.position()) == Some(position)
        };
        let Some(index) = (0..talk.len()).find(is_target) else { return false };
        talk.target = Some(position);
        self.feedback.flash = None;
        let above = usize::from(self.areas().messages.height) / 3;
        let flow = self.flow();
        let row = self.row_of_words(&flow, index);
        let top =
            flow.up_from(index, row, above).first().map_or((index, row), |top| flow.entry_row(top));
        self.read_at(top.0, top.1);
        self.follow_end();
        true
    }

    /// The row of an entry with the first of the words searched for.
    fn row_of_words(&self, flow: &Flow<'_>, index: usize) -> usize {
        let Some(entry) = self.talk().entry(index) else { return 0 };
        let found = found::ranges(&entry.what.display(), &self.talk().words);
        let Some(first) = found.first() else { return 0 };
        let rows = flow.rows(index);
        rows.iter().position(|row| row.range.end > first.start).unwrap_or(0)
    }

    /// Adds a page of a room's history, unless the loaded events have changed and the page no longer adjoins them.
    pub(super) fn add_page(&mut self, page: &HistoryPage, purpose: &Purpose) {
        let Some(index) = self.talks.iter().position(|t| t.with.room() == Some(&page.room)) else {
            return;
        };
        match purpose {
            Purpose::Before(before) => self.add_page_before(index, page, *before),
            Purpose::After(after) => self.add_page_after(index, page, *after),
            Purpose::Around(position) => self.add_page_around(index, page, *position),
            Purpose::BeforeTime(time) => match page.events.last() {
                Some(event) => self.go_to(&page.room, event.position, ""),
                None => self.show_notice(nothing_before(page, time), Tone::Plain),
            },
            Purpose::List
            | Purpose::Found { .. }
            | Purpose::KnownRooms
            | Purpose::Members(_)
            | Purpose::PrivateMessage(..)
            | Purpose::Notice
            | Purpose::Nothing => {}
        }
        self.trim(index);
    }

    fn add_page_before(&mut self, index: usize, page: &HistoryPage, before: Option<u64>) {
        let talk = &mut self.talks[index];
        talk.loading.before = false;
        let first = talk.window.first_position();
        let adjoins = match before {
            Some(_) => first == before,
            None => first.map_or(talk.head, |first| first.saturating_sub(1)) <= page.head,
        };
        if !adjoins {
            return;
        }
        let begins = page.events.first().map(|event| event.position);
        // A page without earlier events ends the history, whatever the server says.
        let is_earlier = |position: u64| first.is_none_or(|first| position < first);
        talk.window.reaches_start =
            !begins.is_some_and(|at| at > page.first.max(1) && is_earlier(at));
        self.put_events(index, page);
        if first.is_none() {
            self.talks[index].window.sink_leading_notices();
        }
        if let Some(last) = page.gone_upto()
            && self.talks[index].window.reaches_start
        {
            let text = gone(&page.room, (1, last));
            let notice = Notice { text, tone: Tone::Plain };
            self.talks[index].window.add_notice_at_start(notice);
        }
    }

    fn add_page_after(&mut self, index: usize, page: &HistoryPage, after: u64) {
        let talk = &mut self.talks[index];
        talk.loading.after = false;
        let meanwhile = std::mem::take(&mut talk.meanwhile);
        if talk.window.reaches_end || talk.window.last_position() != Some(after) {
            return;
        }
        self.put_events(index, page);
        for event in &meanwhile {
            let last = self.talks[index].window.last_position();
            if last.and_then(|last| last.checked_add(1)) == Some(event.position) {
                self.put_event(index, event);
            }
        }
        let talk = &mut self.talks[index];
        let last = talk.window.last_position().unwrap_or(0);
        // A page without later events is the last one, whatever the server says.
        talk.window.reaches_end = last <= after || last >= page.head.max(talk.head);
    }

    fn add_page_around(&mut self, index: usize, page: &HistoryPage, position: u64) {
        self.talks[index].start_over();
        self.put_events(index, page);
        let talk = &mut self.talks[index];
        let head = page.head.max(talk.head);
        talk.window.reaches_end = talk.window.last_position().is_none_or(|last| last >= head);
        talk.window.reaches_start = talk.window.first_position().is_some_and(|first| first <= 1);
        if index == self.current && !self.read_position(position) {
            self.flash("that message is no longer kept");
        }
    }

    fn put_events(&mut self, index: usize, page: &HistoryPage) {
        for event in &page.events {
            self.put_event(index, event);
        }
    }

    /// Drops entries beyond the limits of a room.
    pub(super) fn trim(&mut self, index: usize) {
        let talk = &mut self.talks[index];
        if !talk.window.is_over_limits() {
            return;
        }
        let read = match talk.reading {
            Reading::End => None,
            Reading::At { key, .. } => talk.index_of(key),
        };
        talk.window.trim(read);
    }
}

/// Why a page has no message from before a moment.
fn nothing_before(page: &HistoryPage, time: &Moment) -> String {
    match page.gone_upto() {
        Some(last) => {
            format!("nothing is kept here from before {time}: {}", gone(&page.room, (1, last)))
        }
        None => format!("nothing was said here before {time}"),
    }
}
