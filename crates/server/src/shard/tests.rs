//! Tests of a shard without a thread. Peers use virtual sockets; the test makes the hub's decisions and sets the time.

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

/// One shard, and what a test does with it.
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

/// A chat as a starting server configures it.
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
        let setup = ShardSetup {
            index: 0,
            boot: 1,
            server: Arc::new(server),
            settings: Arc::new(settings),
            browsers: Arc::new(Browsers::default()),
            zone: TimeZone::UTC,
        };
        Self { shard: Shard::new(setup), gate, now_ms: 0, jobs: Vec::new(), head: 0 }
    }

    fn step<R>(&mut self, act: impl FnOnce(&mut Shard<VirtualSocket>) -> R) -> R {
        let time = Time(1_795_559_400_000);
        self.shard.begin_step(Now { steady: SteadyTime(self.now_ms), time });
        let result = act(&mut self.shard);
        self.shard.finish_step();
        self.jobs.extend(self.shard.take_jobs());
        result
    }

    /// A person with `nc` in the room, who has received what a join sends.
    fn join_line(&mut self) -> Person {
        let person = self.connect();
        self.send(&person, "\n");
        self.advance(3000);
        self.join(&person);
        person
    }

    /// A person who has connected and sent nothing.
    fn connect(&mut self) -> Person {
        let socket = VirtualSocket::new(usize::MAX / 2);
        let permit = self.gate.admit([10, 0, 0, 1].into()).unwrap();
        let ours = socket.clone();
        let key = self.step(|shard| shard.accept(ours, permit));
        let session = self.shard.session(key).unwrap();
        Person { socket, key, session }
    }

    fn join(&mut self, person: &Person) {
        let at = Position(self.head);
        let (session, name) = (person.session, "lobby".parse().unwrap());
        let (request, first, members, topic) = (RequestId::default(), Position(1), 1, None);
        self.handle(vec![Effect::Joined {
            session,
            request,
            room: ROOM,
            name,
            first,
            at,
            members,
            topic,
        }]);
        self.take_actions();
        person.socket.take_received();
    }

    fn send(&mut self, person: &Person, line: &str) {
        person.socket.send(line.as_bytes());
        self.step(|shard| shard.handle_readable(person.key));
    }

    fn advance(&mut self, ms: u64) {
        self.now_ms += ms;
        self.step(Shard::handle_time);
    }

    /// The shard handles effects that the hub decided.
    fn handle(&mut self, effects: Vec<Effect>) {
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

    /// The requests in the chunk for the log since the last call.
    fn take_requests(&mut self) -> Vec<Request> {
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

    /// As [`Bench::take_requests`], if only actions are expected.
    fn take_actions(&mut self) -> Vec<Action> {
        let actions = self.take_requests().into_iter().map(|request| match request {
            Request::Action(action) => action,
            Request::Query(_) | Request::Signal(_) => panic!("{request:?}"),
        });
        actions.collect()
    }
}

impl Person {
    fn received(&self) -> String {
        String::from_utf8(self.socket.take_received()).unwrap()
    }
}

/// A session on another shard.
const ELSEWHERE: SessionId = SessionId(7);

#[test]
fn a_member_receives_the_messages_of_others_and_not_its_own() {
    let mut bench = Bench::new(|_| {});
    let (ann, bob) = (bench.join_line(), bench.join_line());
    let (first, second) = (bench.event(ann.session, "tea?"), bench.event(bob.session, "yes"));
    bench.handle(vec![Effect::Event(first), Effect::Event(second)]);
    assert_eq!(ann.received(), "<ann> yes\n");
    assert_eq!(bob.received(), "<ann> tea?\n");
}

#[test]
fn a_write_notices_a_broken_socket_and_the_connection_closes_when_the_hub_has_ended_its_session() {
    let mut bench = Bench::new(|_| {});
    let (ann, bob) = (bench.join_line(), bench.join_line());
    ann.socket.break_off();
    let event = bench.event(ELSEWHERE, "tea?");
    bench.handle(vec![Effect::Event(event)]);
    assert_eq!(bob.received(), "<ann> tea?\n");
    assert_eq!(bench.take_actions(), [Action::Exit { cause: ExitCause::Lost }]);
    let event = bench.event(ELSEWHERE, "still?");
    bench.handle(vec![Effect::Event(event)]);
    assert!(bench.take_actions().is_empty(), "the exit is proposed once");
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Ready { read: Reading::No, write: false });
    let (session, name) = (ann.session, "lobby".parse().unwrap());
    let request = RequestId::default();
    bench.handle(vec![
        Effect::Left { session, request, room: ROOM, name },
        Effect::Ended { session, cause: ExitCause::Lost, is_suspended: false },
    ]);
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Closed);
    assert!(bench.step(|shard| shard.remove(ann.key)).is_some());
    assert!(bench.step(|shard| shard.remove(ann.key)).is_none());
    assert_eq!(bob.received(), "<ann> still?\n");
}

