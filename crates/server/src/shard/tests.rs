//! A shard without a thread: peers on virtual sockets, the hub's decisions and the time as the test says.

mod beginnings;
mod lists;
mod older;
mod rounds;
mod views;

use std::sync::Arc;

use jiff::tz::TimeZone;
use teahouse_core::{
    Answer, Chat, Event, EventKind, Excerpt, History, InRoom, Limits, MessageId, Nick, Position,
    Presence, Proposal, Request, RoomId, SessionId, Text, Time,
};
use teahouse_wire::api::Epoch;
use teahouse_wire::protocol::ServerFacts;

mod work;

use super::*;
use crate::browsers::Browsers;
use crate::gate::Gate;
use crate::history::Wanted;
use crate::key::Key;
use crate::log::Entry;
use crate::simulation::VirtualSocket;
use teahouse_core::{Action, Effect, Query, RequestId};

const ROOM: RoomId = RoomId(1);

/// One shard and what a test does with it.
struct Bench {
    shard: Shard<VirtualSocket>,
    gate: Arc<Gate>,
    now_ms: u64,
    jobs: Vec<Job>,
    head: u64,
}

/// One peer of the shard.
struct Person {
    socket: VirtualSocket,
    key: Key,
    session: SessionId,
}

/// A chat as a server begins it.
fn chat_with(limits: Limits) -> Chat {
    let mut chat = Chat::from_history(History::default());
    let limits = Box::new(limits);
    chat.apply(Proposal::of_server(Action::Configure { limits }), &mut Vec::new());
    chat
}

impl Bench {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.limits.addresses.address_requests_burst = 0;
        change(&mut settings);
        let server = ServerFacts {
            epoch: Epoch::of([7; 16]),
            server: "0".to_owned(),
            first_room: settings.first_room.clone(),
            ping_s: PING_S,
            grace_s: settings.limits.seats.grace_s,
        };
        let gate = Gate::started(&settings.limits, 1000);
        let place = ShardSetup {
            index: 0,
            boot: 1,
            server: Arc::new(server),
            settings: Arc::new(settings),
            browsers: Arc::new(Browsers::default()),
            zone: TimeZone::UTC,
        };
        Self { shard: Shard::new(place), gate, now_ms: 0, jobs: Vec::new(), head: 0 }
    }

    fn step<R>(&mut self, act: impl FnOnce(&mut Shard<VirtualSocket>) -> R) -> R {
        let time = Time(1_795_559_400_000);
        self.shard.begin_step(Now { steady: SteadyTime(self.now_ms), time });
        let result = act(&mut self.shard);
        self.shard.finish_step();
        self.jobs.extend(self.shard.take_jobs());
        result
    }

    /// Somebody with `nc`, in the room, who has heard what one hears on coming in.
    fn line(&mut self) -> Person {
        let person = self.stranger();
        self.says(&person, "\n");
        self.pass(3000);
        self.joins(&person);
        person
    }

    /// Somebody who has connected and said nothing.
    fn stranger(&mut self) -> Person {
        let socket = VirtualSocket::new(usize::MAX / 2);
        let permit = self.gate.admit([10, 0, 0, 1].into()).unwrap();
        let ours = socket.clone();
        let key = self.step(|shard| shard.accept(ours, permit));
        let session = self.shard.session(key).unwrap();
        Person { socket, key, session }
    }

    fn joins(&mut self, person: &Person) {
        let at = Position(self.head);
        let (session, name) = (person.session, "lobby".parse().unwrap());
        let (request, first, members, topic) = (RequestId::default(), Position(1), 1, None);
        self.told(vec![Effect::Joined {
            session,
            request,
            room: ROOM,
            name,
            first,
            at,
            members,
            topic,
        }]);
        self.proposed();
        person.socket.take_received();
    }

    fn says(&mut self, person: &Person, line: &str) {
        person.socket.send(line.as_bytes());
        self.step(|shard| shard.handle_readable(person.key));
    }

    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        self.step(Shard::handle_time);
    }

    /// The hub has decided.
    fn told(&mut self, effects: Vec<Effect>) {
        self.step(|shard| shard.handle_batches(&[Arc::new(effects)]));
    }

    /// The next message of the room.
    fn event(&mut self, session: SessionId, text: &str) -> Event {
        self.head += 1;
        Event {
            room: ROOM,
            position: Position(self.head),
            time: Time(1_795_559_400_000),
            session,
            nick: Nick::parse("ann").unwrap(),
            kind: EventKind::Said,
            text: Some(Text::parse(text).unwrap()),
            id: Some(MessageId([1; 16])),
            author: None,
        }
    }

    /// What has been handed in since this was asked.
    fn asked(&mut self) -> Vec<Request> {
        let context = TaskContext::from_waker(std::task::Waker::noop());
        let chunk = match self.shard.poll_chunk(&context) {
            Poll::Ready(Some((chunk, _work))) => chunk,
            Poll::Ready(None) | Poll::Pending => Vec::new(),
        };
        let requests = chunk.into_iter().map(|entry| match entry {
            Entry::Proposal(Proposal { action, .. }) => action.into(),
            Entry::Query { query, .. } => query.into(),
            Entry::Signal { signal, .. } => signal.into(),
        });
        requests.collect()
    }

    /// As [`Bench::asked`], where only changes are expected.
    fn proposed(&mut self) -> Vec<Action> {
        let actions = self.asked().into_iter().map(|request| match request {
            Request::Action(action) => action,
            Request::Query(_) | Request::Signal(_) => panic!("{request:?}"),
        });
        actions.collect()
    }
}

