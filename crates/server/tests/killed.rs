//! A writer that is killed: what the history has of the log and what it says of that agree.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use teahouse_core::{
    Effect, Event, EventKind, LogPosition, Nick, Position, RoomId, RoomName, SessionId, Text, Time,
};
use teahouse_server::store::{Durability, Opened, Store};

const LOBBY: RoomId = RoomId(1);
/// Names the directory of a history to the process that writes until it is killed.
const WRITES_IN: &str = "TEAHOUSE_TEST_WRITES_IN";
const ROUNDS: usize = 40;

fn open(directory: &Path) -> Opened {
    Store::open(directory, Durability::Sync, 0).unwrap()
}

/// The batch at this position in the log: one message, whose position in the room is the same.
fn batch(position: u64) -> Vec<Effect> {
    let said = Effect::Event(Event {
        room: LOBBY,
        position: Position(position),
        time: Time(0),
        session: SessionId(1),
        nick: Nick::parse("ann").unwrap(),
        kind: EventKind::Said,
        text: Some(Text::parse("tea").unwrap()),
        id: None,
        author: None,
    });
    let name = RoomName::parse("lobby").unwrap();
    let founded = Effect::Founded { room: LOBBY, name, time: Time(0) };
    if position == 1 { vec![founded, said] } else { vec![said] }
}

/// Where the log is in this history, by what is recorded and by what is there.
fn place(opened: &Opened) -> (u64, u64) {
    let head = opened.loaded.rooms.first().map_or(0, |room| room.head.0);
    (opened.loaded.position.0, head)
}

/// Not a test but the process that [`a_killed_writer_has_recorded_what_it_has_kept`] starts and kills.
#[test]
fn writes_until_it_is_killed() {
    let Some(directory) = std::env::var_os(WRITES_IN) else { return };
    let mut opened = open(Path::new(&directory));
    let mut out = std::io::stdout();
    for position in opened.loaded.position.0 + 1.. {
        opened.store.commit(LogPosition(position), &batch(position)).unwrap();
        writeln!(out, "kept {position}").unwrap();
    }
}

#[test]
fn a_killed_writer_has_recorded_what_it_has_kept() {
    let directory = tempfile::tempdir().unwrap();
    for round in 1..=ROUNDS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_it_is_killed", "--nocapture"])
            .env(WRITES_IN, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut told = lines.map(|line| line.unwrap()).filter_map(|line| {
            let (_, position) = line.split_once("kept ")?;
            position.parse::<u64>().ok()
        });
        let begun = told.next().unwrap();
        // After more or fewer, so that it is killed in the middle of something else each time.
        told.nth(round % 7).unwrap();
        writer.kill().unwrap();
        let last = told.last().unwrap_or(begun);
        writer.wait().unwrap();
        let (recorded, kept) = place(&open(directory.path()));
        assert_eq!(recorded, kept, "round {round}");
        assert!(recorded >= last, "{last} was kept, and {recorded} is recorded");
    }
}
