//! What the house sends as lines of text: in the words of the line protocol, so that a linear client and
//! `nc` show the same.

use teahouse_core::{
    Answer, Event, EventKind, ExitCause, MessageId, Nick, Position, Presence, RoomId, RoomName,
    RoomSummary, SessionId, Text, Time,
};
use teahouse_wire::api::{self, Cause, Change, Kind, Message};
use teahouse_wire::line::{
    self, Clock, HistoryTitle, render_answer, render_event, render_notice, render_presence,
};

/// What somebody did whose kind of event this version does not know. Their words may be no words to read.
pub(crate) const UNKNOWN_DEED: &str = "did something that this version cannot show";

/// This moment, in the zone of this machine.
pub(crate) fn clock() -> Clock {
    let now = Time(jiff::Timestamp::now().as_millisecond());
    Clock { now, zone: jiff::tz::TimeZone::system() }
}

/// One line of our own.
pub(crate) fn notice(what: &str, out: &mut Vec<u8>) {
    render_notice(what, out);
}

/// An event of the room that is shown, or of another one, which is then named.
pub(crate) fn event(event: &api::Event, is_current: bool, out: &mut Vec<u8>) {
    render_event(&core_event(event, RoomId(0)), (!is_current).then_some(&event.room), out);
}

/// An event that was said before we came, each line with its time, and with the date unless that is today's.
pub(crate) fn dated_event(event: &api::Event, out: &mut Vec<u8>) {
    line::render_dated(&core_event(event, RoomId(0)), None, &clock(), out);
}

/// Any other message. Where nothing is to be said, nothing is rendered.
pub(crate) fn message(message: &Message, current: Option<&RoomName>, out: &mut Vec<u8>) {
    let current = |room: &RoomName| current == Some(room);
    match message {
        Message::Event(said) => event(said, current(&said.room), out),
        Message::Joined(joined) => {
            line::render_joined(&joined.room, joined.members, joined.topic.as_ref(), out);
        }
        Message::Left { .. } | Message::Duplicate { .. } => {}
        Message::Welcome(welcome) => {
            let (nick, taken) = (welcome.nick.clone(), welcome.taken.clone());
            render_answer(&Answer::Welcome { nick, taken, resumed: welcome.resumed }, out);
        }
        Message::Presence(api::Presence { room, change }) => {
            if let Some(presence) = presence(change) {
                render_presence(&presence, room, (!current(room)).then_some(room), out);
            }
        }
        Message::Told { from, text, .. } => private(from, text, out),
        Message::Delivered { to } => {
            render_answer(&Answer::Delivered { to: to.clone() }, out);
        }
        Message::History(page) => {
            let last = page.events.last().map_or(0, |event| event.position);
            let title = match last < page.head {
                true => HistoryTitle::Before(page.room.clone()),
                false => HistoryTitle::Latest(page.room.clone()),
            };
            history(&title, &page.events, out);
        }
        Message::Found { words, events, .. } => {
            history(&HistoryTitle::Found { words: words.clone() }, events, out);
        }
        Message::Members { room, nicks, total, page, pages } => {
            let (name, nicks, total) = (room.clone(), nicks.clone(), *total);
            render_answer(&Answer::Members { name, nicks, total, page: *page, pages: *pages }, out);
        }
        Message::Rooms(list) => {
            let entry = |room: &api::Room| RoomSummary {
                name: room.name.clone(),
                members: room.members,
                topic: room.topic.clone(),
            };
            let rooms = list.rooms.iter().map(entry).collect();
            let (total, page, pages) = (list.total, list.page, list.pages);
            render_answer(&Answer::Rooms { rooms, total, page, pages }, out);
        }
        Message::Renamed { from, to } => {
            render_answer(&Answer::Renamed { from: from.clone(), to: to.clone() }, out);
        }
        Message::Topic { room, topic } => {
            render_answer(&Answer::Topic { name: room.clone(), topic: topic.clone() }, out);
        }
        Message::Ignoring { nicks } => {
            render_answer(&Answer::Ignoring { nicks: nicks.clone(), change: None }, out);
        }
        Message::Notice { text } => render_notice(text, out),
        Message::Error(failure) => render_notice(&format!("error: {}", failure.message), out),
        Message::Bye { cause, .. } => {
            if let Some(cause) = exit(*cause) {
                line::render_goodbye(cause, out);
            }
        }
        Message::Unknown => {}
    }
}

/// A private message, each line with its mark.
fn private(from: &Nick, text: &Text, out: &mut Vec<u8>) {
    for line in text.as_str().split('\n') {
        out.extend_from_slice(format!("[private] <{from}> {line}\n").as_bytes());
    }
}

fn history(title: &HistoryTitle, events: &[api::Event], out: &mut Vec<u8>) {
    let mut rooms: Vec<RoomName> = Vec::new();
    let mut numbered = Vec::with_capacity(events.len());
    for event in events {
        let index = rooms.iter().position(|room| *room == event.room).unwrap_or_else(|| {
            rooms.push(event.room.clone());
            rooms.len() - 1
        });
        numbered.push(core_event(event, RoomId(u32::try_from(index).unwrap_or(u32::MAX))));
    }
    let name =
        |room: RoomId| usize::try_from(room.0).ok().and_then(|index| rooms.get(index).cloned());
    line::render_history(title, &numbered, &name, &clock(), out);
}

/// The event as the line protocol knows it, which shows neither numbers nor sessions.
fn core_event(event: &api::Event, room: RoomId) -> Event {
    Event {
        room,
        position: Position(event.position),
        time: Time(event.time_ms),
        session: SessionId::HOUSE,
        nick: event.sender.nick.clone(),
        kind: match event.kind {
            Kind::Said => EventKind::Said,
            Kind::Acted | Kind::Unknown => EventKind::Acted,
            Kind::Topic => EventKind::Topic,
        },
        text: match event.kind {
            Kind::Said | Kind::Acted | Kind::Topic => event.text.clone(),
            Kind::Unknown => Text::parse(UNKNOWN_DEED).ok(),
        },
        id: event.id.map(MessageId::from),
        author: None,
    }
}

/// `None` for what this version does not know.
fn presence(change: &Change) -> Option<Presence> {
    Some(match change.clone() {
        Change::Entered { nick } => Presence::Entered { nick },
        Change::Left { nick } => Presence::Left { nick },
        Change::Offline { nick, cause } => {
            Presence::Offline { nick, cause: exit(cause).unwrap_or(ExitCause::Quit) }
        }
        Change::Renamed { from, to } => Presence::Renamed { from, to },
        Change::Typing { nick } => Presence::Typing { nick },
        Change::Folded { entered, entered_count, gone, gone_count, members } => {
            Presence::Folded { entered, entered_count, gone, gone_count, members }
        }
        Change::Unknown => return None,
    })
}

/// `None` for a reason that this version does not know.
fn exit(cause: Cause) -> Option<ExitCause> {
    Some(match cause {
        Cause::Quit => ExitCause::Quit,
        Cause::Lost => ExitCause::Lost,
        Cause::Idle => ExitCause::Idle,
        Cause::Unread => ExitCause::Unread,
        Cause::Closing => ExitCause::Closing,
        Cause::Replaced => ExitCause::Replaced,
        Cause::Protocol | Cause::Unknown => return None,
    })
}
