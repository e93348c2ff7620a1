//! Hostile input: members are not disturbed and memory stays bounded (promise P6).

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::server::{PATIENCE, TestServer};
use crate::visitor::get;

/// How much a server may grow under attack: bounded buffers and the allocator's slack.
const GROWTH_KIB_MAX: u64 = 64 * 1024;

/// Two members who must not notice the attack.
pub(crate) struct Undisturbed {
    ann: Peer,
    bob: Peer,
    count: u32,
}

impl Undisturbed {
    pub(crate) fn in_server(server: &TestServer) -> Self {
        let ann = server.join_as("ann");
        let mut bob = server.join_as("bob");
        bob.say("/join quiet");
        bob.expect("you are in #quiet");
        let mut both = Self { ann, bob, count: 0 };
        both.ann.say("/join quiet");
        both.ann.expect("you are in #quiet");
        both.check();
        both
    }

    pub(crate) fn check(&mut self) {
        self.count += 1;
        let words = format!("undisturbed {}", self.count);
        self.ann.say(&words);
        self.bob.expect(&format!("<ann> {words}"));
        // Both also read what is said in other rooms: a peer that reads nothing is soon not read either.
        self.bob.say(&words);
        self.ann.expect(&format!("<bob> {words}"));
    }
}

#[test]
fn random_bytes_disturb_nobody() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let mut dice = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..50 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            (dice >> 24) as u8
        })
        .take(20_000)
        .collect();
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        // The server may close this connection at any time.
        stream.write_all(&bytes).ok();
        members.check();
    }
}

#[test]
fn a_hundred_megabytes_without_a_newline_are_refused_in_bounded_memory() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let before = server.resident_kib();
    let mut hose = server.join_as("hose");
    let block = [b'x'; 1_000_000];
    for _ in 0..100 {
        hose.send(&block);
    }
    members.check();
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    hose.send(b"\n");
    hose.expect("65536");
    hose.say("the connection lives on");
    members.bob.expect("<hose> the connection lives on");
}

#[test]
fn a_thousand_half_open_connections_and_one_byte_a_second_disturb_nobody() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let before = server.resident_kib();
    let mut half_open: Vec<TcpStream> =
        (0..1000).map(|_| TcpStream::connect(("127.0.0.1", server.port)).unwrap()).collect();
    for _ in 0..5 {
        for stream in &mut half_open {
            stream.write_all(b"x").unwrap();
        }
        members.check();
        std::thread::sleep(Duration::from_millis(200));
    }
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    drop(half_open);
    members.check();
}

#[test]
fn clients_of_another_protocol_are_told_in_one_line() {
    let server = TestServer::open();
    let openings: [(&[u8], &str); 3] = [
        (b"NICK ann\r\nUSER ann 0 * :Ann\r\n", "ERROR :IRC"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH is not spoken here yet"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS is not spoken here yet"),
    ];
    for (opening, answer) in openings {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.write_all(opening).unwrap();
        stream.set_read_timeout(Some(crate::server::PATIENCE)).unwrap();
        let mut got = Vec::new();
        std::io::Read::read_to_end(&mut stream, &mut got).unwrap();
        let got = String::from_utf8_lossy(&got);
        assert!(got.contains(answer), "{answer:?} not in {got:?}");
    }
}

#[test]
fn a_client_that_asks_for_much_and_reads_nothing_is_disconnected_and_disturbs_nobody() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let mut ann = server.join_as("teller");
    for number in 0..100 {
        ann.say(&format!("{number} {}", "x".repeat(8000)));
    }
    ann.say("/history 1");
    ann.expect("> 99 x");
    let before = server.resident_kib();
    for ending in 0..4 {
        let mut greedy = Peer::connect(server.port);
        let asking = "/help\n/history 100\n/search xx*\n".repeat(3000);
        greedy.stream().set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        // The server may stop reading what it cannot answer, or close the connection.
        greedy.stream().write_all(asking.as_bytes()).ok();
        members.check();
        match ending {
            0 => greedy.reset(),
            1 => drop(greedy),
            2 => {
                // The server may have closed the connection already.
                greedy.stream().shutdown(std::net::Shutdown::Write).ok();
                members.check();
            }
            // Now the client reads: it gets answers, and then the end of the connection or more answers.
            _ => {
                greedy.line();
            }
        }
        members.check();
    }
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
}

