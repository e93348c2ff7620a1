//! Members whose clients keep lists of who is in a room. Whatever is announced or folded, and however slowly they read,
//! their lists equal those of the chat.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_core::{Asker, Chat, Limits, Moment, Origin, Proposal, RequestId, RoomName};

use super::*;
use crate::simulation::{Dice, KeeperSession, Lists, run_each};

const ROOMS: [&str; 3] = ["lobby", "tea", "den"];
const NICKS: [&str; 4] = ["ann", "bob", "eve", "zoe"];
/// Sessions of other shards have numbers up to this.
const ELSEWHERE_MAX: u64 = 6;
/// A chat, a shard with members that keep lists and others, and sessions on other shards.
struct Server {
    bench: Bench,
    chat: Chat,
    keepers: Vec<(Person, Lists)>,
    events: BTreeMap<RoomId, Vec<Event>>,
    steady: SteadyTime,
}

impl Server {
    fn new(announce_each_max: u32) -> Self {
        let mut bench = Bench::new(|settings| settings.limits.queues.queue_soft_bytes = 40);
        let limits = Limits { announce_each_max, ..Limits::default() };
        let chat = chat_with(limits);
        let keepers = (0..3).map(|_| (keeper(&mut bench), Lists::default())).collect();
        let (events, steady) = (BTreeMap::new(), SteadyTime(0));
        let mut server = Self { bench, chat, keepers, events, steady };
        let sessions: Vec<SessionId> =
            server.keepers.iter().map(|(person, _)| person.session).collect();
        let enter = || Action::Enter { nick: None, room: None, resume_key: None };
        let effects =
            sessions.into_iter().flat_map(|session| server.propose(session, enter())).collect();
        server.bench.handle(effects);
        server
    }

    /// Applies an action; returns the effects, with a list for each room that the session has entered.
    fn propose(&mut self, session: SessionId, action: Action) -> Vec<Effect> {
        let (origin, request) = (Origin(1), RequestId::default());
        let mut effects = Vec::new();
        self.chat.apply(Proposal { session, origin, request, action }, &mut effects);
        let entered: Vec<RoomName> = effects
            .iter()
            .filter_map(|effect| {
                let Effect::Joined { session: joined, name, .. } = effect else { return None };
                (*joined == session).then(|| name.clone())
            })
            .collect();
        for room in entered {
            effects.extend(who(&self.chat, session, room));
        }
        for effect in &effects {
            if let Effect::Event(event) = effect {
                self.events.entry(event.room).or_default().push(event.clone());
            }
        }
        effects
    }

    fn act_at_random(&mut self, dice: &mut Dice) -> Vec<Effect> {
        self.steady = self.steady.plus_ms(u32::try_from(dice.below(3_000)).unwrap());
        let mut effects = Vec::new();
        self.chat.advance(Moment { time: Time(0), steady: self.steady }, &mut effects);
        let is_here = dice.once_in(3);
        let session = match is_here {
            true => self.keepers[dice.below(self.keepers.len())].0.session,
            false => SessionId(1 + dice.below(6) as u64 % ELSEWHERE_MAX),
        };
        let room: RoomName = dice.pick::<&str>(&ROOMS).parse().unwrap();
        let nick = Nick::parse(dice.pick::<&str>(&NICKS)).unwrap();
        let action = match dice.below(10) {
            0 | 1 if !is_here => Action::Exit { cause: ExitCause::Quit },
            0..=2 => Action::Leave { room },
            3 => Action::Rename { nick },
            4 | 5 => {
                let text = Text::parse("hello").unwrap();
                Action::Say { room, text, acted: false, id: None }
            }
            6 if !is_here => Action::Enter { nick: None, room: Some(room), resume_key: None },
            _ => Action::Join { room },
        };
        effects.extend(self.propose(session, action));
        effects
    }

    fn handle_round(&mut self, batches: Vec<Vec<Effect>>) {
        let round: Vec<_> = batches.into_iter().map(Arc::new).collect();
        self.bench.step(|shard| shard.handle_batches(&round));
    }

    /// Every member reads everything that is queued or missing.
    fn let_through(&mut self) {
        for (person, _) in &self.keepers {
            person.socket.set_room(usize::MAX / 2);
            self.bench.step(|shard| shard.handle_writable(person.key));
        }
        while let Some(Job { asker, wanted, .. }) = self.bench.jobs.pop() {
            let Wanted::Refill { room, after, upto } = &wanted else { panic!("{wanted:?}") };
            let of_room = self.events.get(room).into_iter().flatten();
            let is_asked = |event: &&Event| event.position > *after && event.position <= *upto;
            let found = Excerpt {
                events: of_room.filter(is_asked).cloned().collect(),
                ..Excerpt::default()
            };
            self.bench.step(|shard| shard.handle_page(Page { asker, wanted, found: Ok(found) }));
        }
        self.bench.take_actions();
    }

    fn check(&mut self) {
        for (person, client) in &mut self.keepers {
            person.received().lines().for_each(|line| drop(client.receive_line(line)));
            for (room, list) in &client.rooms {
                let room = room.trim_start_matches('#').parse().unwrap();
                let answered = who(&self.chat, person.session, room);
                let [Effect::Answer { answer: Answer::Members { nicks, .. }, .. }] = &answered[..]
                else {
                    panic!("{answered:?}")
                };
                let nicks: BTreeSet<String> = nicks.iter().map(ToString::to_string).collect();
                assert_eq!(list.as_ref(), Some(&nicks));
            }
        }
    }
}

