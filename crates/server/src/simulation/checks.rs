//! What must hold when everything has been let through, and at the end of a history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_core::{
    Answer, Asker, Effect, Event, EventKind, Nick, Position, Query, RequestId, RoomId,
};

use super::http::Follower;
use super::keeper::Lists;
use super::line::Line;
use super::peer::{Api, Kind, Peer, Wire};
use super::reference::Receives;
use super::words::{ROOMS, token_of};
use super::world::World;

/// Checks promises P1 to P4 against what connected peers have received.
pub(super) fn check_received(world: &World) {
    assert!(world.hub.unstored.is_none() && world.hub.log.is_empty());
    for peer in &world.outside.peers {
        let Some(wire) = &peer.wire else { continue };
        match &peer.kind {
            Kind::Line(line) => {
                check_lines(world, peer, (&line.received, false), wire);
                check_private(world, peer, &line.private, wire);
                check_line_answers(world, peer, line, wire);
            }
            Kind::Editor(screen) if wire.is_open() => {
                let rows = screen.output_rows();
                let received: Vec<u32> = rows.iter().filter_map(|row| token_of(row)).collect();
                check_lines(world, peer, (&received, true), wire);
                check_own_rows(world, &rows, wire);
            }
            Kind::Editor(_) => {}
            Kind::Api(api) => {
                check_api(world, peer, api, wire);
                check_answer_order(world, peer, api, wire);
                check_private(world, peer, &api.private, wire);
            }
            Kind::Keeper(lists) => check_lists(world, peer, lists, wire),
            Kind::Follower(follower) => check_follower(world, peer, follower, wire),
        }
    }
    for driven in &world.shards {
        let figures = driven.shard.figures();
        assert_eq!((figures.queued_bytes, figures.gathered), (0, 0), "a wake-up is lost");
    }
    let wires = world.outside.peers.iter().filter_map(|peer| peer.wire.as_ref());
    for wire in wires.filter(|wire| wire.is_served) {
        assert!(!wire.socket.is_unread(), "a wake-up is lost: it is not read");
    }
    for name in ROOMS {
        let mut tokens: Vec<u32> =
            world.hub.store.events_in(name).iter().filter_map(token_in).collect();
        let count = tokens.len();
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens.len(), count, "P3: a message of {name} is stored twice");
    }
}

/// Checks that a peer has received, of each room it is in, everything since it joined, except from those it ignores. A
/// peer that shows its own typing receives all but that.
fn check_lines(world: &World, peer: &Peer, (tokens, receives_own): (&[u32], bool), wire: &Wire) {
    let name = &peer.name;
    let stored =
        |token: &u32| position_of(world, *token).expect("P2: a message that is shown is stored");
    let received: Vec<(RoomId, Position)> = tokens.iter().map(stored).collect();
    let mut last: BTreeMap<RoomId, Position> = BTreeMap::new();
    for (room, position) in &received {
        let before = last.insert(*room, *position);
        assert!(before.is_none_or(|before| before < *position), "P1, P4: {name} {received:?}");
    }
    let received: BTreeSet<(RoomId, Position)> = received.into_iter().collect();
    let reference = &world.hub.reference;
    for (room, at) in reference.joined.get(&wire.session).into_iter().flatten() {
        for event in world.hub.store.events(*room).iter().filter(|event| event.position > *at) {
            let has_received = received.contains(&(*room, event.position));
            let is_typed = !receives_own && event.session == wire.session;
            if is_typed {
                let is_shown = has_received && event.kind != EventKind::Topic;
                assert!(!is_shown, "{name} sees its own typing twice: {event:?}");
            }
            if is_typed || token_in(event).is_none() {
                continue;
            }
            match reference.receives(&[wire.session], event) {
                Receives::Must => assert!(has_received, "P4: {name} has missed {event:?}"),
                Receives::MustNot => assert!(!has_received, "{name} has received {event:?}"),
                Receives::May => {}
            }
        }
    }
}

