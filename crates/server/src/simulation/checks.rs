//! What must be true when everything has been let through, and at the end of a history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use teahouse_core::{
    Answer, Asker, Effect, Event, EventKind, Nick, Position, Query, RequestId, RoomId,
};

use super::http::Follower;
use super::keeper::Lists;
use super::line::Line;
use super::peer::{Api, Kind, Peer, Wire};
use super::reference::Hears;
use super::words::{ROOMS, token_of};
use super::world::World;

/// Promises P1 to P4, of what has been heard by those who are still there.
pub(super) fn heard(world: &World) {
    assert!(world.hub.unstored.is_none() && world.hub.log.is_empty());
    for peer in &world.outside.peers {
        let Some(wire) = &peer.wire else { continue };
        match &peer.kind {
            Kind::Line(line) => {
                lines_heard(world, peer, (&line.heard, false), wire);
                told(world, peer, &line.told, wire);
                line_answered(world, peer, line, wire);
            }
            Kind::Editor(screen) if wire.is_open() => {
                let rows = screen.told();
                let heard: Vec<u32> = rows.iter().filter_map(|row| token_of(row)).collect();
                lines_heard(world, peer, (&heard, true), wire);
                own_rows(world, &rows, wire);
            }
            Kind::Editor(_) => {}
            Kind::Api(api) => {
                api_heard(world, peer, api, wire);
                answered_in_order(world, peer, api, wire);
                told(world, peer, &api.told, wire);
            }
            Kind::Keeper(lists) => lists_kept(world, peer, lists, wire),
            Kind::Follower(follower) => followed(world, peer, follower, wire),
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
            world.hub.store.named(name).iter().filter_map(token_in).collect();
        let count = tokens.len();
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens.len(), count, "P3: a message of {name} is kept twice");
    }
}

/// A person has heard, of each room they are in, everything since they came but of those whom they ignore; where they
/// typed it on their own screen, all but that.
fn lines_heard(world: &World, peer: &Peer, (tokens, hears_own): (&[u32], bool), wire: &Wire) {
    let name = &peer.name;
    let kept = |token: &u32| place_of(world, *token).expect("P2: what is shown is kept");
    let heard: Vec<(RoomId, Position)> = tokens.iter().map(kept).collect();
    let mut last: BTreeMap<RoomId, Position> = BTreeMap::new();
    for (room, position) in &heard {
        let before = last.insert(*room, *position);
        assert!(before.is_none_or(|before| before < *position), "P1, P4: {name} {heard:?}");
    }
    let heard: BTreeSet<(RoomId, Position)> = heard.into_iter().collect();
    let reference = &world.hub.reference;
    for (room, at) in reference.joined.get(&wire.session).into_iter().flatten() {
        for event in world.hub.store.events(*room).iter().filter(|event| event.position > *at) {
            let has_heard = heard.contains(&(*room, event.position));
            let is_typed = !hears_own && event.session == wire.session;
            if is_typed {
                let is_shown = has_heard && event.kind != EventKind::Topic;
                assert!(!is_shown, "{name} sees what it typed twice: {event:?}");
            }
            if is_typed || token_in(event).is_none() {
                continue;
            }
            match reference.hears(&[wire.session], event) {
                Hears::Must => assert!(has_heard, "P4: {name} has missed {event:?}"),
                Hears::MustNot => assert!(!has_heard, "{name} has heard {event:?}"),
                Hears::May => {}
            }
        }
    }
}

/// Who reads everything is answered everything, also after the goodbye, and shown the last before it came.
fn line_answered(world: &World, peer: &Peer, line: &Line, wire: &Wire) {
    let (name, reference) = (&peer.name, &world.hub.reference);
    if !wire.is_let_through {
        return;
    }
    let wanted = reference.granted(wire.session);
    assert_eq!(line.answered, wanted, "{name} has searched, and is not answered");
    assert!(line.has_goodbye || !reference.has_quit(wire.session), "{name} hears no goodbye");
    let shown = u64::from(world.place.settings.history_shown);
    for (room, at) in reference.joined.get(&wire.session).into_iter().flatten() {
        let upto = usize::try_from(at.0).unwrap();
        let is_shown = |event: &&Event| event.position.0 + shown > at.0;
        for event in world.hub.store.events(*room)[..upto].iter().filter(is_shown) {
            let Some(token) = token_in(event) else { continue };
            let is_heard = reference.hears(&[wire.session], event) == Hears::Must;
            let has_seen = line.shown.contains(&token) || !is_heard;
            assert!(has_seen, "{name} is not shown {event:?} from before it came");
        }
    }
}

/// What an editor has said itself, and nothing else, looks so.
fn own_rows(world: &World, rows: &[String], wire: &Wire) {
    for (row, token) in rows.iter().filter_map(|row| Some((row, token_of(row)?))) {
        let mut events = world.hub.store.everything();
        let event = events.find(|event| token_in(event) == Some(token)).expect("it is kept");
        let is_own = event.session == wire.session;
        assert_eq!(row.starts_with('+'), is_own, "whose is {row}?");
    }
}

