//! Answers to requests, except history.

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{Failure, Message};

use super::Model;
use super::entry::{OwnStage, Tone, What};
use super::requests::Purpose;
use super::talk::With;

impl Model {
    pub(super) fn handle_answer(&mut self, answer: Message, purpose: Option<Purpose>) {
        match answer {
            Message::Delivered { .. } => self.mark_private_message(purpose, None),
            Message::Found { words, events, more } => {
                if let Some(Purpose::Found { room, is_more }) = purpose {
                    self.list_found(&words, &events, more, (room, is_more));
                }
            }
            Message::Members { room, nicks, total, page, pages } => {
                self.handle_members(&room, &nicks, total, (page, pages), purpose);
            }
            Message::Rooms(page) if purpose == Some(Purpose::KnownRooms) => {
                self.add_known_rooms(&page)
            }
            Message::Rooms(page) => self.list_rooms(&page),
            Message::Ignoring { nicks } => self.show_ignoring(&nicks),
            Message::Error(failure) => self.handle_failure(&failure, purpose),
            Message::Welcome(_)
            | Message::Joined(_)
            | Message::Left { .. }
            | Message::Event(_)
            | Message::Presence(_)
            | Message::Duplicate { .. }
            | Message::Told { .. }
            | Message::History(_)
            | Message::Renamed { .. }
            | Message::Topic { .. }
            | Message::Notice { .. }
            | Message::Bye { .. }
            | Message::Unknown => {}
        }
    }

    fn handle_members(
        &mut self,
        room: &RoomName,
        nicks: &[Nick],
        total: usize,
        (page, pages): (u32, u32),
        purpose: Option<Purpose>,
    ) {
        let Some(talk) = self.talks.iter_mut().find(|talk| talk.with.room() == Some(room)) else {
            return;
        };
        let next = talk.members.add_page(page, pages, nicks, total);
        match (next, purpose) {
            (Some(next), Some(Purpose::Members(room))) => self.ask_members(room, next),
            (_, Some(Purpose::Notice)) => {
                let names: Vec<_> = nicks.iter().map(Nick::as_str).collect();
                let more = if pages > 1 { " …" } else { "" };
                let here = format!("{total} here: {}{more}", names.join(", "));
                self.show_notice(here, Tone::Plain);
            }
            (None, _) | (Some(_), _) => {}
        }
    }

    pub(super) fn handle_topic(
        &mut self,
        room: &RoomName,
        topic: Option<Text>,
        purpose: Option<Purpose>,
    ) {
        if purpose == Some(Purpose::Notice) {
            let text = topic.as_ref().map_or("no topic", Text::as_str);
            self.show_notice(format!("#{}: {text}", room.as_str()), Tone::Plain);
        }
        if let Some(talk) = self.talks.iter_mut().find(|talk| talk.with.room() == Some(room)) {
            talk.topic = topic;
        }
    }

    fn show_ignoring(&mut self, nicks: &[Nick]) {
        let names: Vec<_> = nicks.iter().map(Nick::as_str).collect();
        let text = match names.is_empty() {
            true => "you ignore nobody".to_owned(),
            false => format!("you ignore {}", names.join(", ")),
        };
        self.show_notice(text, Tone::Plain);
    }

    fn handle_failure(&mut self, failure: &Failure, purpose: Option<Purpose>) {
        match purpose {
            Some(Purpose::Nothing | Purpose::Members(_)) => {}
            Some(Purpose::KnownRooms) => self.complete_pending(),
            Some(Purpose::Before(_) | Purpose::After(_) | Purpose::Around(_)) => {
                for talk in &mut self.talks {
                    talk.loading.has_failed = talk.loading.before || talk.loading.after;
                }
                self.flash(failure.message.clone());
            }
            Some(Purpose::Found { is_more: true, .. }) => {
                if let super::Mode::List(list) = &mut self.mode {
                    list.is_waiting = false;
                }
                self.flash(failure.message.clone());
            }
            Some(Purpose::List | Purpose::Found { is_more: false, .. }) => {
                self.close_list();
                self.show_notice(failure.message.clone(), Tone::Problem);
            }
            Some(Purpose::PrivateMessage(..)) => {
                self.mark_private_message(purpose, Some(&failure.message))
            }
            // The link reports a refused message itself, with its text.
            None if failure.id.is_some() => {}
            Some(Purpose::Notice | Purpose::BeforeTime(_)) | None => {
                self.show_notice(failure.for_person(), Tone::Problem)
            }
        }
    }

    /// Marks a private message as delivered, or as refused for this reason.
    fn mark_private_message(&mut self, purpose: Option<Purpose>, refused: Option<&str>) {
        let Some(Purpose::PrivateMessage(nick, number)) = purpose else { return };
        let index = self.talk_index(&With::Person(nick));
        let mut text = None;
        for message in self.talks[index].window.messages_mut() {
            if message.private_id == Some(number) {
                message.stage = refused.map(|_| OwnStage::Refused);
                text = Some(message.text.clone());
            }
        }
        if let (Some(why), Some(text)) = (refused, text) {
            self.remember(&super::command_line::escape(&text));
            self.show_notice_in(
                index,
                format!("not delivered: {why} (↑ brings it back)"),
                Tone::Problem,
            );
        }
    }

    /// Shows a private message of ours as sent.
    pub(super) fn show_private_message(&mut self, index: usize, text: &Text, number: u64) {
        let time_ms = self.now.time_ms;
        let nick = self.me.display_nick().to_owned();
        let message = super::entry::Message {
            position: None,
            nick,
            manner: super::entry::Manner::Said,
            text: super::entry::display_text(text),
            is_own: true,
            is_mention: false,
            stage: Some(OwnStage::Sent),
            private_id: Some(number),
        };
        self.talks[index].window.put(time_ms, What::Message(message));
        self.trim(index);
    }
}