#[test]
fn a_member_that_does_not_read_is_behind_and_is_refilled_from_history_when_it_reads() {
    let mut bench = Bench::new(|settings| settings.limits.queues.queue_soft_bytes = 20);
    let ann = bench.join_line();
    ann.socket.set_room(4);
    for text in ["one", "two", "three", "four"] {
        let event = bench.event(ELSEWHERE, text);
        bench.handle(vec![Effect::Event(event)]);
    }
    assert!(bench.jobs.is_empty(), "no page is read while bytes are queued");
    assert_eq!(bench.shard.figures().behind, 1);
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    let queued = "<ann> one\n<ann> two\n<ann> three\n";
    assert_eq!(ann.received(), queued);
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let Wanted::Refill { room: ROOM, after: Position(3), upto: Position(4) } = wanted else {
        panic!("{wanted:?}")
    };
    // Meanwhile the room has another event.
    let fifth = bench.event(ELSEWHERE, "five");
    bench.handle(vec![Effect::Event(fifth)]);
    bench.head = 3;
    let fourth = bench.event(ELSEWHERE, "four");
    let found = Ok(Excerpt { events: vec![fourth], ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    assert_eq!(ann.received(), "<ann> four\n");
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let Wanted::Refill { after: Position(4), upto: Position(5), .. } = wanted else {
        panic!("{wanted:?}")
    };
    let found = Ok(Excerpt { events: vec![bench.event(ELSEWHERE, "five")], ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    assert_eq!(ann.received(), "<ann> five\n");
    assert!(bench.jobs.is_empty());
    let sixth = bench.event(ELSEWHERE, "six");
    bench.handle(vec![Effect::Event(sixth)]);
    assert_eq!(ann.received(), "<ann> six\n", "live again");
}

#[test]
fn a_peer_that_reads_no_answers_is_disconnected_at_the_hard_bound_and_receives_nothing_more() {
    let mut bench = Bench::new(|settings| settings.limits.queues.queue_hard_bytes = 100);
    let ann = bench.join_line();
    ann.socket.set_room(0);
    for _ in 0..4 {
        let session = ann.session;
        let answer = Answer::Delivered { to: Nick::parse("someone-with-a-long-name").unwrap() };
        let request = RequestId::default();
        bench.handle(vec![Effect::Answer { session, request, answer }]);
    }
    assert_eq!(bench.take_actions(), [Action::Exit { cause: ExitCause::Unread }]);
    assert_eq!(bench.shard.figures().queued_bytes, 0, "nothing is held for it");
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    assert_eq!(ann.received(), "");
}

#[test]
fn a_fact_that_a_protocol_renders_as_nothing_does_not_stop_later_writes() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.join_line();
    ann.socket.set_room(3);
    let event = bench.event(ELSEWHERE, "one");
    bench.handle(vec![Effect::Event(event)]);
    let presence = Presence::Typing { nick: Nick::parse("bob").unwrap() };
    let rooms = vec![InRoom { room: ROOM, is_announced: true }];
    bench.handle(vec![Effect::Presence { presence, about: None, rooms }]);
    let event = bench.event(ELSEWHERE, "two");
    bench.handle(vec![Effect::Event(event)]);
    ann.socket.set_room(usize::MAX / 2);
    bench.step(|shard| shard.handle_writable(ann.key));
    assert_eq!(ann.received(), "<ann> one\n<ann> two\n");
}

#[test]
fn a_request_that_comes_too_fast_is_held_and_passes_in_its_time() {
    let mut bench = Bench::new(|settings| {
        (settings.limits.flood.flood_burst, settings.limits.flood.flood_per_second) = (1, 1);
        settings.limits.flood.flood_held_max = 1;
    });
    let ann = bench.join_line();
    bench.send(&ann, "one\ntwo\nthree\n");
    assert_eq!(bench.take_actions().len(), 1);
    assert!(ann.received().contains("too fast"), "the third is refused");
    bench.advance(999);
    assert!(bench.take_actions().is_empty());
    bench.advance(1);
    assert!(matches!(bench.take_actions()[..], [Action::Say { .. }]));
    bench.send(&ann, "four\n");
    bench.step(Shard::close);
    assert!(
        matches!(bench.take_actions()[..], [Action::Say { .. }]),
        "what was taken is not dropped"
    );
}

#[test]
fn a_query_behind_a_held_request_is_answered_after_it() {
    let mut bench = Bench::new(|settings| {
        let flood = &mut settings.limits.flood;
        (flood.flood_burst, flood.flood_per_second, flood.flood_held_max) = (1, 1, 2);
    });
    let ann = bench.join_line();
    bench.send(&ann, "one\ntwo\n/who\n");
    assert_eq!(bench.take_requests().len(), 1);
    bench.advance(1000);
    assert!(matches!(bench.take_requests()[..], [Request::Action(Action::Say { .. })]));
    bench.advance(1000);
    assert!(matches!(bench.take_requests()[..], [Request::Query(Query::Who { .. })]));
}

#[test]
fn the_exit_of_an_idle_session_is_proposed_once() {
    let mut bench = Bench::new(|settings| settings.limits.connections.idle_s = 10);
    let ann = bench.join_line();
    bench.advance(1000);
    bench.send(&ann, "\n");
    for _ in 0..9 {
        bench.advance(1000);
    }
    assert!(bench.take_actions().is_empty(), "it has sent something");
    for _ in 0..5 {
        bench.advance(1000);
    }
    assert_eq!(bench.take_actions(), [Action::Exit { cause: ExitCause::Idle }]);
}

#[test]
fn a_connection_that_closes_without_a_byte_begins_no_session() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.connect();
    ann.socket.close();
    bench.step(|shard| shard.handle_readable(ann.key));
    let interest = bench.shard.interest(ann.key, std::task::Waker::noop());
    assert_eq!(interest, Interest::Closed);
    assert!(bench.take_actions().is_empty());
    drop(bench.step(|shard| shard.remove(ann.key)));
    assert_eq!(Arc::strong_count(&bench.gate), 1, "its permit is given back");
    bench.advance(10_000);
    assert!(bench.take_actions().is_empty());
}

#[test]
fn an_unseen_session_appears_before_its_request_is_answered() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.connect();
    bench.advance(300);
    assert!(matches!(bench.take_actions()[..], [Action::EnterUnseen { .. }]));
    bench.send(&ann, "/rooms\n");
    bench.advance(2000);
    assert_eq!(bench.take_requests(), [Action::Appear.into(), Query::Rooms { page: 1 }.into()]);
    bench.send(&ann, "/rooms\n");
    assert_eq!(bench.take_requests(), [Query::Rooms { page: 1 }.into()], "it is already visible");
}

#[test]
fn an_unseen_session_that_sends_a_message_appears_by_that_message() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.connect();
    bench.advance(300);
    bench.take_actions();
    bench.send(&ann, "tea?\n/who\n");
    bench.advance(2000);
    let requests = bench.take_requests();
    let [Request::Action(Action::Say { .. }), Request::Query(Query::Who { .. })] = &requests[..]
    else {
        panic!("in the order in which they were typed: {requests:?}")
    };
}
