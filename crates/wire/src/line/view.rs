//! Events and presence as the line protocol shows them. The views borrow from the core's facts on the server and from the
//! api's messages in our client, and have only the fields that lines show.

use teahouse_core::{Event, EventKind, ExitCause, Nick, Presence, RoomName, Text, Time};

use super::pieces::{begin_with_room, counted, push, render_notice, some_of};
use crate::command::Clock;
use crate::moment;

/// An event as lines show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventView<'a> {
    /// The room, if the line has to name it.
    pub room: Option<&'a RoomName>,
    /// When the event happened.
    pub time: Time,
    /// The nick of the sender.
    pub nick: &'a Nick,
    /// What the sender did.
    pub deed: Deed<'a>,
}

/// What the sender of an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed<'a> {
    /// Sent a message.
    Said(&'a str),
    /// Described an action (`/me`).
    Acted(&'a str),
    /// Set the topic, or cleared it.
    Topic(Option<&'a str>),
    /// An event that lines do not show.
    Unshown,
}

impl<'a> EventView<'a> {
    /// The view of an event.
    #[must_use]
    pub fn of(event: &'a Event, room: Option<&'a RoomName>) -> Self {
        let text = event.text.as_ref().map(Text::as_str);
        let deed = match event.kind {
            EventKind::Said => text.map_or(Deed::Unshown, Deed::Said),
            EventKind::Acted => text.map_or(Deed::Unshown, Deed::Acted),
            EventKind::Topic => Deed::Topic(text),
            EventKind::Unknown => Deed::Unshown,
        };
        Self { room, time: event.time, nick: &event.nick, deed }
    }

    /// Appends the event as it happens: each line of the text with the mark of its sender.
    pub fn render(&self, out: &mut Vec<u8>) {
        let nick = self.nick.as_str().as_bytes();
        let mut line = |parts: &[&[u8]]| {
            begin_with_room(self.room, out);
            push(out, parts);
        };
        match self.deed {
            Deed::Said(text) => {
                for words in text.split('\n') {
                    line(&[b"<", nick, b"> ", words.as_bytes(), b"\n"]);
                }
            }
            Deed::Acted(text) => {
                for words in text.split('\n') {
                    line(&[b"* ", nick, b" ", words.as_bytes(), b"\n"]);
                }
            }
            Deed::Topic(Some(text)) => {
                line(&[b"-- ", nick, b" set the topic: ", text.as_bytes(), b"\n"]);
            }
            Deed::Topic(None) => line(&[b"-- ", nick, b" cleared the topic\n"]),
            Deed::Unshown => {}
        }
    }

    /// Appends the event as a part of history: each line with the time, and with the date unless it is today's.
    pub fn render_dated(&self, clock: &Clock, out: &mut Vec<u8>) {
        let time = moment::display(self.time, clock);
        let mut lines = Vec::new();
        self.render(&mut lines);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            push(out, &[b"[", time.as_bytes(), b"] ", line]);
        }
    }
}

/// A change of who is in a room, as lines show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresenceView<'a> {
    /// A person joined the room.
    Entered {
        /// The nick of the person.
        nick: &'a Nick,
    },
    /// A person left the room and stays on the server.
    Left {
        /// The nick of the person.
        nick: &'a Nick,
    },
    /// A person left the server.
    Offline {
        /// The nick of the person.
        nick: &'a Nick,
        /// The reason, if it is known.
        cause: Option<ExitCause>,
    },
    /// A person changed nick.
    Renamed {
        /// The old nick.
        from: &'a Nick,
        /// The new nick.
        to: &'a Nick,
    },
    /// A summary of many changes.
    Folded {
        /// The nicks of some of the people who joined.
        entered: &'a [Nick],
        /// The number of people who joined.
        entered_count: usize,
        /// The nicks of some of the people who left.
        gone: &'a [Nick],
        /// The number of people who left.
        gone_count: usize,
        /// The number of members after these changes.
        members: usize,
    },
}

