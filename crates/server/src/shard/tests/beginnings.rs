//! Where the events of a room begin for a member when some of them are gone, and what it is told of that.

use teahouse_core::RoomName;
use teahouse_wire::protocol::{Begin, Entered, Fact, Format, Output, RoomEncoder, Surroundings};
use teahouse_wire::{Clock, Input, ProtocolSession, Work};

use super::*;

const FORMAT: Format = Format::new("positions", |_, _| Box::new(Positions));

/// An event is told as its position.
#[derive(Debug)]
struct Positions;

impl RoomEncoder for Positions {
    fn encode(&mut self, fact: Fact<'_>, _: &RoomName, _: &[u8], out: &mut Vec<u8>) {
        if let Fact::Event(event) = fact {
            out.extend_from_slice(format!("{} ", event.position).as_bytes());
        }
    }
}

/// Begins where it is told to.
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
        heard: &mut Vec<Input>,
    ) -> usize {
        heard.push(Input::ask(Action::Enter { nick: None, room: None, resume_key: None }));
        bytes.len()
    }

    fn handle_end(&mut self, _: &Clock, heard: &mut Vec<Input>) {
        heard.push(Input::Quit);
    }

    fn handle_joined(&mut self, _: &Entered<'_>, _: Epoch) -> Begin {
        self.0
    }

    fn format(&self, _: RoomId) -> Format {
        FORMAT
    }

    fn render(&mut self, told: &Output<'_>, _: &Surroundings<'_>, out: &mut Vec<u8>) {
        let line = match *told {
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

/// When an event of the tests happened.
fn time(position: u64) -> Time {
    Time(1000 * i64::try_from(position).unwrap())
}

/// A room whose last event is 9, and of which only these are kept.
struct Kept(std::ops::RangeInclusive<u64>);

impl Kept {
    fn read(&self, bench: &mut Bench, after: Position, upto: Position) -> Vec<Event> {
        let asked = (after.0 + 1..=upto.0).filter(|position| self.0.contains(position));
        let event = |position| {
            let event = bench.event(ELSEWHERE, "tea");
            Event { position: Position(position), time: time(position), ..event }
        };
        asked.map(event).collect()
    }

    /// What reading threads and the hub answer, until nothing is asked.
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
            } else if !bench.asked().is_empty() {
                let (session, request) = (person.session, RequestId::default());
                let (members, topic) = (5, None);
                let answer = Answer::Room { room: ROOM, at: Position(9), members, topic };
                bench.told(vec![Effect::Answer { session, request, answer }]);
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
    bench.proposed();
    Person { session: bench.shard.session(key).unwrap(), socket, key }
}

fn joins(bench: &mut Bench, person: &Person, first: u64) {
    let (session, request) = (person.session, RequestId::default());
    let (name, first, at) = ("lobby".parse().unwrap(), Position(first), Position(9));
    let joined =
        Effect::Joined { session, request, room: ROOM, name, first, at, members: 1, topic: None };
    bench.told(vec![joined]);
}

/// What a member is told that begins so, in a room that begins at `first` as the hub knows.
fn told(begin: Begin, first: u64, kept: std::ops::RangeInclusive<u64>) -> String {
    let mut bench = Bench::new(|settings| settings.history_shown = 4);
    let person = beginner(&mut bench, begin);
    joins(&mut bench, &person, first);
    Kept(kept).answer(&mut bench, &person);
    let tenth = Event { position: Position(10), ..bench.event(ELSEWHERE, "tea") };
    bench.told(vec![Effect::Event(tenth)]);
    person.heard().trim_end().to_owned()
}

/// None of the events up to the last.
const NONE: std::ops::RangeInclusive<u64> = 99..=99;

#[test]
fn who_has_an_event_goes_on_after_it_or_hears_what_is_missing_and_everything_that_is_left() {
    let after = |position| Begin::After(Position(position), None);
    assert_eq!(told(after(7), 6, 6..=9), "on to 9 of 6: 8 9 10");
    assert_eq!(told(after(5), 6, 6..=9), "on to 9 of 6: 6 7 8 9 10", "it has all that is gone");
    assert_eq!(told(after(4), 6, 6..=9), "anew to 9 of 6: 6 7 8 9 10");
    assert_eq!(told(after(0), 6, 6..=9), "anew to 9 of 6: 6 7 8 9 10");
    assert_eq!(told(after(9), 10, NONE), "on to 9 of 10: 10");
    assert_eq!(told(after(8), 10, NONE), "anew to 9 of 10: 10");
    assert_eq!(told(Begin::Recent, 1, 1..=9), "anew to 9 of 1: 6 7 8 9 10");
    assert_eq!(told(Begin::Recent, 8, 8..=9), "anew to 9 of 8: 8 9 10");
    assert_eq!(told(Begin::Recent, 10, NONE), "anew to 9 of 10: 10");
    assert_eq!(told(Begin::Now, 10, NONE), "anew to 9 of 10: 10");
}

#[test]
fn who_says_when_its_event_was_is_told_what_history_has_there_whatever_the_hub_knows() {
    let after = |position| Begin::After(Position(position), Some(time(position)));
    for first in [1, 6] {
        assert_eq!(told(after(7), first, 6..=9), format!("on to 9 of {first}: 8 9 10"));
        assert_eq!(told(after(5), first, 6..=9), "on to 9 of 6: 6 7 8 9 10");
        assert_eq!(told(after(4), first, 6..=9), "anew to 9 of 6: 6 7 8 9 10");
    }
    assert_eq!(told(after(4), 1, NONE), "anew to 9 of 10: 10");
    assert_eq!(told(after(9), 1, NONE), "on to 9 of 10: 10");
    let other = |position| Begin::After(Position(position), Some(time(99)));
    assert_eq!(told(other(7), 1, 1..=9), "anew to 9 of 1: 6 7 8 9 10", "another event is there");
    assert_eq!(told(other(5), 6, 6..=9), "anew to 9 of 6: 6 7 8 9 10", "the next one is older");
}

#[test]
fn who_is_behind_when_another_program_removes_what_comes_next_is_told_so_between_two_pages() {
    let after = |position| Begin::After(Position(position), None);
    assert_eq!(told(after(2), 1, 6..=9), "on to 9 of 1: 2 then 6 to 9 with 5: 6 7 8 9 10");
    assert_eq!(told(after(2), 1, NONE), "on to 9 of 1: 2 then 10 to 9 with 5: 10");
    assert_eq!(told(after(2), 1, 3..=6), "on to 9 of 1: 3 4 5 6 6 then 10 to 9 with 5: 10");
}

#[test]
fn a_member_that_goes_while_it_is_asked_how_its_room_stands_hears_no_more_of_it() {
    let mut bench = Bench::new(|_| {});
    let person = beginner(&mut bench, Begin::After(Position(2), None));
    joins(&mut bench, &person, 1);
    let Job { asker, wanted, .. } = bench.jobs.pop().unwrap();
    let events = Kept(6..=9).read(&mut bench, Position(2), Position(9));
    let found = Ok(Excerpt { events, ..Excerpt::default() });
    bench.step(|shard| shard.handle_page(Page { asker, wanted, found }));
    let room: RoomName = "lobby".parse().unwrap();
    assert_eq!(bench.asked(), [Query::Room { room: room.clone() }.into()]);
    assert!(bench.jobs.is_empty(), "nothing is read until it is answered");
    let (session, request) = (person.session, RequestId::default());
    bench.told(vec![Effect::Left { session, request, room: ROOM, name: room }]);
    let answer = Answer::Room { room: ROOM, at: Position(9), members: 5, topic: None };
    bench.told(vec![Effect::Answer { session, request, answer }]);
    assert_eq!(person.heard(), "on to 9 of 1: ");
    assert!(bench.jobs.is_empty());
}
