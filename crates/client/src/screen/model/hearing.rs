//! What the link tells, and what it changes here.

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{
    Change, Code, Event, Failure, Joined, Kind, Message as Received, Presence, Ref, Request,
    ServerMessage, Welcome,
};

use super::entry::{self, Manner, Message, Tone, What};
use super::talk::{Talk, With};
use super::{Focus, Model};
use crate::link::{Happening, State};
use crate::screen::input::{Effect, LineHappening};
use crate::screen::limits::{
    MEANWHILE_MAX, NOTIFY_CHARS_MAX, NOTIFY_EVERY_MS, TYPING_MAX, TYPING_MS,
};

impl Model {
    pub(super) fn hear(&mut self, happening: Happening) {
        match happening {
            Happening::State(state) => self.hear_state(state),
            Happening::Received(sent) => self.hear_sent(sent),
            Happening::Outgoing(outgoing) => self.hear_outgoing(&outgoing),
            Happening::Unanswered { reference, request } => {
                self.hear_unanswered(&reference, request)
            }
            Happening::Notice(notice) => self.say_here(notice, Tone::Plain),
        }
    }

    /// The connection broke before an answer came; only what may have been done is told so.
    fn hear_unanswered(&mut self, reference: &Ref, request: Request) {
        let purpose = self.asked.answered(Some(reference));
        let why = "the connection broke; it may have been done or not".to_owned();
        let failure = Failure { code: Code::Unknown, message: why, field: None, id: None };
        let is_typing = matches!(request, Request::Typing(_));
        if !is_typing {
            self.hear_answer(Received::Error(failure), purpose);
        }
    }

    fn hear_state(&mut self, state: State) {
        if let State::Online(welcome) = &state {
            self.told.flash = None;
            self.connection.online_at_ms = self.now.time_ms;
            self.hear_welcome(welcome);
        } else {
            for talk in &mut self.talks {
                talk.loading = super::talk::Loading::default();
                talk.typing.clear();
            }
        }
        if let State::Ended { cause: Some(cause) } = &state {
            let why = crate::screen::words::said_of_end(*cause);
            self.say_here(format!("{why}. Ctrl-D leaves."), Tone::Problem);
        }
        self.connection.state = state;
        self.connection.since_ms = self.now.since_start_ms;
    }

    fn hear_welcome(&mut self, welcome: &Welcome) {
        if let Some(taken) = &welcome.taken {
            let (taken, nick) = (taken.as_str(), welcome.nick.as_str());
            self.say_here(format!("{taken} is taken; you are {nick}"), Tone::Problem);
        }
        self.me.taken.clone_from(&welcome.taken);
        self.be_called(welcome.nick.clone());
        self.me.session = Some(welcome.session.clone());
    }

    /// What is still on its way will be said under this nick.
    fn be_called(&mut self, me: Nick) {
        for outgoing in self.talks.iter_mut().flat_map(|talk| &mut talk.on_the_way) {
            if let What::Message(message) = &mut outgoing.entry.what {
                me.as_str().clone_into(&mut message.nick);
            }
        }
        self.me.nick = Some(me);
    }

    fn hear_sent(&mut self, sent: ServerMessage) {
        let purpose = self.asked.answered(sent.reference.as_ref());
        match sent.message {
            Received::Welcome(welcome) => self.hear_welcome(&welcome),
            Received::Joined(joined) => self.hear_joined(joined),
            Received::Left { room } => self.hear_left(&room),
            Received::Event(event) => self.hear_event(&event),
            Received::Presence(presence) => self.hear_presence(&presence),
            Received::Told { time_ms, from, text } => self.hear_told(time_ms, &from, &text),
            Received::Topic { room, topic } => self.hear_topic(&room, topic, purpose),
            Received::Renamed { from, to } => self.hear_renamed(&from, to),
            Received::Notice { text } => self.say_here(text, Tone::Plain),
            Received::Duplicate { id, .. } => self.forget_on_the_way(id),
            // How it ends is told by the state that follows.
            Received::Bye { .. } | Received::Unknown => {}
            Received::History(page) => {
                if let Some(purpose) = purpose {
                    self.take_page(&page, &purpose);
                }
            }
            answer @ (Received::Delivered { .. }
            | Received::Found { .. }
            | Received::Members { .. }
            | Received::Rooms(_)
            | Received::Ignoring { .. }
            | Received::Error(_)) => self.hear_answer(answer, purpose),
        }
    }

