//! Operating a server: starting, settings and their errors, signals, limits.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::server::{PATIENCE, Running, TestServer, teahouse};

/// The bytes of every file below a directory.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap_or_default())
        })
        .collect()
}

/// Runs a server that is not expected to open; its output is short.
fn serve(arguments: &[&str]) -> Output {
    serve_with(&mut teahouse(), arguments)
}

fn serve_with(program: &mut Command, arguments: &[&str]) -> Output {
    program.arg("serve").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running::start(program);
    let status = child.wait(PATIENCE);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child.0.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    child.0.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Output { status, stdout, stderr }
}

/// Checks that it failed with these two lines and a non-zero code.
fn check_error(output: &Output, error: &str, hint: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains(error), "{stderr}");
    assert!(lines[1].starts_with("hint: ") && lines[1].contains(hint), "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn every_wrong_start_is_one_error_with_a_hint_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("new");
    let data = data.to_str().unwrap();
    let config = directory.path().join("teahouse.toml");
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();

    let with_config = |text: &str| {
        std::fs::write(&config, text).unwrap();
        serve(&["--data", data, "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()])
    };
    check_error(&with_config("shard = 1\n"), "unknown field `shard`", "did you mean `shards`?");
    check_error(&with_config("shards = -1\n"), "teahouse.toml:1", "--help");
    check_error(&with_config("[limits]\nidle = 5\n"), "teahouse.toml:2", "did you mean `idle_s`?");
    check_error(
        &serve(&["--data", data, "--durability", "always"]),
        "--durability=always",
        "--help",
    );
    check_error(&serve(&["--data", data, "--listen", "nowhere"]), "--listen=nowhere", "--help");
    check_error(
        &serve(&["--data", data, "--listen", &address]),
        "address already in use",
        "--listen",
    );
    check_error(
        &serve(&["--data", data, "--config", "/nonexistent.toml"]),
        "/nonexistent.toml",
        "--config",
    );
    let output = serve_with(teahouse().env("TEAHOUSE_SHRDS", "1"), &["--data", data]);
    check_error(&output, "TEAHOUSE_SHRDS", "did you mean TEAHOUSE_SHARDS?");
    assert!(!Path::new(data).exists(), "nothing has been made");

    // A file where the directory should be: nobody can write below it, not even root.
    let below_file = config.join("data");
    check_error(
        &serve(&["--data", below_file.to_str().unwrap(), "--listen", "127.0.0.1:0"]),
        "cannot keep data",
        "--data",
    );
}

#[test]
fn a_database_that_is_not_sound_is_refused_untouched() {
    let mut server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    for number in 0..200 {
        ann.say(&format!("{number} {}", "x".repeat(1000)));
    }
    bob.expect("199 x");
    server.signal("-TERM");
    assert!(server.wait(PATIENCE).success());
    let sound = std::fs::read(server.database()).unwrap();

    let check = |bytes: &[u8], error: &str| {
        std::fs::write(server.database(), bytes).unwrap();
        let before = contents(server.data());
        let data = server.data().to_str().unwrap();
        check_error(&serve(&["--data", data, "--listen", "127.0.0.1:0"]), error, "");
        assert!(contents(server.data()) == before, "{error}: something on disk has changed");
    };
    let changed = |at: usize, bytes: &[u8]| {
        let mut file = sound.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    check(&changed(0, b"not SQLite at all"), "is damaged");
    check(&changed(68, b"else"), "another program");
    check(&changed(60, &99_u32.to_be_bytes()), "later version");
    check(&sound[..sound.len() / 2], "is damaged: its end is missing");
    check(&changed(4096 * 8, &[0xA5; 4096]), "is damaged");
    std::fs::write(server.database(), &sound).unwrap();
    let server = server.restart();
    Peer::connect(server.port).expect("> 199 x");
}

#[test]
fn two_servers_never_write_one_history() {
    let server = TestServer::open();
    let output = serve(&["--listen", "127.0.0.1:0", "--data", server.data().to_str().unwrap()]);
    check_error(&output, "in use by another server", "--data");
}

#[test]
fn a_server_waits_while_another_program_writes_and_goes_on() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    ann.say("before");
    bob.expect("<ann> before");
    let other = rusqlite::Connection::open(server.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ann.say("meanwhile");
    ann.expect("messages cannot be stored at the moment");
    other.execute_batch("COMMIT").unwrap();
    bob.expect("<ann> meanwhile");
    ann.expect("messages are being stored again");
}

#[test]
fn a_server_that_cannot_store_any_more_tells_members_and_ends() {
    let mut server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    ann.say("before");
    bob.expect("<ann> before");
    let other = rusqlite::Connection::open(server.database()).unwrap();
    other.execute_batch("ALTER TABLE event RENAME TO gone").unwrap();
    ann.say("never shown");
    for member in [&mut ann, &mut bob] {
        member.expect("the house has to close: messages cannot be stored");
        assert!(member.rest().iter().all(|line| !line.contains("never shown")));
    }
    assert_eq!(server.wait(PATIENCE).code(), Some(1));
}

#[test]
fn a_stopped_server_tells_members_keeps_everything_and_ends_in_time() {
    for signal in ["-TERM", "-INT"] {
        let mut server = TestServer::open();
        let mut ann = server.join_as("ann");
        let mut bob = server.join_as("bob");
        ann.say("before the end");
        bob.expect("<ann> before the end");
        server.signal(signal);
        server.wait_for_close();
        ann.expect("the house is closing");
        assert_eq!(ann.rest(), [""; 0]);
        let server = server.restart();
        Peer::connect(server.port).expect("<ann> before the end");
    }
}

#[test]
fn a_hangup_reloads_limits_and_keeps_everyone() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    let open = "[limits]\nflood_burst = 0\nconnections_per_address_max = ";
    std::fs::write(&config, format!("{open}0\n")).unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    let mut ann = server.join_as("ann");
    std::fs::write(&config, format!("{open}1\n")).unwrap();
    server.signal("-HUP");
    // New connections are rejected as soon as the new limit holds.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut peer = Peer::connect(server.port);
        let line = peer.line().unwrap();
        if line == "-- error: too many connections from your address (the limit is 1)" {
            assert_eq!(peer.line(), None);
            break;
        }
        assert!(Instant::now() < deadline);
    }
    // A broken file changes nothing, and the log says so.
    std::fs::write(&config, "flood = ").unwrap();
    server.signal("-HUP");
    let deadline = Instant::now() + PATIENCE;
    while !server.log().contains("settings not reloaded") {
        assert!(Instant::now() < deadline, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let line = Peer::connect(server.port).line().unwrap();
    assert!(line.ends_with("(the limit is 1)"), "{line}");
    ann.say("/who");
    ann.expect("-- 1 is in #lobby");
}

#[test]
fn a_full_server_rejects_new_connections_politely() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    let limits = "[limits]\nconnections_max = 2\nconnections_per_address_max = 0\n";
    std::fs::write(&config, limits).unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    let mut carl = Peer::connect(server.port);
    assert_eq!(
        carl.rest(),
        ["-- error: the house is full (2 connections); please try again later"]
    );
    // A client that sends at once is told why too, and does not only see a reset.
    for _ in 0..50 {
        let mut script = Peer::connect(server.port);
        script.send(b"build done\n");
        script.finish();
        let lines = script.rest();
        assert!(lines.iter().any(|line| line.contains("the house is full")), "{lines:?}");
    }
    ann.say("still fine");
    bob.expect("<ann> still fine");
    drop(ann);
    bob.expect("ann is offline");
    // Her slot is free a moment after the others have heard that she left.
    let deadline = Instant::now() + PATIENCE;
    while !Peer::connect(server.port).line().unwrap().contains("welcome") {
        assert!(Instant::now() < deadline, "the slot is never free");
    }
}

#[test]
fn the_open_file_limit_rejects_new_connections_and_leaves_members_alone() {
    let data = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_teahouse");
    // 352 files in all: the server keeps 64 for itself and 8 for each of 32 shards.
    let script = format!(
        "ulimit -n 352; exec {binary} serve --shards 32 --listen 127.0.0.1:0 --log human/error --data {} --config {}",
        data.path().display(),
        crate::server::OPEN
    );
    let mut child =
        Running::start(Command::new("bash").args(["-c", &script]).stdout(Stdio::piped()));
    let (port, _stdout) = child.port();
    let join = || {
        let mut peer = Peer::connect(port);
        let line = peer.line().unwrap();
        (peer, line)
    };
    let mut members = Vec::new();
    loop {
        let (peer, line) = join();
        if line.contains("the house is full (32 connections)") {
            break;
        }
        members.push(peer);
        assert!(members.len() <= 32);
    }
    assert_eq!(members.len(), 32);
    members[0].say("all is well");
    for member in &mut members[1..] {
        member.expect("all is well");
    }
}

#[test]
fn a_member_closed_for_silence_is_announced() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("teahouse.toml");
    std::fs::write(&config, "[limits]\nidle_s = 10\n").unwrap();
    let server = TestServer::with(&["--config", config.to_str().unwrap()]);
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    let start = Instant::now();
    loop {
        // Ann goes on talking; bob is silent.
        ann.say("/room");
        if ann.line().unwrap() == "-- bob is offline (silent too long)" {
            break;
        }
        assert!(start.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(200));
    }
    bob.expect("you were silent too long");
}

#[test]
fn the_program_prints_its_version_and_every_setting() {
    let output = teahouse().arg("--version").output().unwrap();
    let version = format!("teahouse {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), version);
    let help = serve(&["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    for part in ["--config <FILE>", "TEAHOUSE_LIMITS_FLOOD_BURST"] {
        assert!(help.contains(part), "{part:?} not in\n{help}");
    }
    // The example has every setting with its default; another test compares it with the code.
    let example = include_str!("../../../../teahouse.example.toml");
    let settings: Vec<(&str, &str)> =
        example.lines().filter_map(|line| line.split_once(" = ")).collect();
    assert!(settings.len() > 40, "{settings:?}");
    for (name, default) in settings {
        let is_flag = |line: &str| line.trim_start().starts_with(&format!("--{name} <"));
        let is_row = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().take(3).collect();
            words == [name, "=", default]
        };
        assert!(help.lines().any(|line| is_flag(line) || is_row(line)), "{name}: {help}");
    }
}

#[test]
fn the_greeting_shows_one_way_to_join_for_each_program_and_where_history_is() {
    let server = TestServer::with(&["--listen", "127.0.0.1:0"]);
    let database = server.database();
    let expected = format!("History is kept in {}", database.display());
    assert!(server.greeting.contains(&expected), "{}", server.greeting);
    // Both addresses given, each with the port that was chosen.
    let ways = server.greeting.lines().filter(|line| line.trim().starts_with("telnet 127.0.0.1 "));
    assert_eq!(ways.count(), 2, "{}", server.greeting);
}

#[test]
fn logs_can_be_json_and_hold_no_texts_of_members() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let data = directory.path().join("data");
    let mut child = Running::start(
        teahouse()
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "json/trace", "--data"])
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap()),
    );
    let (port, _stdout) = child.port();
    let mut ann = Peer::connect(port);
    ann.say("a secret word: xyzzyplugh");
    ann.say("/history 1");
    ann.expect("xyzzyplugh");
    let pid = child.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait(PATIENCE).success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.lines().count() > 2);
    assert!(log.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{log}");
    assert!(!log.contains("xyzzyplugh"), "{log}");
}

#[test]
fn the_log_begins_with_version_addresses_database_and_limits() {
    let data = tempfile::tempdir().unwrap();
    let mut child = Running::start(
        teahouse()
            .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped()),
    );
    let log = std::io::BufReader::new(child.0.stderr.take().unwrap());
    let lines: Vec<String> =
        std::io::BufRead::lines(log).take(2).map(|line| line.unwrap()).collect();
    let database = data.path().join("teahouse.db");
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    let database = format!("database={}", database.display());
    let parts = ["open", &version, "listen=[127.0.0.1:", "metrics=127.0.0.1:", &database];
    for what in parts.into_iter().chain(["durability=Sync", "shards="]) {
        assert!(lines[0].contains(what), "{what}: {lines:?}");
    }
    let limits = ["connections=", "connections_per_address=", "flood_burst=10"];
    for what in limits.into_iter().chain(["flood_per_second=2", "rooms=", "message_bytes=16384"]) {
        assert!(lines[1].contains(what), "{what}: {lines:?}");
    }
}
