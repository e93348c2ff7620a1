//! How a history begins, and how the server is started again in the middle of one.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::tz::TimeZone;
use teahouse_wire::api::Epoch;
use teahouse_wire::protocol::ServerFacts;

use super::answers::Answers;
use super::dice::Dice;
use super::http::Visits;
use super::hub::{Driven, Hub};
use super::peer::{Outside, Peer};
use super::settings::settings;
use super::world::{Mood, World};
use crate::browsers::Browsers;
use crate::gate::Gate;
use crate::shard::{PING_S, Shard, ShardSetup};

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let settings = Arc::new(settings(&mut dice));
        let has_copies = dice.once_in(4);
        let has_firm_rooms = settings.limits.rooms.rooms_max > 1 && !has_copies;
        let place = ShardSetup {
            index: 0,
            boot: 0,
            server: Arc::new(ServerFacts {
                epoch: Epoch::of([7; 16]),
                server: "simulated".to_owned(),
                first_room: settings.first_room.clone(),
                ping_s: PING_S,
                grace_s: settings.limits.seats.grace_s,
            }),
            settings: Arc::clone(&settings),
            browsers: Arc::new(Browsers::default()),
            zone: TimeZone::UTC,
        };
        let shards = 1 + dice.below(8);
        let history_shown = settings.history_shown.into();
        let peers = (1..=2 + dice.below(6)).map(|number| match dice.once_in(2) {
            true => Peer::line(number),
            false => Peer::api(number, history_shown, has_firm_rooms),
        });
        let mut peers: Vec<Peer> = peers.collect();
        for _ in 0..dice.below(4) {
            let number = peers.len() + 1;
            peers.push(match dice.below(5) {
                4 => Peer::keeper(number),
                0 => Peer::editor(number),
                1 => Peer::keeper(number),
                2 => Peer::follower(number, true),
                _ => Peer::follower(number, false),
            });
        }
        let names = peers.iter().map(|peer| peer.name.clone()).collect();
        let mood = Mood {
            turns_between_troubles: *dice.pick(&[8, 30, 200]),
            is_restless: dice.once_in(3),
            work: *dice.pick(&[1, 100, 3000]),
            are_pages_late: dice.once_in(3),
            has_copies,
            has_firm_rooms,
            names,
        };
        let connections_max = *dice.pick(&[1000, 1000, 4]);
        let mut world = Self {
            dice,
            mood,
            now: 0,
            hub: Hub::new(shards),
            shards: Vec::new(),
            gate: Gate::started(&settings.limits, connections_max),
            outside: Outside { peers, given_up: Vec::new(), said: 0, visits: Visits::default() },
            place,
        };
        world.open(shards);
        world
    }

    /// The server is started.
    pub(super) fn open(&mut self, shards: usize) {
        let limits = self.place.settings.chat_limits();
        self.place.boot = self.hub.open(limits, self.now, &mut self.dice);
        let place = &self.place;
        let shards = (0..shards).map(|index| Driven {
            shard: Shard::new(ShardSetup { index, ..place.clone() }),
            inbox: VecDeque::new(),
            jobs: VecDeque::new(),
            worked_off: 0,
            answers: Answers::default(),
        });
        self.shards = shards.collect();
    }

    /// The server is killed and started again.
    pub(super) fn begin_anew(&mut self) {
        for wire in self.outside.wires() {
            wire.socket.break_off();
            wire.is_served = false;
            wire.body = None;
        }
        self.outside.given_up.clear();
        self.lose_visits();
        if self.mood.has_copies {
            self.hub.store.bring_back();
        }
        let has_state = !self.mood.has_copies && self.dice.once_in(2);
        self.hub.begin_anew(self.now, has_state);
        self.open(self.shards.len());
    }
}