impl<'a> PresenceView<'a> {
    /// The view of a change; `None` for typing, which lines do not show.
    #[must_use]
    pub fn of(presence: &'a Presence) -> Option<Self> {
        Some(match presence {
            Presence::Typing { .. } => return None,
            Presence::Entered { nick } => Self::Entered { nick },
            Presence::Left { nick } => Self::Left { nick },
            Presence::Offline { nick, cause } => Self::Offline { nick, cause: Some(*cause) },
            Presence::Renamed { from, to } => Self::Renamed { from, to },
            Presence::Folded { entered, entered_count, gone, gone_count, members } => {
                let (entered_count, gone_count) = (*entered_count, *gone_count);
                Self::Folded { entered, entered_count, gone, gone_count, members: *members }
            }
        })
    }

    /// Appends the line for the other members. `is_named` is for members whose current room is another one.
    pub fn render(&self, room: &RoomName, is_named: bool, out: &mut Vec<u8>) {
        let line = match self {
            Self::Entered { nick } => format!("{nick} entered {room}"),
            Self::Left { nick } => format!("{nick} left {room}"),
            Self::Offline { nick, cause } => format!("{nick} is offline{}", cause.map_or("", why)),
            Self::Renamed { from, to } => format!("{from} is now known as {to}"),
            Self::Folded { entered, entered_count, gone, gone_count, members } => {
                let mut parts = Vec::new();
                if *entered_count > 0 {
                    parts.push(format!("{} entered", some_of(entered, *entered_count)));
                }
                if *gone_count > 0 {
                    parts.push(format!("{} went", some_of(gone, *gone_count)));
                }
                format!("{room}: {}; {members} here", parts.join("; "))
            }
        };
        begin_with_room(is_named.then_some(room), out);
        render_notice(&line, out);
    }
}

/// The reason why a person is offline, to append to the line.
fn why(cause: ExitCause) -> &'static str {
    match cause {
        ExitCause::Quit => "",
        ExitCause::Lost => " (connection lost)",
        ExitCause::Idle => " (silent too long)",
        ExitCause::Unread => " (did not read)",
        ExitCause::Closing => " (the house closes)",
        ExitCause::Replaced => " (came back elsewhere)",
    }
}

/// The kind of a page of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryTitle<'a> {
    /// The last messages of a room.
    Latest(&'a RoomName),
    /// Messages of a room before a time.
    Before(&'a RoomName),
    /// The result of a search; each line names its room.
    Found {
        /// The words as typed.
        words: &'a str,
        /// Whether there may be older messages.
        is_cut: bool,
    },
}

/// The sentence for deleted events of a room, from one position to another.
#[must_use]
pub fn gone(room: &RoomName, (from, to): (u64, u64)) -> String {
    match from == to {
        true => format!("message {from} of {room} is gone"),
        false => format!("messages {from} to {to} of {room} are gone"),
    }
}

/// Appends a page of history with times, in the given order. `gone_upto` is the position of the last deleted event, if
/// the page reaches back to it.
pub fn render_history<'a>(
    (title, gone_upto): (HistoryTitle<'_>, Option<u64>),
    events: impl ExactSizeIterator<Item = EventView<'a>>,
    clock: &Clock,
    out: &mut Vec<u8>,
) {
    let zone = moment::display_zone(clock);
    let messages = counted(events.len(), "message", "messages");
    let is_empty = events.len() == 0;
    let what = match title {
        HistoryTitle::Latest(name) if is_empty && gone_upto.is_some() => {
            format!("nothing that was said in {name} is kept")
        }
        HistoryTitle::Before(name) if is_empty && gone_upto.is_some() => {
            format!("nothing that was said in {name} before that is kept")
        }
        HistoryTitle::Latest(name) if is_empty => format!("nothing has been said in {name} yet"),
        HistoryTitle::Before(name) if is_empty => format!("nothing was said in {name} before that"),
        HistoryTitle::Found { words, .. } if is_empty => format!("nothing found for {words}"),
        HistoryTitle::Latest(name) => format!("the last {messages} in {name} (times: {zone})"),
        HistoryTitle::Before(name) => format!("{messages} in {name} before that (times: {zone})"),
        HistoryTitle::Found { words, .. } => {
            format!("{messages} found for {words}, newest first (times: {zone})")
        }
    };
    render_notice(&what, out);
    if let (HistoryTitle::Latest(name) | HistoryTitle::Before(name), Some(last)) =
        (title, gone_upto)
    {
        render_notice(&gone(name, (1, last)), out);
    }
    events.for_each(|event| event.render_dated(clock, out));
    if let HistoryTitle::Found { is_cut: true, .. } = title {
        render_notice("there may be older ones; /search alone shows them", out);
    }
}