/// A peer that reads everything has received every answer, also after the goodbye, and the last events before it
/// joined.
fn check_line_answers(world: &World, peer: &Peer, line: &Line, wire: &Wire) {
    let (name, reference) = (&peer.name, &world.hub.reference);
    if !wire.is_let_through {
        return;
    }
    let wanted = reference.granted(wire.session);
    assert_eq!(line.answered, wanted, "{name} has searched, and is not answered");
    assert!(line.has_goodbye || !reference.has_quit(wire.session), "{name} receives no goodbye");
    let shown = u64::from(world.setup.settings.history_shown);
    for (room, at) in reference.joined.get(&wire.session).into_iter().flatten() {
        let upto = usize::try_from(at.0).unwrap();
        let is_shown = |event: &&Event| event.position.0 + shown > at.0;
        for event in world.hub.store.events(*room)[..upto].iter().filter(is_shown) {
            let Some(token) = token_in(event) else { continue };
            let is_due = reference.receives(&[wire.session], event) == Receives::Must;
            let has_seen = line.shown.contains(&token) || !is_due;
            assert!(has_seen, "{name} is not shown {event:?} from before it joined");
        }
    }
}

/// The rows of an editor are marked as its own if and only if it sent them.
fn check_own_rows(world: &World, rows: &[String], wire: &Wire) {
    for (row, token) in rows.iter().filter_map(|row| Some((row, token_of(row)?))) {
        let mut events = world.hub.store.all_events();
        let event = events.find(|event| token_in(event) == Some(token)).expect("it is stored");
        let is_own = event.session == wire.session;
        assert_eq!(row.starts_with('+'), is_own, "whose is {row}?");
    }
}

/// A peer has received its private messages and no others.
fn check_private(world: &World, peer: &Peer, received: &[String], wire: &Wire) {
    let wanted = world.hub.reference.private(wire.session);
    let is_all = !wire.is_open() || received.len() == wanted.len();
    assert!(
        wanted.starts_with(received) && is_all,
        "{} received {received:?} of {wanted:?}",
        peer.name
    );
}

/// An api program has received each event of its rooms, over all its connections, and the result of each of its
/// messages and requests.
fn check_api(world: &World, peer: &Peer, api: &Api, wire: &Wire) {
    let name = &peer.name;
    for (room, followed) in &api.rooms {
        let stored = world.hub.store.events_in(room);
        let removed = world.hub.store.removed_count(room);
        assert!(followed.fresh_starts <= removed, "P4: a cursor of this history goes on");
        if removed > 0 && !(wire.is_open() && followed.is_joined) {
            // Its events may be of a room that was evicted.
            continue;
        }
        let last = followed.received.last().map_or(followed.begin, |(position, _)| *position);
        let head = if wire.is_open() && followed.is_joined { stored.len() as u64 } else { last };
        let mut received = followed.received.iter();
        let mut next = received.next();
        for event in stored.iter().take(usize::try_from(head).unwrap()) {
            if event.position.0 <= followed.begin {
                continue;
            }
            let here = next.filter(|(position, _)| *position == event.position.0);
            match world.hub.reference.receives(&peer.sessions, event) {
                Receives::Must => assert!(here.is_some(), "P4: {name} has missed {event:?}"),
                Receives::MustNot => assert!(here.is_none(), "{name} has received {event:?}"),
                Receives::May => {}
            }
            if let Some((_, text)) = here {
                let words = event.text.as_ref().map(|text| text.as_str());
                assert_eq!(words, Some(text.as_str()), "P1, P2: {name} in {room}");
                next = received.next();
            }
        }
        assert!(next.is_none(), "P2: {name} has received {next:?} of {head} in {room}");
    }
    let (owed, unanswered) = (&api.unacknowledged, &api.unanswered);
    assert!(!wire.is_open() || owed.is_empty(), "P3: {name} has no result of {owed:?}");
    assert!(!wire.is_open() || unanswered.is_empty(), "{name} is not answered: {unanswered:?}");
}

