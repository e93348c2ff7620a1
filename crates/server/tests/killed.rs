//! A killed writer: the recorded position in the log agrees with the stored events, and no boot is given out twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use teahouse_core::{
    Action, Chat, Effect, Event, EventKind, History, LogPosition, Nick, NodeId, Position, Proposal,
    RoomId, RoomName, SessionId, Text, Time,
};
use teahouse_server::store::{Durability, Loaded, Opened, Store};

const LOBBY: RoomId = RoomId(1);
/// Of a history that begins: of no matter here.
const EPOCH: [u8; 16] = [1; 16];
/// Names the directory of a history to the process that writes until it is killed.
const WRITES_IN: &str = "TEAHOUSE_TEST_WRITES_IN";
const ROUNDS: usize = 40;

fn open(directory: &Path) -> Opened {
    Store::open(directory, Durability::Sync, 0, EPOCH).unwrap()
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
    let created = Effect::RoomCreated { room: LOBBY, name, time: Time(0) };
    if position == 1 { vec![created, said] } else { vec![said] }
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

/// Runs this process in a history until it has printed `count` + 2 numbers, and kills it. Returns all printed numbers.
fn killed_after(process: &str, directory: &Path, count: usize) -> Vec<u64> {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", process, "--nocapture"])
        .env(WRITES_IN, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut numbers = lines.map(|line| line.unwrap()).filter_map(|line| {
        let (_, number) = line.split_once("kept ")?;
        number.parse::<u64>().ok()
    });
    // Counts differ, so that the process is killed in the middle of another step each time.
    let mut told: Vec<u64> = numbers.by_ref().take(count + 2).collect();
    writer.kill().unwrap();
    told.extend(numbers);
    writer.wait().unwrap();
    told
}

/// Not a test but the process that [`no_boot_is_given_out_twice_wherever_a_start_is_killed`] starts and kills: a server
/// that starts again and again, and says which boot it uses as soon as it may.
#[test]
fn starts_until_it_is_killed() {
    let Some(directory) = std::env::var_os(WRITES_IN) else { return };
    let mut out = std::io::stdout();
    loop {
        let Opened { mut store, loaded, .. } =
            Store::open(Path::new(&directory), Durability::Async, 0, EPOCH).unwrap();
        let Loaded { last_boot, position, last_room, rooms, .. } = loaded;
        let mut chat = Chat::from_history(History { last_boot, last_room, rooms });
        let mut effects = Vec::new();
        let open = Action::Open { node: NodeId::ONLY };
        chat.apply(Proposal::of_server(open), &mut effects);
        let [Effect::Opened { boot: Some(boot), .. }] = effects[..] else { unreachable!() };
        store.commit(position.next(), &effects).unwrap();
        writeln!(out, "kept {boot}").unwrap();
    }
}

#[test]
fn no_boot_is_given_out_twice_wherever_a_start_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 1..=ROUNDS {
        for boot in killed_after("starts_until_it_is_killed", directory.path(), round % 7) {
            assert!(boot > last, "{boot} was given out when {last} was, in round {round}");
            last = boot;
        }
    }
}

#[test]
fn a_killed_writer_has_recorded_what_it_has_kept() {
    let directory = tempfile::tempdir().unwrap();
    for round in 1..=ROUNDS {
        let told = killed_after("writes_until_it_is_killed", directory.path(), round % 7);
        let last = *told.last().unwrap();
        let (recorded, kept) = place(&open(directory.path()));
        assert_eq!(recorded, kept, "round {round}");
        assert!(recorded >= last, "{last} was kept, and {recorded} is recorded");
    }
}
