//! Where the events of a room begin for a member when some events are gone, and what the member is sent about that.

use teahouse_core::RoomName;
use teahouse_wire::protocol::{Begin, Entered, Fact, Format, Output, RoomEncoder, Surroundings};
use teahouse_wire::{Clock, Input, ProtocolSession, Work};

use super::*;

const FORMAT: Format = Format::new("positions", |_, _| Box::new(Positions));

/// Encodes an event as its position.
#[derive(Debug)]
struct Positions;

impl RoomEncoder for Positions {
    fn encode(&mut self, fact: Fact<'_>, _: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        if let Fact::Event(event) = fact {
            out.extend_from_slice(format!("{} ", event.position).as_bytes());
        }
    }
}

/// A session whose rooms begin where the test says.
#[derive(Debug)]
struct Beginner(Begin);

impl ProtocolSession for Beginner {
    fn name(&self) -> &'static str {
        "beginner"
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

    fn handle_end(&mut self, _: &Clock, inputs: &mut Vec<Input>) {
        inputs.push(Input::Quit);
    }

    fn handle_joined(&mut self, _: &Entered<'_>, _: Epoch) -> Begin {
        self.0
    }

    fn format(&self, _: RoomId) -> Format {
        FORMAT
    }

    fn render(&mut self, output: &Output<'_>, _: &Surroundings<'_>, out: &mut Vec<u8>) {
        let line = match *output {
            Output::Entered(Entered { first, at, is_complete: true, .. }) => {
                format!("on to {at} of {first}: ")
            }
            Output::Entered(Entered { first, at, .. }) => format!("anew to {at} of {first}: "),
            Output::Gap(Entered { first, at, members, .. }, given) => {
                format!("{given} then {first} to {at} with {members}: ")
            }
            Output::Recent(..)
            | Output::Left(..)
            | Output::Answer(..)
            | Output::GivenBack(..)
            | Output::Page(..)
            | Output::HistoryRefused(..)
            | Output::Unreadable(_)
            | Output::Notice(_)
            | Output::Goodbye(_)
            | Output::Closing
            | Output::NoHello
            | Output::Ping => String::new(),
        };
        out.extend_from_slice(line.as_bytes());
    }
}

/// The time of an event in these tests.
fn time(position: u64) -> Time {
    Time(1000 * i64::try_from(position).unwrap())
}

/// A room whose last event is 9, and of which only these events are left.
struct Kept(std::ops::RangeInclusive<u64>);

impl Kept {
    fn read(&self, bench: &mut Bench, after: Position, upto: Position) -> Vec<Event> {
        let positions = (after.0 + 1..=upto.0).filter(|position| self.0.contains(position));
        let event = |position| {
            let event = bench.event(ELSEWHERE, "tea");
            Event { position: Position(position), time: time(position), ..event }
        };
        positions.map(event).collect()
    }

    /// Answers as the history threads and the hub do, until nothing is requested.
    fn answer(&self, bench: &mut Bench, person: &Person) {
        loop {
            if let Some(Job { asker, wanted, .. }) = bench.jobs.pop() {
                let events = match wanted {
                    Wanted::Refill { after, upto, .. } => self.read(bench, after, upto),
                    Wanted::Check { position, upto, .. } => {
                        let mut found = self.read(bench, Position(position.0 - 1), upto);
                        found.truncate(1);
                        found
                    }
                    Wanted::Recent { .. } | Wanted::Asked(..) => panic!("{wanted:?}"),
                };
                let found = Ok(Excerpt { events, ..Excerpt::default() });
                bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
            } else if !bench.take_requests().is_empty() {
                let (session, request) = (person.session, RequestId::default());
                let (members, topic) = (5, None);
                let answer = Answer::Room { room: ROOM, at: Position(9), members, topic };
                bench.handle(vec![Effect::Answer { session, request, answer }]);
            } else {
                return;
            }
        }
    }
}

fn beginner(bench: &mut Bench, begin: Begin) -> Person {
    let socket = VirtualSocket::new(usize::MAX / 2);
    let permit = bench.gate.admit([10, 0, 0, 1].into()).unwrap();
    let (ours, peer) = (socket.clone(), (permit.origin(), Some(permit)));
    let key = bench.step(|shard| shard.accept_as(Box::new(Beginner(begin)), ours, peer, b"x"));
    bench.take_actions();
    Person { session: bench.shard.session(key).unwrap(), socket, key }
}

fn join(bench: &mut Bench, person: &Person, first: u64) {
    let (session, request) = (person.session, RequestId::default());
    let (name, first, at) = ("lobby".parse().unwrap(), Position(first), Position(9));
    let joined =
        Effect::Joined { session, request, room: ROOM, name, first, at, members: 1, topic: None };
    bench.handle(vec![joined]);
}

