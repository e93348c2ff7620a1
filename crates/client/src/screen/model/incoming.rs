//! Handles what the link and a line server report.

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{
    Change, Code, Event, Failure, Joined, Kind, Message, Presence, Ref, Request, ServerMessage,
    Welcome,
};

use super::entry::{self, Manner, Tone, What};
use super::talk::{Talk, With};
use super::{Focus, Model};
use crate::link::{Happening, State};
use crate::screen::input::{Effect, LineHappening};
use crate::screen::limits::{
    MEANWHILE_MAX, NOTIFY_CHARS_MAX, NOTIFY_EVERY_MS, TYPING_MAX, TYPING_MS,
};

impl Model {
    pub(super) fn handle_happening(&mut self, happening: Happening) {
        match happening {
            Happening::State(state) => self.handle_state(state),
            Happening::Received(message) => self.handle_message(message),
            Happening::Outgoing(outgoing) => self.handle_outgoing(&outgoing),
            Happening::Unanswered { reference, request } => {
                self.handle_unanswered(&reference, request)
            }
            Happening::Notice(notice) => self.show_notice(notice, Tone::Plain),
        }
    }

    /// Handles a request whose answer was lost with the connection. It may have been executed; the user is told so,
    /// except for typing.
    fn handle_unanswered(&mut self, reference: &Ref, request: Request) {
        let purpose = self.requests.take_purpose(Some(reference));
        let why = "the connection broke; it may have been done or not".to_owned();
        let failure = Failure { code: Code::Unknown, message: why, field: None, id: None };
        let is_typing = matches!(request, Request::Typing(_));
        if !is_typing {
            self.handle_answer(Message::Error(failure), purpose);
        }
    }

    fn handle_state(&mut self, state: State) {
        if let State::Online(welcome) = &state {
            self.feedback.flash = None;
            self.connection.online_at_ms = self.now.time_ms;
            self.handle_welcome(welcome);
        } else {
            for talk in &mut self.talks {
                talk.loading = super::talk::Loading::default();
                talk.typing.clear();
            }
        }
        if let State::Ended { cause: Some(cause) } = &state {
            let why = crate::screen::words::describe_end(*cause);
            self.show_notice(format!("{why}. Ctrl-D leaves."), Tone::Problem);
        }
        self.connection.state = state;
        self.connection.since_ms = self.now.since_start_ms;
    }

    fn handle_welcome(&mut self, welcome: &Welcome) {
        if let Some(taken) = &welcome.taken {
            let (taken, nick) = (taken.as_str(), welcome.nick.as_str());
            self.show_notice(format!("{taken} is taken; you are {nick}"), Tone::Problem);
        }
        self.me.taken.clone_from(&welcome.taken);
        self.set_nick(welcome.nick.clone());
        self.me.session = Some(welcome.session.clone());
    }

    /// Sets the user's nick, also of pending messages: the server will store them under it.
    fn set_nick(&mut self, me: Nick) {
        for outgoing in self.talks.iter_mut().flat_map(|talk| &mut talk.pending) {
            if let What::Message(message) = &mut outgoing.entry.what {
                me.as_str().clone_into(&mut message.nick);
            }
        }
        self.me.nick = Some(me);
    }

    fn handle_message(&mut self, received: ServerMessage) {
        let purpose = self.requests.take_purpose(received.reference.as_ref());
        match received.message {
            Message::Welcome(welcome) => self.handle_welcome(&welcome),
            Message::Joined(joined) => self.handle_joined(joined),
            Message::Left { room } => self.handle_left(&room),
            Message::Event(event) => self.handle_event(&event),
            Message::Presence(presence) => self.handle_presence(&presence),
            Message::Told { time_ms, from, text } => {
                self.handle_private_message(time_ms, &from, &text)
            }
            Message::Topic { room, topic } => self.handle_topic(&room, topic, purpose),
            Message::Renamed { from, to } => self.handle_renamed(&from, to),
            Message::Notice { text } => self.show_notice(text, Tone::Plain),
            Message::Duplicate { id, .. } => self.remove_pending(id),
            // The state that follows says how the connection ends.
            Message::Bye { .. } | Message::Unknown => {}
            Message::History(page) => {
                if let Some(purpose) = purpose {
                    self.add_page(&page, &purpose);
                }
            }
            answer @ (Message::Delivered { .. }
            | Message::Found { .. }
            | Message::Members { .. }
            | Message::Rooms(_)
            | Message::Ignoring { .. }
            | Message::Error(_)) => self.handle_answer(answer, purpose),
        }
    }

