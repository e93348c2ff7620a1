//! Answers to questions that are not history.

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{Failure, Message as Received};

use super::Model;
use super::asked::Purpose;
use super::entry::{OwnStage, Tone, What};
use super::talk::With;

impl Model {
    pub(super) fn hear_answer(&mut self, answer: Received, purpose: Option<Purpose>) {
        match answer {
            Received::Delivered { .. } => self.mark_told(purpose, None),
            Received::Found { words, events, more } => {
                if let Some(Purpose::Found { room, is_more }) = purpose {
                    self.list_found(&words, &events, more, (room, is_more));
                }
            }
            Received::Members { room, nicks, total, page, pages } => {
                self.hear_members(&room, &nicks, total, (page, pages), purpose);
            }
            Received::Rooms(page) if purpose == Some(Purpose::KnownRooms) => {
                self.take_known_rooms(&page)
            }
            Received::Rooms(page) => self.list_rooms(&page),
            Received::Ignoring { nicks } => self.say_ignoring(&nicks),
            Received::Error(failure) => self.hear_failure(&failure, purpose),
            Received::Welcome(_)
            | Received::Joined(_)
            | Received::Left { .. }
            | Received::Event(_)
            | Received::Presence(_)
            | Received::Duplicate { .. }
            | Received::Told { .. }
            | Received::History(_)
            | Received::Renamed { .. }
            | Received::Topic { .. }
            | Received::Notice { .. }
            | Received::Bye { .. }
            | Received::Unknown => {}
        }
    }

    fn hear_members(
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
        let next = talk.members.take_page(page, pages, nicks, total);
        match (next, purpose) {
            (Some(next), Some(Purpose::Members(room))) => self.ask_members(room, next),
            (_, Some(Purpose::Words)) => {
                let names: Vec<_> = nicks.iter().map(Nick::as_str).collect();
                let more = if pages > 1 { " …" } else { "" };
                let here = format!("{total} here: {}{more}", names.join(", "));
                self.say_here(here, Tone::Plain);
            }
            (None, _) | (Some(_), _) => {}
        }
    }

    pub(super) fn hear_topic(
        &mut self,
        room: &RoomName,
        topic: Option<Text>,
        purpose: Option<Purpose>,
    ) {
        if purpose == Some(Purpose::Words) {
            let said = topic.as_ref().map_or("no topic", Text::as_str);
            self.say_here(format!("#{}: {said}", room.as_str()), Tone::Plain);
        }
        if let Some(talk) = self.talks.iter_mut().find(|talk| talk.with.room() == Some(room)) {
            talk.topic = topic;
        }
    }

    fn say_ignoring(&mut self, nicks: &[Nick]) {
        let names: Vec<_> = nicks.iter().map(Nick::as_str).collect();
        let said = match names.is_empty() {
            true => "you ignore nobody".to_owned(),
            false => format!("you ignore {}", names.join(", ")),
        };
        self.say_here(said, Tone::Plain);
    }

    fn hear_failure(&mut self, failure: &Failure, purpose: Option<Purpose>) {
        match purpose {
            Some(Purpose::Nothing | Purpose::Members(_)) => {}
            Some(Purpose::KnownRooms) => self.complete_waiting(),
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
                self.say_here(failure.message.clone(), Tone::Problem);
            }
            Some(Purpose::Tell(..)) => self.mark_told(purpose, Some(&failure.message)),
            // What was refused is told by the link, with its text.
            None if failure.id.is_some() => {}
            Some(Purpose::Words | Purpose::BeforeTime(_)) | None => {
                self.say_here(failure.for_person(), Tone::Problem)
            }
        }
    }

    /// What was told somebody has reached them, or has not.
    fn mark_told(&mut self, purpose: Option<Purpose>, refused: Option<&str>) {
        let Some(Purpose::Tell(nick, number)) = purpose else { return };
        let index = self.talk_index(&With::Person(nick));
        let mut text = None;
        for message in self.talks[index].window.messages_mut() {
            if message.told == Some(number) {
                message.stage = refused.map(|_| OwnStage::Refused);
                text = Some(message.text.clone());
            }
        }
        if let (Some(why), Some(text)) = (refused, text) {
            self.remember(&super::typed::escaped(&text));
            self.say_in(index, format!("not delivered: {why} (↑ brings it back)"), Tone::Problem);
        }
    }

    /// Shows something told to somebody, on its way.
    pub(super) fn show_told(&mut self, index: usize, text: &Text, number: u64) {
        let time_ms = self.now.time_ms;
        let nick = self.me.shown().to_owned();
        let message = super::entry::Message {
            position: None,
            nick,
            manner: super::entry::Manner::Said,
            text: super::entry::on_screen(text),
            is_own: true,
            is_mention: false,
            stage: Some(OwnStage::Sent),
            told: Some(number),
        };
        self.talks[index].window.put(time_ms, What::Message(message));
        self.trim(index);
    }
}