#[test]
fn a_client_that_asks_at_once_and_reads_slowly_gets_every_answer() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    for number in 0..60 {
        ann.say(&format!("{number} {}", "x".repeat(8000)));
    }
    // Requests are answered in order, so all of them are answered when the last answer has come.
    ann.say("/history 1");
    ann.expect("> 59 x");
    let requests = 200;
    let mut slow = Peer::connect(server.port);
    slow.send("/history 60\n".repeat(requests).as_bytes());
    slow.finish();
    // 200 pages of 64 KiB, far more than may be queued at once: each page comes, and then the end.
    let pages = slow.rest().iter().filter(|line| line.starts_with("-- the last ")).count();
    assert!(pages >= requests, "{pages} of {requests} pages");
}

#[test]
fn a_thousand_long_lines_that_never_end_are_held_within_a_bound_together() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let before = server.resident_kib();
    let mut half: Vec<Peer> = (0..1000).map(|_| Peer::connect(server.port)).collect();
    for peer in &mut half {
        peer.send(&[b'x'; 60 * 1024]);
    }
    members.check();
    // All of it has been read when one more such line does not fit beside the others. It is refused at its end for that
    // reason, and not for being too long to say.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut late = Peer::connect(server.port);
        late.send(&[b'x'; 60 * 1024]);
        late.send(b"\n");
        if late.expect("not sent").contains("bytes was not sent; split it") {
            break;
        }
        assert!(Instant::now() < deadline, "as much is held as anyone sends");
    }
    let grown = server.resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_KIB_MAX, "grew by {grown} KiB");
    // A line that a person types is still held.
    let mut ann = server.join_as("typist");
    ann.send(&[b'y'; 3000]);
    ann.say("");
    members.check();
    drop(half);
    members.check();
}

#[test]
fn a_flooding_connection_leaves_other_connections_their_turn() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let is_over = AtomicBool::new(false);
    let mut waited = Duration::ZERO;
    // Before the first line and after it. Nothing is answered, so no unread answer stops the flood.
    for first in [&b""[..], b"/room\n"] {
        is_over.store(false, Ordering::Relaxed);
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.write_all(first).unwrap();
        std::thread::scope(|scope| {
            // More than one writer, so that there is always something to read.
            for _ in 0..4 {
                scope.spawn(|| {
                    let blank = vec![b'\n'; 1024 * 1024];
                    while !is_over.load(Ordering::Relaxed) {
                        (&stream).write_all(&blank).unwrap();
                    }
                });
            }
            let _over = EndOnDrop(&is_over);
            let start = Instant::now();
            for _ in 0..10 {
                members.check();
            }
            assert_eq!(get(server.port, "/healthz").text(), "ok\n");
            waited += start.elapsed();
        });
    }
    // One or two seconds on two busy cores. Without turns, it takes as long as the flood goes on.
    assert!(waited < Duration::from_secs(25), "others waited {waited:?}");
}

#[test]
fn unknown_lines_take_short_turns() {
    let server = TestServer::open();
    let mut members = Undisturbed::in_server(&server);
    let is_over = AtomicBool::new(false);
    let streams: Vec<TcpStream> =
        (0..16).map(|_| TcpStream::connect(("127.0.0.1", server.port)).unwrap()).collect();
    let mut waited = Duration::ZERO;
    std::thread::scope(|scope| {
        for mut stream in &streams {
            let mut answers = stream;
            scope.spawn(move || std::io::copy(&mut answers, &mut std::io::sink()));
            let is_over = &is_over;
            scope.spawn(move || {
                let lines = b"/x\n".repeat(16 * 1024);
                while !is_over.load(Ordering::Relaxed) && stream.write_all(&lines).is_ok() {}
                stream.shutdown(std::net::Shutdown::Both).ok();
            });
        }
        let _over = EndOnDrop(&is_over);
        let start = Instant::now();
        for _ in 0..8 {
            members.check();
        }
        waited = start.elapsed();
    });
    // Two to five seconds on two busy cores; 40 when whole buffers of such lines are one turn.
    assert!(waited < Duration::from_secs(25), "others waited {waited:?}");
}

/// Ends what runs until then, also when a check fails.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
