//! Fills lists to choose from: found messages, links, rooms.

use teahouse_core::RoomName;
use teahouse_editor::Editor;
use teahouse_wire::api::{Event, Request, RoomsPage, Search};
use teahouse_wire::command::CommandError;

use super::entry::{What, display_nick};
use super::list::{Item, List, ListKind, Target};
use super::requests::Purpose;
use super::{Mode, Model, links};
use crate::screen::input::Effect;
use crate::screen::keys::ListMove;
use crate::screen::limits::{FOUND_KEPT_MAX, FOUND_MAX, LINKS_MAX};

/// A text of many lines as one line.
fn single_line(text: &str) -> String {
    text.replace('\n', " ⏎ ").replace('\t', " ")
}

impl Model {
    pub(super) fn begin_find(&mut self) {
        if self.is_line_server() {
            return self.flash("a line server cannot be searched");
        }
        let everywhere = self.talk().with.room().is_none();
        self.mode = Mode::Find { editor: Box::default(), everywhere };
    }

    pub(super) fn change_scope(&mut self) {
        if let Mode::Find { everywhere, .. } = &mut self.mode {
            *everywhere = !*everywhere;
        }
    }

    pub(super) fn find(&mut self) {
        let Mode::Find { editor, everywhere } = &mut self.mode else { return };
        let words = Editor::take(editor).trim().to_owned();
        let everywhere = *everywhere;
        self.mode = Mode::Line;
        if !words.is_empty() {
            self.find_words(words, everywhere);
        }
    }

    /// Searches for messages with these words, in this room or in all.
    pub(super) fn find_words(&mut self, words: String, everywhere: bool) {
        if !self.is_online() {
            return self.flash("offline: searching needs the house");
        }
        let room = self.talk().with.room().filter(|_| !everywhere).cloned();
        self.begin_list(format!("searching for {words} …"), ListKind::Found);
        self.ask_found(words, room, None);
    }

    fn ask_found(&mut self, words: String, room: Option<RoomName>, before: Option<u64>) {
        let purpose = Purpose::Found { room: room.clone(), is_more: before.is_some() };
        let request = Search { words, room, before, limit: Some(FOUND_MAX) };
        self.ask(purpose, Request::Search(request));
    }

    /// Shows the results of the last search again, and requests older ones.
    pub(super) fn continue_search(&mut self) {
        if !self.is_online() {
            return self.flash("offline: searching needs the house");
        }
        let last = |list: &List| list.items.last().map(|item| item.target.clone());
        match self.requests.found.clone().map(|list| (last(&list), list)) {
            Some((Some(Target::Older { room, before }), list)) => {
                self.mode = Mode::List(*list);
                self.find_older(room, before);
            }
            Some(_) | None => self.flash(CommandError::NothingOlder.to_string()),
        }
    }

    /// Requests older results, which are added to the list.
    fn find_older(&mut self, room: Option<RoomName>, before: u64) {
        let Mode::List(list) = &mut self.mode else { return };
        if std::mem::replace(&mut list.is_waiting, true) {
            return;
        }
        let words = list.words.clone();
        self.ask_found(words, room, Some(before));
    }

    pub(super) fn begin_list(&mut self, title: impl Into<String>, kind: ListKind) {
        let title = title.into();
        let (items, words) = (Vec::new(), String::new());
        self.mode = Mode::List(List { kind, title, words, is_waiting: true, items, index: 0 });
    }

    /// Fills the list of this kind if it is still open; a closed list is not opened again.
    fn show_list(&mut self, wanted: ListKind, title: String, words: &str, items: Vec<Item>) {
        if let Mode::List(list) = &mut self.mode
            && list.kind == wanted
        {
            let words = words.to_owned();
            *list = List { kind: wanted, title, words, is_waiting: false, items, index: 0 };
        }
    }

    pub(super) fn close_list(&mut self) {
        if matches!(self.mode, Mode::List(_)) {
            self.mode = Mode::Line;
        }
    }