/// The answer to a session that asks who is in a room.
fn who(chat: &Chat, session: SessionId, room: RoomName) -> Vec<Effect> {
    let mut answered = Vec::new();
    let (asker, query) = (Asker::Session(session), Query::Who { room, page: 1 });
    chat.ask(asker, RequestId::default(), query, &mut answered);
    answered
}

fn keeper(bench: &mut Bench) -> Person {
    let socket = VirtualSocket::new(usize::MAX / 2);
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let key =
        bench.step(|shard| shard.accept_as(Box::new(KeeperSession::default()), ours, peer, b"\n"));
    bench.take_actions();
    Person { session: bench.shard.session(key).unwrap(), socket, key }
}

#[test]
fn lists_of_members_are_right_whatever_is_announced_and_however_slowly_they_are_read() {
    run_each(400, |seed| {
        let mut dice = Dice::new(seed);
        let announce_each_max = *dice.pick::<u32>(&[0, 2, 50]);
        let mut server = Server::new(announce_each_max);
        for _ in 0..60 {
            if dice.once_in(4) {
                let at = dice.below(server.keepers.len());
                let room = dice.below(60);
                server.keepers[at].0.socket.set_room(room);
            }
            let mut batches = Vec::new();
            for _ in 0..=dice.below(3) {
                let happened = 0..=dice.below(4);
                batches.push(happened.flat_map(|_| server.act_at_random(&mut dice)).collect());
            }
            server.handle_round(batches);
            if dice.once_in(3) {
                server.let_through();
                server.check();
            }
        }
        server.let_through();
        server.check();
    });
}

/// A session on another shard enters the lobby, unannounced.
fn entered(nick: &str) -> Effect {
    let presence = Presence::Entered { nick: Nick::parse(nick).unwrap() };
    let rooms = vec![InRoom { room: ROOM, is_announced: false }];
    Effect::Presence { presence, about: Some(ELSEWHERE), rooms }
}

pub(super) fn keeper_in(bench: &mut Bench, rooms: &[RoomId]) -> Person {
    let person = keeper(bench);
    for room in rooms {
        let (session, request, members) = (person.session, RequestId::default(), 1);
        let (name, at) = (format!("room-{}", room.0).parse().unwrap(), Position::START);
        let topic = None;
        bench.handle(vec![Effect::Joined {
            session,
            request,
            room: *room,
            name,
            first: Position(1),
            at,
            members,
            topic,
        }]);
    }
    person.received();
    person
}

#[test]
fn an_unannounced_join_is_sent_to_list_keepers_and_costs_the_others_nothing() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.join_line();
    bench.handle(vec![entered("bob")]);
    assert_eq!(bench.shard.figures().counts.deliveries, 0, "nothing was written");
    let keeper = keeper_in(&mut bench, &[ROOM]);
    let writes = bench.shard.figures().counts.writes;
    bench.handle(vec![entered("eve"), entered("zoe")]);
    assert_eq!(bench.shard.figures().counts.writes, writes + 1);
    assert_eq!(bench.shard.figures().counts.deliveries, 2);
    assert_eq!(
        (ann.received().as_str(), keeper.received().as_str()),
        ("", "entered eve #lobby\nentered zoe #lobby\n")
    );
}

#[test]
fn a_departure_or_rename_in_several_rooms_is_sent_once_to_each_list_keeper() {
    let mut bench = Bench::new(|_| {});
    let (tea, den) = (RoomId(2), RoomId(3));
    let both = keeper_in(&mut bench, &[tea, den]);
    let one = keeper_in(&mut bench, &[den]);
    let rooms = || [tea, den, RoomId(9)].map(|room| InRoom { room, is_announced: false }).into();
    let (from, to) = (Nick::parse("bob").unwrap(), Nick::parse("rob").unwrap());
    let renamed = Presence::Renamed { from, to: to.clone() };
    let offline = Presence::Offline { nick: to, cause: ExitCause::Quit };
    bench.handle(vec![
        Effect::Presence { presence: renamed, about: Some(ELSEWHERE), rooms: rooms() },
        Effect::Presence { presence: offline, about: Some(ELSEWHERE), rooms: rooms() },
    ]);
    assert_eq!(both.received(), "renamed bob rob\noffline rob\n");
    assert_eq!(one.received(), "renamed bob rob\noffline rob\n");
}

#[test]
fn a_list_keeper_that_does_not_read_is_disconnected_rather_than_left_with_a_wrong_list() {
    let mut bench = Bench::new(|settings| {
        settings.limits.queues.queue_soft_bytes = 40;
        settings.limits.queues.queue_hard_bytes = 100;
    });
    let keeper = keeper_in(&mut bench, &[ROOM]);
    keeper.socket.set_room(0);
    for _ in 0..5 {
        bench.handle(vec![entered("bob")]);
        assert_eq!(bench.take_actions(), []);
    }
    bench.handle(vec![entered("bob")]);
    assert_eq!(bench.take_actions(), [Action::Exit { cause: ExitCause::Unread }]);
}