/// Somebody has been told in private what was to be told, and nothing else.
fn told(world: &World, peer: &Peer, told: &[String], wire: &Wire) {
    let wanted = world.hub.reference.told(wire.session);
    let is_all = !wire.is_open() || told.len() == wanted.len();
    assert!(wanted.starts_with(told) && is_all, "{} was told {told:?} of {wanted:?}", peer.name);
}

/// A program at the api has heard each event of its rooms, over all its connections, and knows of each message of
/// its own and each question what became of it.
fn api_heard(world: &World, peer: &Peer, api: &Api, wire: &Wire) {
    let name = &peer.name;
    for (room, followed) in &api.rooms {
        let kept = world.hub.store.named(room);
        let removed = world.hub.store.removed_of(room);
        assert!(followed.begun_anew <= removed, "P4: a cursor of this history goes on");
        if removed > 0 && !(wire.is_open() && followed.is_joined) {
            // What it has may be of a room that has given way.
            continue;
        }
        let last = followed.heard.last().map_or(followed.begin, |(position, _)| *position);
        let head = if wire.is_open() && followed.is_joined { kept.len() as u64 } else { last };
        let mut heard = followed.heard.iter();
        let mut next = heard.next();
        for event in kept.iter().take(usize::try_from(head).unwrap()) {
            if event.position.0 <= followed.begin {
                continue;
            }
            let here = next.filter(|(position, _)| *position == event.position.0);
            match world.hub.reference.hears(&peer.sessions, event) {
                Hears::Must => assert!(here.is_some(), "P4: {name} has missed {event:?}"),
                Hears::MustNot => assert!(here.is_none(), "{name} has heard {event:?}"),
                Hears::May => {}
            }
            if let Some((_, text)) = here {
                let words = event.text.as_ref().map(|text| text.as_str());
                assert_eq!(words, Some(text.as_str()), "P1, P2: {name} in {room}");
                next = heard.next();
            }
        }
        assert!(next.is_none(), "P2: {name} has heard {next:?} of {head} in {room}");
    }
    let (owed, asked) = (&api.unacknowledged, &api.asked);
    assert!(!wire.is_open() || owed.is_empty(), "P3: {name} does not know of {owed:?}");
    assert!(!wire.is_open() || asked.is_empty(), "{name} is not answered: {asked:?}");
}

/// Each answer came behind all that was decided before it, and before the rest.
fn answered_in_order(world: &World, peer: &Peer, api: &Api, wire: &Wire) {
    if !wire.is_open() {
        // One for whom history cannot be read is answered until it is let go.
        return;
    }
    let answers = &world.shards[wire.shard].answers;
    for (nth, rooms) in api.answered.iter().enumerate() {
        for (name, last) in rooms.iter().filter(|(name, _)| world.hub.store.removed_of(name) == 0) {
            let room = world.hub.store.named(name).first().map(|event| event.room);
            let head = room.and_then(|room| answers.head(wire.session, nth, room));
            assert!(
                head.is_none_or(|head| head.0 == *last),
                "P1: {} had {last} of {name} when it was answered at {head:?}",
                peer.name
            );
        }
    }
}

/// A client that keeps lists has those that the chat has.
fn lists_kept(world: &World, peer: &Peer, lists: &Lists, wire: &Wire) {
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
    let tokens: Vec<u32> = lists.said.iter().filter_map(|words| token_of(words)).collect();
    lines_heard(world, peer, (&tokens, true), wire);
}

/// Somebody who follows a room has heard everything since it began, or since what it had.
fn followed(world: &World, peer: &Peer, follower: &Follower, wire: &Wire) {
    let is_over = wire.body.as_ref().is_none_or(|body| body.is_over);
    assert!(wire.is_served || is_over, "{} waits for more for ever", peer.name);
    lines_heard_of(world, peer, follower, wire);
    let Some(begin) = follower.begin.filter(|_| wire.is_open()) else { return };
    let kept = world.hub.store.named(&follower.room);
    let last = follower.events.last().map_or(begin, |(last, _)| *last);
    assert_eq!(last, kept.len() as u64, "P4: {} follows {}", peer.name, follower.room);
    for (position, words) in &follower.events {
        let event = &kept[usize::try_from(*position - 1).unwrap()];
        let text = event.text.as_ref().map_or("", |text| text.as_str());
        assert_eq!(text, words, "P1, P2: {} at {position}", peer.name);
    }
}

fn lines_heard_of(world: &World, peer: &Peer, follower: &Follower, wire: &Wire) {
    if !follower.is_stream() {
        lines_heard(world, peer, (&follower.lines.heard, true), wire);
    }
}

/// Everyone has gone, and nobody comes back any more.
pub(super) fn nothing_is_left(world: &World) {
    assert_eq!(world.hub.chat.session_count(), 0, "a session without a connection");
    for driven in &world.shards {
        let figures = driven.shard.figures();
        assert!(driven.shard.is_empty(), "something is left: {figures:?}");
    }
    assert_eq!(Arc::strong_count(&world.gate), 1, "a permit is left");
}

/// Where the store has, or had, a message.
fn place_of(world: &World, token: u32) -> Option<(RoomId, Position)> {
    let mut events = world.hub.store.everything();
    events.find(|event| token_in(event) == Some(token)).map(|event| (event.room, event.position))
}

fn token_in(event: &Event) -> Option<u32> {
    token_of(event.text.as_ref()?.as_str())
}
