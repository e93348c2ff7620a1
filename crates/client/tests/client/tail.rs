//! Following a room from a script.

use std::io::Write;
use std::thread;

use teahouse_client::tail::{Since, Tail, tail};
use teahouse_core::RoomName;
use teahouse_wire::api::Event;

use crate::house::{House, Stir};
use crate::plain::Screen;

fn asked(house: &House, since: Option<Since>) -> Tail {
    let room = RoomName::parse("tea").unwrap();
    Tail { server: house.server(), nick: None, room, since, json: false }
}

/// Closed after so many lines, as by `head`.
struct Head {
    screen: Screen,
    lines: usize,
}

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.lines == 0 {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        self.lines -= 1;
        self.screen.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The first lines that are printed.
fn head(asked: Tail, lines: usize) -> String {
    let screen = Screen::default();
    let output = Head { screen: screen.clone(), lines };
    tail(asked, output, Vec::new()).unwrap();
    screen.text()
}

fn with_history(count: u64) -> House {
    let house = House::open();
    for number in 1..=count {
        house.inside().remember("tea", &number.to_string(), number * 1000);
    }
    house
}

fn lines(numbers: impl IntoIterator<Item = u64>) -> String {
    numbers.into_iter().map(|number| format!("<bob> {number}\n")).collect()
}

#[test]
fn it_begins_where_it_is_told_and_ends_quietly_when_nobody_reads() {
    let house = with_history(1000);
    let since = |since| asked(&house, Some(since));
    assert_eq!(head(since(Since::Position(990)), 9), lines(991..=999));
    assert_eq!(head(since(Since::Position(0)), 500), lines(1..=500));
    assert_eq!(head(since(Since::Last(450)), 449), lines(551..=999));
    assert_eq!(head(since(Since::Last(5000)), 10), lines(1..=10));
    assert_eq!(head(since(Since::Time { ms: 70_500 }), 5), lines(71..=75));
    assert_eq!(head(since(Since::Time { ms: 0 }), 5), lines(1..=5));
    assert_eq!(head(asked(&house, None), 2), lines(998..=999));
}

#[test]
fn history_and_what_is_said_meanwhile_meet_without_a_seam_also_over_a_break() {
    let house = with_history(900);
    let (screen, complaints) = (Screen::default(), Screen::default());
    let (output, told) = (screen.clone(), complaints.clone());
    let asked = asked(&house, Some(Since::Position(0)));
    // Runs until the test ends: nothing ends a tail but its reader.
    thread::spawn(move || tail(asked, output, told));
    for number in 901..=1000 {
        house.say("tea", &number.to_string());
    }
    screen.until(&house, "<bob> 1000\n");
    house.cut();
    house.say("tea", "1001");
    screen.until(&house, "<bob> 1001\n");
    assert_eq!(screen.text(), lines(1..=1001));
    let told = complaints.text();
    assert!(told.starts_with("connection lost (") && told.ends_with("connected again\n"), "{told}");
}

#[test]
fn what_is_said_while_a_page_is_read_is_printed_once_and_in_its_place() {
    let house = with_history(3);
    house.inside().stirs.extend([Stir::Before, Stir::After]);
    let screen = Screen::default();
    let output = screen.clone();
    let asked = asked(&house, Some(Since::Position(0)));
    thread::spawn(move || tail(asked, output, Vec::new()));
    screen.until(&house, "stirred\n<bob> stirred\n");
    house.say("tea", "last");
    screen.until(&house, "<bob> last\n");
    let stirred = "<bob> stirred\n".repeat(2);
    assert_eq!(screen.text(), format!("{}{stirred}<bob> last\n", lines(1..=3)));
}

#[test]
fn json_is_the_event_as_the_api_has_it() {
    let house = with_history(2);
    let json = head(Tail { json: true, ..asked(&house, Some(Since::Position(0))) }, 1);
    let event: Event = serde_json::from_str(json.trim_end()).unwrap();
    assert_eq!((event.position, event.time_ms), (1, 1000));
    assert!(json.ends_with('\n') && json.matches('\n').count() == 1);
}