impl Person {
    fn heard(&self) -> String {
        String::from_utf8(self.socket.take_received()).unwrap()
    }
}

/// Somebody who is not on this shard.
const ELSEWHERE: SessionId = SessionId(7);

#[test]
fn a_member_hears_the_others_and_not_what_it_typed_itself() {
    let mut bench = Bench::new(|_| {});
    let (ann, bob) = (bench.line(), bench.line());
    let (first, second) = (bench.event(ann.session, "tea?"), bench.event(bob.session, "yes"));
    bench.told(vec![Effect::Event(first), Effect::Event(second)]);
    assert_eq!(ann.heard(), "<ann> yes\n");
    assert_eq!(bob.heard(), "<ann> tea?\n");
}

#[test]
fn a_broken_socket_is_noticed_by_a_write_and_the_connection_goes_when_the_hub_has_said_so() {
    let mut bench = Bench::new(|_| {});
    let (ann, bob) = (bench.line(), bench.line());
    ann.socket.break_off();
    let said = bench.event(ELSEWHERE, "tea?");
    bench.told(vec![Effect::Event(said)]);
    assert_eq!(bob.heard(), "<ann> tea?\n");
    assert_eq!(bench.proposed(), [Action::Exit { cause: ExitCause::Lost }]);
    let said = bench.event(ELSEWHERE, "still?");
    bench.told(vec![Effect::Event(said)]);
    assert!(bench.proposed().is_empty(), "asked for once");
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Ready { read: Reading::No, write: false });
    let (session, name) = (ann.session, "lobby".parse().unwrap());
    let request = RequestId::default();
    bench.told(vec![
        Effect::Left { session, request, room: ROOM, name },
        Effect::Ended { session, cause: ExitCause::Lost, is_suspended: false },
    ]);
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Closed);
    assert!(bench.step(|shard| shard.remove(ann.key)).is_some());
    assert!(bench.step(|shard| shard.remove(ann.key)).is_none());
    assert_eq!(bob.heard(), "<ann> still?\n");
}

