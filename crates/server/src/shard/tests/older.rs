//! A member leaves and joins a room again while a page of its history is being read. The page is for the old
//! membership, and the new one has its own beginning.

use std::collections::VecDeque;

use teahouse_core::RoomName;
use teahouse_wire::protocol::{Begin, Entered, Fact, Format, Output, RoomEncoder, Surroundings};
use teahouse_wire::{Clock, Input, ProtocolSession, Work};

use super::*;

const FORMAT: Format = Format::new("positions", |_, _| Box::new(Positions));

#[derive(Debug)]
struct Positions;

impl RoomEncoder for Positions {
    fn encode(&mut self, fact: Fact<'_>, _: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        if let Fact::Event(event) = fact {
            out.extend_from_slice(format!("{} ", event.position.0).as_bytes());
        }
    }
}

/// A session whose memberships begin where the test says, in order.
#[derive(Debug)]
struct Chooser(VecDeque<Begin>);

impl ProtocolSession for Chooser {
    fn name(&self) -> &'static str {
        "chooser"
    }

    fn handle_bytes(
        &mut self,
        bytes: &[u8],
        _: &Clock,
        _: &mut Work,
        inputs: &mut Vec<Input>,
    ) -> usize {
        inputs.push(Input::ask(Action::Enter { nick: None, room: None, resume_key: None }));
        bytes.len()
    }

    fn handle_end(&mut self, _: &Clock, _: &mut Vec<Input>) {}

    fn handle_joined(&mut self, _: &Entered<'_>, _: Epoch) -> Begin {
        self.0.pop_front().expect("the test says where each begins")
    }

    fn format(&self, _: RoomId) -> Format {
        FORMAT
    }

    fn render(&mut self, output: &Output<'_>, _: &Surroundings<'_>, out: &mut Vec<u8>) {
        if let Output::Entered(entered) = output {
            out.extend_from_slice(if entered.is_complete { b"goes-on " } else { b"in " });
        } else if let Output::Recent(_, events) = output {
            let positions = events.events.iter().map(|event| format!("-{}", event.position.0));
            out.extend_from_slice(format!("last{} ", positions.collect::<String>()).as_bytes());
        }
    }
}

/// Joins a room with five events, leaves it while a page is being read, and joins it again when it has six. Returns
/// what it receives until it has left, when that page has come, and when all others have.
fn receive(begins: [Begin; 2]) -> [String; 3] {
    let mut bench = Bench::new(|settings| settings.history_shown = 2);
    let events: Vec<Event> = (1..=6).map(|_| bench.event(ELSEWHERE, "tea")).collect();
    let socket = VirtualSocket::new(usize::MAX / 2);
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let chooser = Box::new(Chooser(begins.into()));
    let key = bench.step(|shard| shard.accept_as(chooser, ours, peer, b"x"));
    bench.take_actions();
    let person = Person { session: bench.shard.session(key).unwrap(), socket, key };
    enter(&mut bench, &person, 5);
    let older = bench.jobs.pop().unwrap();
    let (session, name) = (person.session, "lobby".parse().unwrap());
    let request = RequestId::default();
    bench.handle(vec![Effect::Left { session, request, room: ROOM, name }]);
    let until_left = person.received();
    enter(&mut bench, &person, 6);
    assert!(bench.jobs.is_empty(), "one page at a time is read for a connection");
    read(&mut bench, older, &events);
    let at_first = person.received();
    while let Some(job) = bench.jobs.pop() {
        read(&mut bench, job, &events);
    }
    [until_left, at_first, person.received()]
}

fn enter(bench: &mut Bench, person: &Person, at: u64) {
    let (session, at, name) = (person.session, Position(at), "lobby".parse().unwrap());
    let (request, members, topic) = (RequestId::default(), 1, None);
    bench.handle(vec![Effect::Joined {
        session,
        request,
        room: ROOM,
        name,
        first: Position(1),
        at,
        members,
        topic,
    }]);
}

fn read(bench: &mut Bench, Job { asker, wanted, .. }: Job, events: &[Event]) {
    let (after, upto) = match wanted {
        Wanted::Recent { upto, count, .. } => (upto.0 - u64::from(count), upto.0),
        Wanted::Refill { after, upto, .. } => (after.0, upto.0),
        Wanted::Check { position, .. } => (position.0 - 1, position.0),
        Wanted::Asked(..) => panic!("nothing was asked"),
    };
    let is_wanted = |event: &&Event| event.position.0 > after && event.position.0 <= upto;
    let events = events.iter().filter(is_wanted).cloned().collect();
    let found = Ok(Excerpt { events, ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
}

#[test]
fn a_page_for_an_older_membership_is_not_given_to_the_newer_one() {
    let (older, newer) = (Begin::After(Position(1), None), Begin::After(Position(3), None));
    assert_eq!(receive([older, newer]), ["goes-on ", "goes-on ", "4 5 6 "]);
}

#[test]
fn the_check_of_an_older_membership_does_not_answer_the_check_of_the_newer_one() {
    let time = Some(Time(1_795_559_400_000));
    let (older, newer) = (Begin::After(Position(2), time), Begin::After(Position(4), time));
    // The answer to the first join is sent before the leave.
    assert_eq!(receive([older, newer]), ["in ", "", "goes-on 5 6 "]);
    let wrong = Begin::After(Position(2), Some(Time(0)));
    assert_eq!(receive([older, wrong]), ["in ", "in ", "5 6 "]);
}

#[test]
fn a_member_that_waits_for_a_check_is_given_no_earlier_page() {
    let time = Some(Time(1_795_559_400_000));
    let (older, newer) = (Begin::After(Position(3), None), Begin::After(Position(3), time));
    assert_eq!(receive([older, newer]), ["goes-on ", "", "goes-on 4 5 6 "]);
}

#[test]
fn the_last_events_are_shown_together_once_however_often_the_room_is_joined_meanwhile() {
    let (older, together) = (Begin::After(Position(1), None), Begin::RecentTogether);
    assert_eq!(receive([older, together]), ["goes-on ", "in ", "last-5-6 "]);
    assert_eq!(receive([together, together]), ["in ", "in ", "last-5-6 "]);
}