/// What a member receives that begins so, in a room whose first event is `first` as the hub knows it.
fn receive(begin: Begin, first: u64, kept: std::ops::RangeInclusive<u64>) -> String {
    let mut bench = Bench::new(|settings| settings.history_shown = 4);
    let person = beginner(&mut bench, begin);
    join(&mut bench, &person, first);
    Kept(kept).answer(&mut bench, &person);
    let tenth = Event { position: Position(10), ..bench.event(ELSEWHERE, "tea") };
    bench.handle(vec![Effect::Event(tenth)]);
    person.received().trim_end().to_owned()
}

/// No event up to the last.
const NONE: std::ops::RangeInclusive<u64> = 99..=99;

#[test]
fn a_member_continues_after_its_event_or_learns_of_the_gap_and_receives_everything_left() {
    let after = |position| Begin::After(Position(position), None);
    assert_eq!(receive(after(7), 6, 6..=9), "on to 9 of 6: 8 9 10");
    assert_eq!(
        receive(after(5), 6, 6..=9),
        "on to 9 of 6: 6 7 8 9 10",
        "it has every event that is gone"
    );
    assert_eq!(receive(after(4), 6, 6..=9), "anew to 9 of 6: 6 7 8 9 10");
    assert_eq!(receive(after(0), 6, 6..=9), "anew to 9 of 6: 6 7 8 9 10");
    assert_eq!(receive(after(9), 10, NONE), "on to 9 of 10: 10");
    assert_eq!(receive(after(8), 10, NONE), "anew to 9 of 10: 10");
    assert_eq!(receive(Begin::Recent, 1, 1..=9), "anew to 9 of 1: 6 7 8 9 10");
    assert_eq!(receive(Begin::Recent, 8, 8..=9), "anew to 9 of 8: 8 9 10");
    assert_eq!(receive(Begin::Recent, 10, NONE), "anew to 9 of 10: 10");
    assert_eq!(receive(Begin::Now, 10, NONE), "anew to 9 of 10: 10");
}

#[test]
fn the_time_of_an_event_is_checked_against_history_whatever_the_hub_knows() {
    let after = |position| Begin::After(Position(position), Some(time(position)));
    for first in [1, 6] {
        assert_eq!(receive(after(7), first, 6..=9), format!("on to 9 of {first}: 8 9 10"));
        assert_eq!(receive(after(5), first, 6..=9), "on to 9 of 6: 6 7 8 9 10");
        assert_eq!(receive(after(4), first, 6..=9), "anew to 9 of 6: 6 7 8 9 10");
    }
    assert_eq!(receive(after(4), 1, NONE), "anew to 9 of 10: 10");
    assert_eq!(receive(after(9), 1, NONE), "on to 9 of 10: 10");
    let other = |position| Begin::After(Position(position), Some(time(99)));
    assert_eq!(receive(other(7), 1, 1..=9), "anew to 9 of 1: 6 7 8 9 10", "another event is there");
    assert_eq!(receive(other(5), 6, 6..=9), "anew to 9 of 6: 6 7 8 9 10", "the next one is older");
}

#[test]
fn a_member_behind_is_told_between_two_pages_when_another_program_removes_the_next_events() {
    let after = |position| Begin::After(Position(position), None);
    assert_eq!(receive(after(2), 1, 6..=9), "on to 9 of 1: 2 then 6 to 9 with 5: 6 7 8 9 10");
    assert_eq!(receive(after(2), 1, NONE), "on to 9 of 1: 2 then 10 to 9 with 5: 10");
    assert_eq!(receive(after(2), 1, 3..=6), "on to 9 of 1: 3 4 5 6 6 then 10 to 9 with 5: 10");
}

#[test]
fn a_member_that_leaves_while_the_hub_is_asked_for_its_room_receives_nothing_more_of_it() {
    let mut bench = Bench::new(|_| {});
    let person = beginner(&mut bench, Begin::After(Position(2), None));
    join(&mut bench, &person, 1);
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let events = Kept(6..=9).read(&mut bench, Position(2), Position(9));
    let found = Ok(Excerpt { events, ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    let room: RoomName = "lobby".parse().unwrap();
    assert_eq!(bench.take_requests(), [Query::Room { room: room.clone() }.into()]);
    assert!(bench.jobs.is_empty(), "nothing is read until it is answered");
    let (session, request) = (person.session, RequestId::default());
    bench.handle(vec![Effect::Left { session, request, room: ROOM, name: room }]);
    let answer = Answer::Room { room: ROOM, at: Position(9), members: 5, topic: None };
    bench.handle(vec![Effect::Answer { session, request, answer }]);
    assert_eq!(person.received(), "on to 9 of 1: ");
    assert!(bench.jobs.is_empty());
}
