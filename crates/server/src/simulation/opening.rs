//! How a history begins, and how the server restarts within one.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::tz::TimeZone;
use teahouse_wire::api::Epoch;
use teahouse_wire::protocol::ServerFacts;

use super::answers::Answers;
use super::dice::Dice;
use super::http::Visits;
use super::hub::{DrivenShard, Hub};
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
        let has_backups = dice.once_in(4);
        let has_permanent_rooms = settings.limits.rooms.rooms_max > 1 && !has_backups;
        let setup = ShardSetup {
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
            false => Peer::api(number, history_shown, has_permanent_rooms),
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
            has_backups,
            has_permanent_rooms,
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
            outside: Outside {
                peers,
                abandoned: Vec::new(),
                message_count: 0,
                visits: Visits::default(),
            },
            setup,
        };
        world.start_server(shards);
        world
    }

    /// Starts the server.
    pub(super) fn start_server(&mut self, shards: usize) {
        let limits = self.setup.settings.chat_limits();
        self.setup.boot = self.hub.open(limits, self.now, &mut self.dice);
        let setup = &self.setup;
        let shards = (0..shards).map(|index| DrivenShard {
            shard: Shard::new(ShardSetup { index, ..setup.clone() }),
            inbox: VecDeque::new(),
            jobs: VecDeque::new(),
            worked_off: 0,
            answers: Answers::default(),
        });
        self.shards = shards.collect();
    }

    /// Kills the server and starts it again.
    pub(super) fn restart(&mut self) {
        for wire in self.outside.wires() {
            wire.socket.break_off();
            wire.is_served = false;
            wire.body = None;
        }
        self.outside.abandoned.clear();
        self.lose_visits();
        if self.mood.has_backups {
            self.hub.store.restore_backup();
        }
        let has_state = !self.mood.has_backups && self.dice.once_in(2);
        self.hub.restart(self.now, has_state);
        self.start_server(self.shards.len());
    }
}
