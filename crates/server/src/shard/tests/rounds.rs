//! However much is decided at once, each session receives what it would receive if each effect were handled alone; and
//! output for one session costs one write to that session.

use teahouse_core::{Asker, Chat, Limits, Origin, Proposal, RequestId, RoomName};

use super::lists::keeper_in;
use super::*;
use crate::simulation::{Dice, run_each};

const ROOMS: [&str; 2] = ["lobby", "tea"];
const NICKS: [&str; 5] = ["ann", "bob", "eve", "zoe", "kim"];

/// A chat, and two shards with the same people. Nobody is in two rooms, because rooms may change places within a round.
struct Pair {
    chat: Chat,
    /// The first handles everything at once, the second one effect at a time.
    benches: [Bench; 2],
    people: [Vec<Person>; 2],
    rooms: Vec<Option<&'static str>>,
    text_count: u32,
}

impl Pair {
    fn new(people: usize) -> Self {
        let mut pair = Self {
            chat: chat_with(Limits::default()),
            benches: [(); 2].map(|()| Bench::new(|settings| settings.history_shown = 0)),
            people: [(); 2].map(|()| Vec::new()),
            rooms: vec![Some(ROOMS[0]); people],
            text_count: 0,
        };
        for (bench, people) in pair.benches.iter_mut().zip(&mut pair.people) {
            for _ in 0..pair.rooms.len() {
                let person = bench.connect();
                bench.send(&person, "\n");
                bench.advance(3000);
                bench.take_actions();
                people.push(person);
            }
        }
        let enter = || Action::Enter { nick: None, room: Some(name(ROOMS[0])), resume_key: None };
        let entered = (0..pair.rooms.len()).flat_map(|person| pair.propose(person, enter()));
        let entered: Vec<Effect> = entered.collect();
        pair.handle_round(vec![entered]);
        pair
    }

    fn session(&self, person: usize) -> SessionId {
        self.people[0][person].session
    }

    fn propose(&mut self, person: usize, action: Action) -> Vec<Effect> {
        let (session, origin, request) = (self.session(person), Origin(1), RequestId::default());
        let mut effects = Vec::new();
        self.chat.apply(Proposal { session, origin, request, action }, &mut effects);
        effects
    }

    fn act_at_random(&mut self, dice: &mut Dice) -> Vec<Effect> {
        let person = dice.below(self.rooms.len());
        let nick = Nick::parse(dice.pick::<&str>(&NICKS)).unwrap();
        let Some(room) = self.rooms[person] else {
            let room = *dice.pick(&ROOMS);
            self.rooms[person] = Some(room);
            return self.propose(person, Action::Join { room: name(room) });
        };
        let room = name(room);
        let action = match dice.below(14) {
            0 | 1 => {
                let mut answered = Vec::new();
                let (asker, query) = (self.session(person), Query::Who { room, page: 1 });
                let asker = Asker::Session(asker);
                self.chat.ask(asker, RequestId::default(), query, &mut answered);
                return answered;
            }
            2 => Action::Leave { room },
            3 => Action::Rename { nick },
            4 => Action::Ignore { nick },
            5 => Action::Tell { nick, text: Text::parse("psst").unwrap() },
            6 => Action::Say { room: name("nowhere"), text: self.words(), acted: false, id: None },
            7 => Action::Topic { room, topic: Some(self.words()) },
            _ => Action::Say { room, text: self.words(), acted: dice.once_in(4), id: None },
        };
        if matches!(action, Action::Leave { .. }) {
            self.rooms[person] = None;
        }
        self.propose(person, action)
    }

    fn words(&mut self) -> Text {
        self.text_count += 1;
        Text::parse(&format!("word {}", self.text_count)).unwrap()
    }

    fn handle_round(&mut self, batches: Vec<Vec<Effect>>) {
        let round: Vec<_> = batches.into_iter().map(Arc::new).collect();
        let [at_once, one_by_one] = &mut self.benches;
        at_once.step(|shard| shard.handle_batches(&round));
        for effect in round.iter().flat_map(|batch| batch.iter()) {
            one_by_one.handle(vec![effect.clone()]);
        }
        for bench in &mut self.benches {
            bench.take_actions();
            bench.shard.check().unwrap();
        }
    }

    fn compare(&self) {
        for (at_once, one_by_one) in self.people[0].iter().zip(&self.people[1]) {
            assert_eq!(at_once.received(), one_by_one.received());
        }
        let [at_once, one_by_one] =
            self.benches.each_ref().map(|bench| bench.shard.figures().counts);
        assert_eq!(at_once.deliveries, one_by_one.deliveries);
        assert_eq!(at_once.bytes, one_by_one.bytes);
        assert!(at_once.writes <= one_by_one.writes);
    }
}