    /// The index of a room's conversation, which begins when there is none.
    pub(super) fn talk_index(&mut self, with: &With) -> usize {
        if let Some(index) = self.talks.iter().position(|talk| talk.with == *with) {
            return index;
        }
        self.make_place();
        let talk = match with.room() {
            Some(room) => Talk::with_draft(room, &self.setup.drafts),
            None => Talk::new(with.clone()),
        };
        // Rooms stand before people.
        let is_room = with.room().is_some();
        let rooms = self.talks.iter().filter(|talk| talk.with.room().is_some()).count();
        let index = if is_room { rooms } else { self.talks.len() };
        self.insert_talk(index, talk);
        index
    }

    fn hear_joined(&mut self, joined: Joined) {
        let index = self.talk_index(&With::Room(joined.room.clone()));
        let talk = &mut self.talks[index];
        let has_any = talk.window.last_position().is_some();
        if has_any && !joined.complete {
            // What is at hand and what follows do not adjoin.
            talk.start_over();
        }
        talk.is_joined = true;
        talk.came_back = joined.complete;
        talk.backlog_to = joined.position;
        talk.head = joined.position;
        talk.topic = joined.topic;
        talk.members.total = joined.members;
        talk.members.is_asked = false;
        self.show_first_room(index, &joined.room);
    }

    fn hear_left(&mut self, room: &RoomName) {
        if let Some(index) = self.talks.iter().position(|talk| talk.with.room() == Some(room)) {
            self.close_talk(index);
        }
    }

    fn hear_event(&mut self, event: &Event) {
        let index = self.talk_index(&With::Room(event.room.clone()));
        if let Some(id) = event.id {
            self.forget_on_the_way_in(index, id);
        }
        let is_watched = index == self.current && self.is_watched();
        let talk = &mut self.talks[index];
        talk.typing.retain(|(nick, _)| *nick != event.sender.nick);
        let is_backlog = event.position <= talk.backlog_to;
        let is_news = !is_backlog || talk.came_back;
        let is_own = self.is_own(event);
        let is_mention = !is_own && self.is_mention(event);
        let talk = &mut self.talks[index];
        talk.head = talk.head.max(event.position);
        if event.kind == Kind::Topic {
            talk.topic = event.text.clone();
        }
        if is_news && !is_own && (!is_watched || is_backlog) {
            talk.new_after.get_or_insert(event.position.saturating_sub(1));
        }
        if is_news && !is_own && !is_watched {
            talk.unread += 1;
            talk.mentions += usize::from(is_mention);
        }
        if talk.window.reaches_end {
            // What we were told since we are here is newer than what was said before we came.
            let words_since_ms = match (is_backlog, talk.came_back) {
                (true, true) => self.connection.online_at_ms,
                (true, false) => i64::MIN,
                (false, _) => i64::MAX,
            };
            let what = What::Message(self.message_of(event));
            let window = &mut self.talks[index].window;
            window.put_before_words(event.time_ms, what, words_since_ms);
            self.trim(index);
        } else if talk.loading.after && talk.meanwhile.len() < MEANWHILE_MAX {
            talk.meanwhile.push(event.clone());
        }
        if is_mention && !is_backlog {
            let place = format!("{} in #{}", event.sender.nick.as_str(), event.room.as_str());
            self.notify(place, event.text.as_ref().map_or("", Text::as_str), is_watched);
        }
    }

    /// Puts an event into its room.
    pub(super) fn put_event(&mut self, index: usize, event: &Event) {
        let message = self.message_of(event);
        self.talks[index].window.put(event.time_ms, What::Message(message));
    }

    fn message_of(&self, event: &Event) -> Message {
        let mut message = Message::of_event(event);
        message.is_own = self.is_own(event);
        message.is_mention = !message.is_own && self.is_mention(event);
        message
    }

    fn is_own(&self, event: &Event) -> bool {
        let here = self.talks.iter().find(|talk| talk.with.room() == Some(&event.room));
        let is_new = here.is_some_and(|talk| event.position > talk.backlog_to);
        self.me.has_said(event, is_new)
    }

