//! Renders the server's messages as lines of text, with the renderer of the line protocol, so that the linear client
//! and `nc` show the same.

use teahouse_core::{Answer, RoomName, RoomSummary, Text, Time};
use teahouse_wire::Clock;
use teahouse_wire::api::{self, Change, Kind, Message};
use teahouse_wire::line::{
    self, Deed, EventView, HistoryTitle, PresenceView, render_answer, render_notice,
};

/// The text for an event of an unknown kind. Its own text is not shown, because it may not be made for reading.
pub(crate) const UNKNOWN_DEED: &str = "did something that this version cannot show";

/// The current time and the time zone of this machine.
pub(crate) fn clock() -> Clock {
    let now = Time(jiff::Timestamp::now().as_millisecond());
    Clock { now, zone: jiff::tz::TimeZone::system() }
}

/// Renders a notice of the client itself.
pub(crate) fn notice(what: &str, out: &mut Vec<u8>) {
    render_notice(what, out);
}

/// Renders an event. Unless its room is the current one, the line names the room.
pub(crate) fn event(event: &api::Event, is_current: bool, out: &mut Vec<u8>) {
    view(event, !is_current).render(out);
}

/// Renders an event of the past. Each line has the time, and the date unless it is today.
pub(crate) fn dated_event(event: &api::Event, out: &mut Vec<u8>) {
    view(event, false).render_dated(&clock(), out);
}

/// Renders any message. Some messages render nothing.
pub(crate) fn message(message: &Message, current: Option<&RoomName>, out: &mut Vec<u8>) {
    let is_current = |room: &RoomName| current == Some(room);
    match message {
        Message::Event(received) => event(received, is_current(&received.room), out),
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
                presence.render(room, !is_current(room), out);
            }
        }
        Message::Told { from, text, .. } => line::render_private(from, text, out),
        Message::Delivered { to } => {
            render_answer(&Answer::Delivered { to: to.clone() }, out);
        }
        Message::History(page) => {
            let last = page.events.last().map_or(0, |event| event.position);
            let title = match last < page.head {
                true => HistoryTitle::Before(&page.room),
                false => HistoryTitle::Latest(&page.room),
            };
            let events = page.events.iter().map(|event| view(event, false));
            line::render_history((title, page.gone_upto()), events, &clock(), out);
        }
        Message::Found { words, events, more } => {
            let title = HistoryTitle::Found { words, is_cut: more.is_some() };
            let events = events.iter().map(|event| view(event, true));
            line::render_history((title, None), events, &clock(), out);
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
        Message::Error(failure) => render_notice(&format!("error: {}", failure.for_person()), out),
        Message::Bye { cause, .. } => {
            if let Some(cause) = cause.exit() {
                line::render_goodbye(cause, out);
            }
        }
        Message::Unknown => {}
    }
}

/// The event as the line protocol renders it, with or without the name of its room.
fn view(event: &api::Event, is_named: bool) -> EventView<'_> {
    let text = event.text.as_ref().map(Text::as_str);
    let deed = match event.kind {
        Kind::Said => text.map_or(Deed::Unshown, Deed::Said),
        Kind::Acted => text.map_or(Deed::Unshown, Deed::Acted),
        Kind::Topic => Deed::Topic(text),
        Kind::Unknown => Deed::Acted(UNKNOWN_DEED),
    };
    let room = is_named.then_some(&event.room);
    EventView { room, time: Time(event.time_ms), nick: &event.sender.nick, deed }
}

/// `None` for a change that the line protocol does not show or that this version does not know.
fn presence(change: &Change) -> Option<PresenceView<'_>> {
    Some(match change {
        Change::Entered { nick } => PresenceView::Entered { nick },
        Change::Left { nick } => PresenceView::Left { nick },
        Change::Offline { nick, cause } => PresenceView::Offline { nick, cause: cause.exit() },
        Change::Renamed { from, to } => PresenceView::Renamed { from, to },
        Change::Folded { entered, entered_count, gone, gone_count, members } => {
            let (entered_count, gone_count) = (*entered_count, *gone_count);
            PresenceView::Folded { entered, entered_count, gone, gone_count, members: *members }
        }
        Change::Typing { .. } | Change::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use teahouse_core::{Event, EventKind, ExitCause, Position, RoomId, SessionId};
    use teahouse_core::{Nick, Presence};

    use super::*;

    /// Checks that the fact on the server and the message made from it render the same line.
    fn check(from_fact: impl Fn(&mut Vec<u8>), from_message: impl Fn(&mut Vec<u8>)) {
        let rendered = |render: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            render(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(rendered(&from_message), rendered(&from_fact));
    }

    #[test]
    fn a_message_and_its_fact_on_the_server_render_the_same_line() {
        let (tea, ann) = (RoomName::parse("tea").unwrap(), Nick::parse("ann").unwrap());
        let text = Text::parse("one\ntwo").ok();
        for kind in [EventKind::Said, EventKind::Acted, EventKind::Topic] {
            for text in [text.clone(), None] {
                let event = Event {
                    room: RoomId(1),
                    position: Position(7),
                    time: Time(60_000),
                    session: SessionId(3),
                    nick: ann.clone(),
                    kind,
                    text,
                    id: None,
                    author: None,
                };
                let message = api::event(&event, &tea, api::Epoch([0; 8]));
                for is_named in [false, true] {
                    let fact = EventView::of(&event, is_named.then_some(&tea));
                    assert_eq!(view(&message, is_named), fact);
                    check(|out| fact.render(out), |out| self::event(&message, !is_named, out));
                }
            }
        }
        let causes = [
            ExitCause::Quit,
            ExitCause::Lost,
            ExitCause::Idle,
            ExitCause::Unread,
            ExitCause::Closing,
            ExitCause::Replaced,
        ];
        let nick = || ann.clone();
        let offline = |cause| Presence::Offline { nick: nick(), cause };
        let changes = causes.map(offline).into_iter().chain([
            Presence::Entered { nick: nick() },
            Presence::Left { nick: nick() },
            Presence::Renamed { from: nick(), to: nick() },
            Presence::Typing { nick: nick() },
            Presence::Folded {
                entered: vec![nick()],
                entered_count: 2,
                gone: vec![nick()],
                gone_count: 1,
                members: 9,
            },
        ]);
        for fact in changes {
            let message = Message::Presence(api::presence(&fact, &tea));
            let rendered = |out: &mut Vec<u8>| super::message(&message, None, out);
            check(|out| line::render_presence(&fact, &tea, Some(&tea), out), rendered);
        }
    }
}