    /// Lists found messages, or adds them to those listed, followed by an item for older ones if there are any.
    pub(super) fn list_found(
        &mut self,
        words: &str,
        events: &[Event],
        more: Option<u64>,
        (room, is_more): (Option<RoomName>, bool),
    ) {
        let (mut items, index) = match &mut self.mode {
            Mode::List(list) if is_more && list.words == words => {
                let is_found = |item: &Item| !matches!(item.target, Target::Older { .. });
                let items = std::mem::take(&mut list.items);
                (items.into_iter().filter(is_found).collect::<Vec<_>>(), list.index)
            }
            Mode::List(_) if is_more => return,
            Mode::List(_) | Mode::Line | Mode::Find { .. } | Mode::Help { .. } => (Vec::new(), 0),
            Mode::SendPaste { .. } => return,
        };
        let is_here = events.iter().all(|event| self.talk().with.room() == Some(&event.room));
        let lead = |event: &Event| match is_here {
            true => display_nick(event.sender.nick.as_str()).into_owned(),
            // The nick comes first: if both are too long, the room is shortened.
            false => {
                format!("{} #{}", display_nick(event.sender.nick.as_str()), event.room.as_str())
            }
        };
        let item = |event: &Event| Item {
            time_ms: Some(event.time_ms),
            lead: lead(event),
            text: event.text.as_ref().map_or_else(String::new, |text| single_line(text.as_str())),
            target: Target::Message { room: event.room.clone(), position: event.position },
        };
        items.extend(events.iter().map(item));
        let before = more.filter(|_| items.len() < FOUND_KEPT_MAX);
        let title = match (items.len(), before) {
            (0, None) => format!("nothing found for {words}"),
            (0, Some(_)) => format!("nothing found yet for {words}"),
            (1, None) => format!("1 message with {words}"),
            (count, None) => format!("{count} messages with {words}"),
            (count, Some(_)) => format!("the newest {count} with {words}"),
        };
        if let Some(before) = before {
            let text = "Enter looks for older ones".to_owned();
            let target = Target::Older { room, before };
            items.push(Item { time_ms: None, lead: "…".to_owned(), text, target });
        }
        self.show_list(ListKind::Found, title, words, items);
        if let Mode::List(list) = &mut self.mode
            && list.kind == ListKind::Found
        {
            list.index = index.min(list.items.len().saturating_sub(1));
            self.requests.found = Some(Box::new(list.clone()));
        }
    }

    pub(super) fn list_rooms(&mut self, page: &RoomsPage) {
        let item = |room: &teahouse_wire::api::Room| Item {
            time_ms: None,
            lead: format!("#{} {}", room.name.as_str(), room.members),
            text: room.topic.as_ref().map_or_else(String::new, |topic| single_line(topic.as_str())),
            target: Target::Room(room.name.clone()),
        };
        let items = page.rooms.iter().map(item).collect();
        let title = match page.pages {
            0 | 1 => format!("{} rooms", page.total),
            pages => format!("{} rooms, page {} of {pages}; /rooms PAGE", page.total, page.page),
        };
        self.show_list(ListKind::Rooms, title, "", items);
    }

    /// Lists the links of this conversation, the latest first.
    pub(super) fn list_links(&mut self) {
        let mut items: Vec<Item> = Vec::new();
        let talk = self.talk();
        for entry in (0..talk.len()).rev().filter_map(|index| talk.entry(index)) {
            let text = entry.what.display();
            for range in links::find(&text).into_iter().rev() {
                let link = text[range].to_owned();
                let lead = match &entry.what {
                    What::Message(message) => display_nick(&message.nick).into_owned(),
                    What::Presence(_) | What::Notice(_) => String::new(),
                };
                if items.len() < LINKS_MAX && !items.iter().any(|item| item.text == link) {
                    let target = Target::Link(link.clone());
                    items.push(Item { time_ms: Some(entry.time_ms), lead, text: link, target });
                }
            }
        }
        if items.is_empty() {
            return self.flash("no links here");
        }
        self.begin_list("", ListKind::Links);
        self.show_list(ListKind::Links, "links, the latest first".to_owned(), "", items);
    }

    pub(super) fn step_list(&mut self, step: ListMove) {
        let page = match &self.mode {
            Mode::List(list) => list.visible_count(self.areas().messages),
            Mode::Help { .. } => usize::from(self.areas().messages.height).saturating_sub(2).max(1),
            Mode::Line | Mode::Find { .. } | Mode::SendPaste { .. } => return,
        };
        let last_top = crate::screen::view::help_last_top(self.areas().messages);
        let moved = |at: usize, last: usize| match step {
            ListMove::Up => at.saturating_sub(1),
            ListMove::Down => (at + 1).min(last),
            ListMove::PageUp => at.saturating_sub(page),
            ListMove::PageDown => (at + page).min(last),
            ListMove::Choose => at,
        };
        match &mut self.mode {
            Mode::List(list) if step == ListMove::Choose => {
                let target = list.items.get(list.index).map(|item| item.target.clone());
                self.choose(target);
            }
            Mode::List(list) => list.index = moved(list.index, list.items.len().saturating_sub(1)),
            Mode::Help { top, .. } => *top = moved(*top, last_top),
            Mode::Line | Mode::Find { .. } | Mode::SendPaste { .. } => {}
        }
    }

    pub(super) fn choose(&mut self, target: Option<Target>) {
        match target {
            None => {}
            Some(Target::Link(link)) => {
                self.mode = Mode::Line;
                self.open(link);
            }
            Some(Target::Message { room, position }) => {
                let words = match std::mem::replace(&mut self.mode, Mode::Line) {
                    Mode::List(list) => list.words,
                    Mode::Line | Mode::Find { .. } | Mode::Help { .. } | Mode::SendPaste { .. } => {
                        String::new()
                    }
                };
                self.go_to(&room, position, &words);
            }
            Some(Target::Room(room)) => {
                self.mode = Mode::Line;
                self.join(room);
            }
            Some(Target::Older { room, before }) => self.find_older(room, before),
        }
    }

    pub(super) fn open(&mut self, link: String) {
        if links::is_web(&link) {
            self.flash(format!("opening {link}"));
            self.effects.push(Effect::Open(link));
        }
    }
}