    fn is_mention(&self, event: &Event) -> bool {
        let (Some(me), Some(text)) = (&self.me.nick, &event.text) else { return false };
        match event.kind {
            Kind::Said | Kind::Acted => entry::mentions(text.as_str(), me.as_str()),
            Kind::Topic | Kind::Unknown => false,
        }
    }

    fn hear_presence(&mut self, presence: &Presence) {
        let index = self.talk_index(&With::Room(presence.room.clone()));
        let is_own = match &presence.change {
            Change::Entered { nick } | Change::Left { nick } | Change::Offline { nick, .. } => {
                self.me.is(nick)
            }
            Change::Typing { nick } => {
                let nick = nick.clone();
                return self.hear_typing(index, nick);
            }
            Change::Renamed { .. } | Change::Folded { .. } | Change::Unknown => false,
        };
        let talk = &mut self.talks[index];
        talk.members.follow(&presence.change);
        if let Change::Left { nick } | Change::Offline { nick, .. } = &presence.change {
            talk.typing.retain(|(typing, _)| typing != nick);
        }
        if talk.window.reaches_end && !is_own {
            talk.window.presence(self.now.time_ms, &presence.change);
            self.trim(index);
        }
    }

    fn hear_typing(&mut self, index: usize, nick: Nick) {
        if self.me.is(&nick) {
            return;
        }
        let until = self.now.since_start_ms + TYPING_MS;
        let typing = &mut self.talks[index].typing;
        let is_full = typing.len() >= TYPING_MAX;
        match typing.iter_mut().find(|(typing, _)| *typing == nick) {
            Some((_, holds)) => *holds = until,
            None if is_full => {}
            None => typing.push((nick, until)),
        }
    }

    fn hear_told(&mut self, time_ms: i64, from: &Nick, text: &Text) {
        let index = self.talk_index(&With::Person(from.clone()));
        let is_watched = index == self.current && self.is_watched();
        let message = Message {
            position: None,
            nick: from.as_str().to_owned(),
            manner: Manner::Said,
            text: entry::on_screen(text),
            is_own: false,
            is_mention: false,
            stage: None,
            told: None,
        };
        let talk = &mut self.talks[index];
        talk.window.put(time_ms, What::Message(message));
        if !is_watched {
            talk.unread += 1;
            talk.mentions += 1;
        }
        self.trim(index);
        self.notify(format!("{} to you", from.as_str()), text.as_str(), is_watched);
    }

    fn hear_renamed(&mut self, from: &Nick, to: Nick) {
        if self.me.is(from) {
            self.say_here(format!("you are {} now", to.as_str()), Tone::Plain);
            self.be_called(to);
            self.me.taken = None;
        }
    }

    /// Rings when it is not seen: once in a while, and in words when we know that nobody looks.
    fn notify(&mut self, title: String, text: &str, is_watched: bool) {
        let now = self.now.since_start_ms;
        let is_soon = self.told.notified_ms.is_some_and(|at| now < at + NOTIFY_EVERY_MS);
        let is_seen = match self.look.focus {
            Focus::Here => true,
            Focus::Unknown => is_watched,
            Focus::Away => false,
        };
        if is_seen || is_soon {
            return;
        }
        self.told.notified_ms = Some(now);
        self.effects.push(Effect::Bell);
        if self.look.focus == Focus::Away {
            let body = text.replace('\n', " ").chars().take(NOTIFY_CHARS_MAX).collect();
            self.effects.push(Effect::Notify { title, body });
        }
    }

    pub(super) fn hear_line(&mut self, happening: LineHappening) {
        match happening {
            LineHappening::Connected(address) => {
                self.say_here(format!("connected to {address}"), Tone::Plain);
                self.connection.is_line_open = true;
            }
            LineHappening::Received(line) => self.hear_server_line(line),
            LineHappening::Ended(why) => {
                self.connection.is_line_open = false;
                self.say_here(format!("{why}. Ctrl-D leaves."), Tone::Problem);
                self.connection.state = State::Ended { cause: None };
            }
        }
    }

    fn hear_server_line(&mut self, line: String) {
        if !self.is_watched() {
            let talk = self.talk_mut();
            talk.unread += 1;
        }
        self.say_in(0, line, Tone::Server);
    }
}