    /// The index of a conversation, which is created if there is none.
    pub(super) fn talk_index(&mut self, with: &With) -> usize {
        if let Some(index) = self.talks.iter().position(|talk| talk.with == *with) {
            return index;
        }
        self.make_room_for_talk();
        let talk = match with.room() {
            Some(room) => Talk::with_draft(room, &self.setup.drafts),
            None => Talk::new(with.clone()),
        };
        // Rooms stand before private conversations.
        let is_room = with.room().is_some();
        let rooms = self.talks.iter().filter(|talk| talk.with.room().is_some()).count();
        let index = if is_room { rooms } else { self.talks.len() };
        self.insert_talk(index, talk);
        index
    }

    fn handle_joined(&mut self, joined: Joined) {
        let index = self.talk_index(&With::Room(joined.room.clone()));
        let talk = &mut self.talks[index];
        let has_any = talk.window.last_position().is_some();
        if has_any && !joined.complete {
            // There is a gap between the loaded events and those that follow.
            talk.start_over();
        }
        talk.is_joined = true;
        talk.is_resumed = joined.complete;
        talk.backlog_to = joined.position;
        talk.head = joined.position;
        talk.topic = joined.topic;
        talk.members.total = joined.members;
        talk.members.is_requested = false;
        self.show_first_room(index, &joined.room);
    }

    fn handle_left(&mut self, room: &RoomName) {
        if let Some(index) = self.talks.iter().position(|talk| talk.with.room() == Some(room)) {
            self.close_talk(index);
        }
    }