/// Each answer came after everything decided before it, and before the rest.
fn check_answer_order(world: &World, peer: &Peer, api: &Api, wire: &Wire) {
    if !wire.is_open() {
        // A client whose history cannot be read receives answers until it is disconnected.
        return;
    }
    let answers = &world.shards[wire.shard].answers;
    for (nth, rooms) in api.answered.iter().enumerate() {
        for (name, last) in
            rooms.iter().filter(|(name, _)| world.hub.store.removed_count(name) == 0)
        {
            let room = world.hub.store.events_in(name).first().map(|event| event.room);
            let head = room.and_then(|room| answers.head(wire.session, nth, room));
            assert!(
                head.is_none_or(|head| head.0 == *last),
                "P1: {} had {last} of {name} when it was answered at {head:?}",
                peer.name
            );
        }
    }
}

/// The lists of a client that keeps lists equal those of the chat.
fn check_lists(world: &World, peer: &Peer, lists: &Lists, wire: &Wire) {
    if !wire.is_open() {
        return;
    }
    for (name, list) in &lists.rooms {
        let room = name.trim_start_matches('#').parse().expect("it is a room");
        let (asker, mut out) = (Asker::Session(wire.session), Vec::new());
        let query = Query::Who { room, page: 1 };
        world.hub.chat.ask(asker, RequestId::default(), query, &mut out);
        let [Effect::Answer { answer: Answer::Members { nicks, .. }, .. }] = &out[..] else {
            panic!("{} is in {name}: {out:?}", peer.name)
        };
        let nicks: BTreeSet<String> = nicks.iter().map(Nick::to_string).collect();
        let is_right = list.as_ref().map_or(lists.is_refused, |list| *list == nicks);
        assert!(is_right, "{} has {list:?} of {name}, where are {nicks:?}", peer.name);
    }
    let tokens: Vec<u32> = lists.messages.iter().filter_map(|words| token_of(words)).collect();
    check_lines(world, peer, (&tokens, true), wire);
}

/// A follower of a room has received everything since it began, or since the event it had.
fn check_follower(world: &World, peer: &Peer, follower: &Follower, wire: &Wire) {
    let is_closed = wire.body.as_ref().is_none_or(|body| body.is_closed);
    assert!(wire.is_served || is_closed, "{} has a body that never ends", peer.name);
    check_follower_lines(world, peer, follower, wire);
    let Some(begin) = follower.begin.filter(|_| wire.is_open()) else { return };
    let stored = world.hub.store.events_in(&follower.room);
    let last = follower.events.last().map_or(begin, |(last, _)| *last);
    assert_eq!(last, stored.len() as u64, "P4: {} follows {}", peer.name, follower.room);
    for (position, words) in &follower.events {
        let event = &stored[usize::try_from(*position - 1).unwrap()];
        let text = event.text.as_ref().map_or("", |text| text.as_str());
        assert_eq!(text, words, "P1, P2: {} at {position}", peer.name);
    }
}

fn check_follower_lines(world: &World, peer: &Peer, follower: &Follower, wire: &Wire) {
    if !follower.is_stream() {
        check_lines(world, peer, (&follower.lines.received, true), wire);
    }
}

/// Checks that nothing is left after every peer has disconnected for good.
pub(super) fn check_nothing_is_left(world: &World) {
    assert_eq!(world.hub.chat.session_count(), 0, "a session without a connection");
    for driven in &world.shards {
        let figures = driven.shard.figures();
        assert!(driven.shard.is_empty(), "something is left: {figures:?}");
    }
    assert_eq!(Arc::strong_count(&world.gate), 1, "a permit is left");
}

/// Where the store has, or had, a message.
fn position_of(world: &World, token: u32) -> Option<(RoomId, Position)> {
    let mut events = world.hub.store.all_events();
    events.find(|event| token_in(event) == Some(token)).map(|event| (event.room, event.position))
}

fn token_in(event: &Event) -> Option<u32> {
    token_of(event.text.as_ref()?.as_str())
}
