//! Fifteen thousand people in one room on one machine: all receive a message, and an idle member costs little memory.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::server::{OPEN, PATIENCE, TestServer};

const FEW: usize = 1_000;
const MANY: usize = 15_000;
/// Resident memory of the server per idle member, measured between few and many.
const KIB_PER_MEMBER_MAX: f64 = 3.0;
/// Connections that one loopback address opens to one port, well below what it can.
const PER_ADDRESS: usize = 10_000;

#[test]
fn fifteen_thousand_members_receive_one_message_and_cost_little_while_idle() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    assert!(
        limit.maximum.is_none_or(|files| files > MANY as u64 + 1000),
        "this test needs {MANY} open files; raise the hard limit (ulimit -Hn)"
    );
    let server = TestServer::with(&["--config", OPEN, "--durability", "memory"]);
    let mut members: Vec<TcpStream> = Vec::with_capacity(MANY);
    let mut ann = server.join_as("ann");

    fill(&server, &mut members, FEW);
    let few = server.resident_kib();
    fill(&server, &mut members, MANY - 1);
    let many = server.resident_kib();
    let per_member = (many - few) as f64 / (MANY - FEW) as f64;
    println!("{per_member:.2} KiB per member between {FEW} and {MANY}");
    assert!(per_member <= KIB_PER_MEMBER_MAX, "{per_member:.2} KiB per idle member");

    let start = Instant::now();
    ann.say("can everyone hear me?");
    for member in &mut members {
        expect(member, "<ann> can everyone hear me?");
    }
    println!("{} members received it after {:?}", members.len(), start.elapsed());
}

/// Connects until there are `count` members, and waits until each has been greeted.
fn fill(server: &TestServer, members: &mut Vec<TcpStream>, count: usize) {
    let from = members.len();
    for index in from..count {
        members.push(connect(server.port, index));
    }
    for member in &mut members[from..] {
        expect(member, "you are in #lobby");
    }
}

/// Connects from one of several loopback addresses: one has not enough ports. Servers listen on none of them, so
/// no port is taken that another test needs to open its server again.
fn connect(port: u16, index: usize) -> TcpStream {
    let host = u8::try_from(index / PER_ADDRESS + 2).unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let from = std::net::SocketAddr::from(([127, 0, 0, host], 0));
    socket.bind(&from.into()).unwrap();
    let to = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    socket.connect(&to.into()).unwrap();
    socket.into()
}

fn expect(member: &mut TcpStream, part: &str) {
    let deadline = Instant::now() + PATIENCE;
    let mut received = Vec::new();
    member.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    while !String::from_utf8_lossy(&received).contains(part) {
        assert!(
            Instant::now() < deadline,
            "{part:?} not in {:?}",
            String::from_utf8_lossy(&received)
        );
        let mut buffer = [0; 4096];
        match member.read(&mut buffer) {
            Ok(0) => panic!("ended before {part:?}"),
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