    fn handle_event(&mut self, event: &Event) {
        let index = self.talk_index(&With::Room(event.room.clone()));
        if let Some(id) = event.id {
            self.remove_pending_in(index, id);
        }
        let is_watched = index == self.current && self.is_watched();
        let talk = &mut self.talks[index];
        talk.typing.retain(|(nick, _)| *nick != event.sender.nick);
        let is_backlog = event.position <= talk.backlog_to;
        let is_news = !is_backlog || talk.is_resumed;
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
            // Notices shown since the join are newer than the messages sent before it.
            let notices_since_ms = match (is_backlog, talk.is_resumed) {
                (true, true) => self.connection.online_at_ms,
                (true, false) => i64::MIN,
                (false, _) => i64::MAX,
            };
            let what = What::Message(self.message_of(event));
            let window = &mut self.talks[index].window;
            window.put_before_notices(event.time_ms, what, notices_since_ms);
            self.trim(index);
        } else if talk.loading.after && talk.meanwhile.len() < MEANWHILE_MAX {
            talk.meanwhile.push(event.clone());
        }
        if is_mention && !is_backlog {
            let title = format!("{} in #{}", event.sender.nick.as_str(), event.room.as_str());
            self.notify(title, event.text.as_ref().map_or("", Text::as_str), is_watched);
        }
    }

    /// Adds an event to its room.
    pub(super) fn put_event(&mut self, index: usize, event: &Event) {
        let message = self.message_of(event);
        self.talks[index].window.put(event.time_ms, What::Message(message));
    }

    fn message_of(&self, event: &Event) -> entry::Message {
        let mut message = entry::Message::of_event(event);
        message.is_own = self.is_own(event);
        message.is_mention = !message.is_own && self.is_mention(event);
        message
    }

    fn is_own(&self, event: &Event) -> bool {
        let here = self.talks.iter().find(|talk| talk.with.room() == Some(&event.room));
        let is_new = here.is_some_and(|talk| event.position > talk.backlog_to);
        self.me.is_author(event, is_new)
    }

    fn is_mention(&self, event: &Event) -> bool {
        let (Some(me), Some(text)) = (&self.me.nick, &event.text) else { return false };
        match event.kind {
            Kind::Said | Kind::Acted => entry::mentions(text.as_str(), me.as_str()),
            Kind::Topic | Kind::Unknown => false,
        }
    }

    fn handle_presence(&mut self, presence: &Presence) {
        let index = self.talk_index(&With::Room(presence.room.clone()));
        let is_own = match &presence.change {
            Change::Entered { nick } | Change::Left { nick } | Change::Offline { nick, .. } => {
                self.me.is(nick)
            }
            Change::Typing { nick } => {
                let nick = nick.clone();
                return self.handle_typing(index, nick);
            }
            Change::Renamed { .. } | Change::Folded { .. } | Change::Unknown => false,
        };
        let talk = &mut self.talks[index];
        talk.members.apply(&presence.change);
        if let Change::Left { nick } | Change::Offline { nick, .. } = &presence.change {
            talk.typing.retain(|(typing, _)| typing != nick);
        }
        if talk.window.reaches_end && !is_own {
            talk.window.add_presence(self.now.time_ms, &presence.change);
            self.trim(index);
        }
    }

    fn handle_typing(&mut self, index: usize, nick: Nick) {
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

    fn handle_private_message(&mut self, time_ms: i64, from: &Nick, text: &Text) {
        let index = self.talk_index(&With::Person(from.clone()));
        let is_watched = index == self.current && self.is_watched();
        let message = entry::Message {
            position: None,
            nick: from.as_str().to_owned(),
            manner: Manner::Said,
            text: entry::display_text(text),
            is_own: false,
            is_mention: false,
            stage: None,
            private_id: None,
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

    fn handle_renamed(&mut self, from: &Nick, to: Nick) {
        if self.me.is(from) {
            self.show_notice(format!("you are {} now", to.as_str()), Tone::Plain);
            self.set_nick(to);
            self.me.taken = None;
        }
    }

    /// Rings the bell if the user does not see the message, at most every [`NOTIFY_EVERY_MS`]; also sends a desktop
    /// notification if the terminal has lost the focus.
    fn notify(&mut self, title: String, text: &str, is_watched: bool) {
        let now = self.now.since_start_ms;
        let is_soon = self.feedback.notified_ms.is_some_and(|at| now < at + NOTIFY_EVERY_MS);
        let is_seen = match self.look.focus {
            Focus::Here => true,
            Focus::Unknown => is_watched,
            Focus::Away => false,
        };
        if is_seen || is_soon {
            return;
        }
        self.feedback.notified_ms = Some(now);
        self.effects.push(Effect::Bell);
        if self.look.focus == Focus::Away {
            let body = text.replace('\n', " ").chars().take(NOTIFY_CHARS_MAX).collect();
            self.effects.push(Effect::Notify { title, body });
        }
    }

    pub(super) fn handle_line(&mut self, happening: LineHappening) {
        match happening {
            LineHappening::Connected(address) => {
                self.show_notice(format!("connected to {address}"), Tone::Plain);
                self.connection.is_line_open = true;
            }
            LineHappening::Received(line) => self.handle_server_line(line),
            LineHappening::Ended(why) => {
                self.connection.is_line_open = false;
                self.show_notice(format!("{why}. Ctrl-D leaves."), Tone::Problem);
                self.connection.state = State::Ended { cause: None };
            }
        }
    }

    fn handle_server_line(&mut self, line: String) {
        if !self.is_watched() {
            let talk = self.talk_mut();
            talk.unread += 1;
        }
        self.show_notice_in(0, line, Tone::Server);
    }
}
