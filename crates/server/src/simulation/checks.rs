//! What must be true at the end of a history.

use std::collections::BTreeMap;
use std::sync::Arc;

use teahouse_core::{Event, Position, RoomId};

use super::peer::{Api, Kind, Peer, ROOMS, Wire, token_of};
use super::world::World;

/// Promises P1 to P4, of what has been heard by those who are still there.
pub(super) fn heard(world: &World) {
    assert!(world.hub.unstored.is_none() && world.hub.log.is_empty());
    for peer in &world.outside.peers {
        match (&peer.kind, &peer.wire) {
            (_, None) => {}
            (Kind::Line(line), Some(wire)) => {
                lines_heard(world, &peer.name, (&line.heard, false), wire);
            }
            (Kind::Editor(screen), Some(wire)) if wire.is_served && !wire.is_closed => {
                let rows = screen.told();
                let heard: Vec<u32> = rows.iter().filter_map(|row| token_of(row)).collect();
                lines_heard(world, &peer.name, (&heard, true), wire);
            }
            (Kind::Editor(_), Some(_)) => {}
            (Kind::Api(api), Some(wire)) => api_heard(world, peer, api, wire),
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

/// A person has heard, of each room they are in, everything since they came; where they typed it on their own
/// screen, all but that.
fn lines_heard(world: &World, name: &str, (tokens, hears_own): (&[u32], bool), wire: &Wire) {
    let kept = |token: &u32| place_of(world, *token).expect("P2: what is shown is kept");
    let heard: Vec<(RoomId, Position)> = tokens.iter().map(kept).collect();
    let mut last: BTreeMap<RoomId, Position> = BTreeMap::new();
    for (room, position) in &heard {
        let before = last.insert(*room, *position);
        assert!(before.is_none_or(|before| before < *position), "P1, P4: {name} {heard:?}");
    }
    let session = world.shards[wire.shard].shard.session(wire.key);
    for (room, at) in session.and_then(|id| world.hub.joined.get(&id)).into_iter().flatten() {
        let missed = world.hub.store.events(*room).iter().find(|event| {
            let is_for_it = event.position > *at && (hears_own || Some(event.session) != session);
            is_for_it && token_in(event).is_some() && !heard.contains(&(*room, event.position))
        });
        assert!(missed.is_none(), "P4: {name} has missed {missed:?}");
    }
}

/// A program at the api has heard each event of its rooms, over all its connections, and knows of each message of
/// its own what became of it.
fn api_heard(world: &World, Peer { name: peer, .. }: &Peer, api: &Api, wire: &Wire) {
    let is_here = wire.is_served && !wire.is_closed;
    for (name, room) in &api.rooms {
        let kept = world.hub.store.named(name);
        for (position, text) in &room.heard {
            let event = &kept[usize::try_from(*position - 1).unwrap()];
            let words = event.text.as_ref().map(|text| text.as_str());
            assert_eq!(words, Some(text.as_str()), "P1, P2: at {name} {position}");
        }
        let last = room.heard.last().map_or(room.at, |(position, _)| *position);
        let head = kept.len() as u64;
        let is_whole = !is_here || !room.is_joined || last == head;
        assert!(is_whole, "P4: {peer} has {last} of {head} in {name}");
    }
    let owed = &api.unacknowledged;
    assert!(!is_here || owed.is_empty(), "P3: {peer} does not know of {owed:?}");
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

/// Where the store has a message.
fn place_of(world: &World, token: u32) -> Option<(RoomId, Position)> {
    let mut events = world.hub.store.rooms.values().flat_map(|(_, events)| events);
    events.find(|event| token_in(event) == Some(token)).map(|event| (event.room, event.position))
}

fn token_in(event: &Event) -> Option<u32> {
    token_of(event.text.as_ref()?.as_str())
}