#[test]
fn a_member_that_does_not_read_is_behind_and_is_given_the_rest_from_history_when_it_does() {
    let mut bench = Bench::new(|settings| settings.limits.queues.queue_soft_bytes = 20);
    let ann = bench.line();
    ann.socket.set_room(4);
    for text in ["one", "two", "three", "four"] {
        let said = bench.event(ELSEWHERE, text);
        bench.told(vec![Effect::Event(said)]);
    }
    assert!(bench.jobs.is_empty(), "nothing is read for who has something queued");
    assert_eq!(bench.shard.figures().behind, 1);
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    let queued = "<ann> one\n<ann> two\n<ann> three\n";
    assert_eq!(ann.heard(), queued);
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let Wanted::Refill { room: ROOM, after: Position(3), upto: Position(4) } = wanted else {
        panic!("{wanted:?}")
    };
    // Meanwhile the room goes on.
    let fifth = bench.event(ELSEWHERE, "five");
    bench.told(vec![Effect::Event(fifth)]);
    bench.head = 3;
    let fourth = bench.event(ELSEWHERE, "four");
    let found = Ok(Excerpt { events: vec![fourth], ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    assert_eq!(ann.heard(), "<ann> four\n");
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let Wanted::Refill { after: Position(4), upto: Position(5), .. } = wanted else {
        panic!("{wanted:?}")
    };
    let found = Ok(Excerpt { events: vec![bench.event(ELSEWHERE, "five")], ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    assert_eq!(ann.heard(), "<ann> five\n");
    assert!(bench.jobs.is_empty());
    let sixth = bench.event(ELSEWHERE, "six");
    bench.told(vec![Effect::Event(sixth)]);
    assert_eq!(ann.heard(), "<ann> six\n", "live again");
}

#[test]
fn who_reads_no_answers_is_let_go_at_the_hard_bound_and_hears_nothing_more() {
    let mut bench = Bench::new(|settings| settings.limits.queues.queue_hard_bytes = 100);
    let ann = bench.line();
    ann.socket.set_room(0);
    for _ in 0..4 {
        let session = ann.session;
        let answer = Answer::Delivered { to: Nick::parse("someone-with-a-long-name").unwrap() };
        let request = RequestId::default();
        bench.told(vec![Effect::Answer { session, request, answer }]);
    }
    assert_eq!(bench.proposed(), [Action::Exit { cause: ExitCause::Unread }]);
    assert_eq!(bench.shard.figures().queued_bytes, 0, "nothing is held for it");
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    assert_eq!(ann.heard(), "");
}

#[test]
fn what_is_nothing_in_a_protocol_keeps_nobody_from_being_written_to() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.line();
    ann.socket.set_room(3);
    let said = bench.event(ELSEWHERE, "one");
    bench.told(vec![Effect::Event(said)]);
    let presence = Presence::Typing { nick: Nick::parse("bob").unwrap() };
    let rooms = vec![InRoom { room: ROOM, is_announced: true }];
    bench.told(vec![Effect::Presence { presence, about: None, rooms }]);
    let said = bench.event(ELSEWHERE, "two");
    bench.told(vec![Effect::Event(said)]);
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    assert_eq!(ann.heard(), "<ann> one\n<ann> two\n");
}

#[test]
fn what_comes_too_fast_is_held_and_passes_in_its_time() {
    let mut bench = Bench::new(|settings| {
        (settings.limits.flood.flood_burst, settings.limits.flood.flood_per_second) = (1, 1);
        settings.limits.flood.flood_held_max = 1;
    });
    let ann = bench.line();
    bench.says(&ann, "one\ntwo\nthree\n");
    assert_eq!(bench.proposed().len(), 1);
    assert!(ann.heard().contains("too fast"), "the third is given back");
    bench.pass(999);
    assert!(bench.proposed().is_empty());
    bench.pass(1);
    assert!(matches!(bench.proposed()[..], [Action::Say { .. }]));
    bench.says(&ann, "four\n");
    bench.step(Shard::close);
    assert!(matches!(bench.proposed()[..], [Action::Say { .. }]), "what was taken is not dropped");
}

#[test]
fn what_is_asked_behind_something_that_is_held_is_answered_behind_it() {
    let mut bench = Bench::new(|settings| {
        let flood = &mut settings.limits.flood;
        (flood.flood_burst, flood.flood_per_second, flood.flood_held_max) = (1, 1, 2);
    });
    let ann = bench.line();
    bench.says(&ann, "one\ntwo\n/who\n");
    assert_eq!(bench.asked().len(), 1);
    bench.pass(1000);
    assert!(matches!(bench.asked()[..], [Request::Action(Action::Say { .. })]));
    bench.pass(1000);
    assert!(matches!(bench.asked()[..], [Request::Query(Query::Who { .. })]));
}

#[test]
fn who_is_silent_for_longer_than_one_may_is_asked_to_go_once() {
    let mut bench = Bench::new(|settings| settings.limits.connections.idle_s = 10);
    let ann = bench.line();
    bench.pass(1000);
    bench.says(&ann, "\n");
    for _ in 0..9 {
        bench.pass(1000);
    }
    assert!(bench.proposed().is_empty(), "it has said something");
    for _ in 0..5 {
        bench.pass(1000);
    }
    assert_eq!(bench.proposed(), [Action::Exit { cause: ExitCause::Idle }]);
}

#[test]
fn a_connection_that_comes_and_goes_without_a_word_is_nobody() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.stranger();
    ann.socket.close();
    bench.step(|shard| shard.handle_readable(ann.key));
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Closed);
    assert!(bench.proposed().is_empty());
    drop(bench.step(|shard| shard.remove(ann.key)));
    assert_eq!(Arc::strong_count(&bench.gate), 1, "its permit is given back");
    bench.pass(10_000);
    assert!(bench.proposed().is_empty());
}

#[test]
fn whoever_is_unseen_is_seen_before_what_they_ask_is_answered() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.stranger();
    bench.pass(300);
    assert!(matches!(bench.proposed()[..], [Action::EnterUnseen { .. }]));
    bench.says(&ann, "/rooms\n");
    bench.pass(2000);
    assert_eq!(bench.asked(), [Action::Appear.into(), Query::Rooms { page: 1 }.into()]);
    bench.says(&ann, "/rooms\n");
    assert_eq!(bench.asked(), [Query::Rooms { page: 1 }.into()], "it is seen");
}

#[test]
fn whoever_is_unseen_and_says_something_is_seen_by_that() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.stranger();
    bench.pass(300);
    bench.proposed();
    bench.says(&ann, "tea?\n/who\n");
    bench.pass(2000);
    let asked = bench.asked();
    let [Request::Action(Action::Say { .. }), Request::Query(Query::Who { .. })] = &asked[..]
    else {
        panic!("in the order in which they were typed: {asked:?}")
    };
}