fn name(room: &str) -> RoomName {
    room.parse().unwrap()
}

#[test]
fn each_session_receives_the_same_in_the_same_order_however_much_is_decided_at_once() {
    run_each(300, |seed| {
        let mut dice = Dice::new(seed);
        let mut pair = Pair::new(2 + dice.below(4));
        for _ in 0..20 {
            // Sometimes more than one piece.
            let events = if dice.once_in(30) { 400 } else { 6 };
            let batches = 0..=dice.below(3);
            let batches = batches.map(|_| {
                (0..=dice.below(events))
                    .flat_map(|_| pair.act_at_random(&mut dice))
                    .collect::<Vec<_>>()
            });
            let batches = batches.collect();
            pair.handle_round(batches);
            pair.compare();
        }
    });
}

fn answer(session: SessionId) -> Effect {
    let answer = Answer::Delivered { to: Nick::parse("zoe").unwrap() };
    Effect::Answer { session, request: RequestId::default(), answer }
}

#[test]
fn an_answer_comes_after_earlier_messages_and_costs_no_other_session_a_write() {
    let mut bench = Bench::new(|_| {});
    let (ann, others) = (bench.join_line(), [(); 9].map(|()| bench.join_line()));
    let writes = bench.shard.figures().counts.writes;
    let events = ["one", "two", "three"].map(|text| bench.event(ELSEWHERE, text));
    let [one, two, three] = events.map(Effect::Event);
    bench.handle(vec![one, answer(ann.session), two, answer(ann.session), three]);
    let delivered = "-- delivered to zoe\n";
    let expected = format!("<ann> one\n{delivered}<ann> two\n{delivered}<ann> three\n");
    assert_eq!(ann.received(), expected);
    for other in &others {
        assert_eq!(other.received(), "<ann> one\n<ann> two\n<ann> three\n");
    }
    let counts = bench.shard.figures().counts;
    assert_eq!(counts.writes, writes + 9 + 5, "one for each of the others");
    assert_eq!(counts.deliveries, 30);
}

#[test]
fn a_member_given_part_of_a_round_that_stops_reading_continues_from_history_after_that_part() {
    let mut bench = Bench::new(|settings| settings.limits.queues.queue_soft_bytes = 10);
    let ann = bench.join_line();
    ann.socket.set_room("<ann> one\n".len());
    let events = ["one", "two"].map(|text| bench.event(ELSEWHERE, text));
    let [one, two] = events.map(Effect::Event);
    bench.handle(vec![one, answer(ann.session), two]);
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    assert_eq!(ann.received(), "<ann> one\n-- delivered to zoe\n");
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let Wanted::Refill { room: ROOM, after: Position(1), upto: Position(2) } = wanted else {
        panic!("{wanted:?}")
    };
    bench.head = 1;
    let found = Ok(Excerpt { events: vec![bench.event(ELSEWHERE, "two")], ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    assert_eq!(ann.received(), "<ann> two\n");
}

#[test]
fn a_list_keeper_that_joins_while_facts_are_pending_receives_the_rest_in_order() {
    let other = RoomId(2);
    let mut bench = Bench::new(|_| {});
    let _line = bench.join_line();
    let keeper = keeper_in(&mut bench, &[other]);
    let nick = |nick| Nick::parse(nick).unwrap();
    let presence = |presence, rooms: &[RoomId]| {
        let rooms = rooms.iter().map(|room| InRoom { room: *room, is_announced: true }).collect();
        Effect::Presence { presence, about: Some(ELSEWHERE), rooms }
    };
    let event = bench.event(ELSEWHERE, "tea?");
    let (session, request, name) = (keeper.session, RequestId::default(), "lobby".parse().unwrap());
    let (at, members, topic) = (event.position, 2, None);
    bench.handle(vec![
        Effect::Event(event),
        Effect::Joined {
            session,
            request,
            room: ROOM,
            name,
            first: Position(1),
            at,
            members,
            topic,
        },
        presence(Presence::Entered { nick: nick("bob") }, &[ROOM]),
        presence(Presence::Renamed { from: nick("bob"), to: nick("kim") }, &[other, ROOM]),
    ]);
    assert_eq!(keeper.received(), "in #lobby\nentered bob #lobby\nrenamed bob kim\n");
}
