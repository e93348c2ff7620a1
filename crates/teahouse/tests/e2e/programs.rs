//! The programs people already have: `nc`, stock `telnet`, our own linear client, and the two programs
//! of the tutorial that the server grew from, rebuilt here as it describes them.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::server::{PATIENCE, TestServer, teahouse};
use crate::terminal::Terminal;

/// The tutorial's client: waits on keyboard and socket at once, sends lines, prints what arrives.
const SEED_CLIENT: &str = r#"
import select, socket, sys
if len(sys.argv) < 3:
    print("Usage: python client.py HOST PORT")
    sys.exit(1)
try:
    server = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
except OSError:
    print("Unable to connect")
    sys.exit(1)
server.settimeout(None)
while True:
    for ready in select.select([sys.stdin, server], [], [])[0]:
        if ready is server:
            data = server.recv(4096)
            if not data:
                print("Disconnected from chat server")
                sys.exit()
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
        else:
            line = sys.stdin.readline()
            if not line:
                sys.exit()
            server.send(line.encode())
"#;

/// The tutorial's server: one `select` over all sockets; everyone receives what the others send.
pub(crate) const SEED_SERVER: &str = r#"
import select, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
everyone = [listening]
def tell(but, text):
    for member in everyone[1:]:
        if member is not but:
            member.send(text)
while True:
    for ready in select.select(everyone, [], [])[0]:
        if ready is listening:
            member, address = listening.accept()
            everyone.append(member)
            tell(member, b"\r[%s:%d] entered room\n" % (address[0].encode(), address[1]))
        else:
            name = str(ready.getpeername()).encode()
            data = ready.recv(4096)
            if data:
                tell(ready, b"\r<" + name + b"> " + data)
            else:
                everyone.remove(ready)
                tell(ready, b"\rClient " + name + b" is offline\n")
"#;

/// A program whose standard streams the test holds.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) output: Vec<u8>,
    /// Bytes of it that the test has looked at.
    seen: usize,
    arriving: std::sync::mpsc::Receiver<Vec<u8>>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, arriving) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, output: Vec::new(), seen: 0, arriving }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Reads until `part` has come after what was expected before.
    pub(crate) fn expect(&mut self, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        let bytes = part.as_bytes();
        loop {
            let unseen = &self.output[self.seen..];
            if let Some(at) = unseen.windows(bytes.len()).position(|window| window == bytes) {
                self.seen += at + bytes.len();
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.arriving.recv_timeout(left) {
                Ok(bytes) => self.output.extend(bytes),
                Err(_) => panic!("no {part:?} in {:?}", String::from_utf8_lossy(&self.output)),
            }
        }
    }

    fn wait(&mut self) -> Option<i32> {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not end");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

fn on_port(command: &str, port: u16) -> Command {
    let mut words = command.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).arg("127.0.0.1").arg(port.to_string());
    command
}

#[test]
fn people_with_nc_and_telnet_talk() {
    let server = TestServer::open();
    let mut nc = Program::start(&mut on_port("nc", server.port));
    nc.expect("you are in #lobby");
    nc.type_line("/nick ann");
    nc.expect("known as ann");
    let mut telnet = Program::start(&mut on_port("telnet -E", server.port));
    telnet.expect("you are in #lobby");
    nc.expect("entered #lobby");
    telnet.type_line("你好 from telnet");
    nc.expect("<guest2> 你好 from telnet\n");
    nc.type_line("你好 from nc");
    telnet.expect("<ann> 你好 from nc\n");
    telnet.type_line("/quit");
    telnet.expect("goodbye");
    nc.expect("guest2 is offline");
}

#[test]
fn a_script_says_one_thing_through_nc_and_ends() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut nc = Program::start(&mut on_port("nc -N", server.port));
    nc.type_line("build done");
    assert_eq!(nc.wait(), Some(0));
    assert_eq!(ann.expect("build done"), "<guest2> build done");
    ann.expect("guest2 is offline");

    // Without a newline, and with a command whose answer must still come.
    let mut nc = Program::start(&mut on_port("nc -N", server.port));
    write!(nc.child.stdin.as_mut().unwrap(), "tests done\n/history 2").unwrap();
    assert_eq!(nc.wait(), Some(0));
    nc.expect("<guest2> build done");
    nc.expect("<guest3> tests done");
    ann.expect("<guest3> tests done");
}

#[test]
fn telnet_on_a_terminal_is_readable_and_control_c_does_not_deafen_it() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let terminal = Terminal::run(&on_port("telnet", server.port));
    terminal.expect("you are in #lobby");
    ann.say("第一 line");
    terminal.expect("<ann> 第一 line");
    terminal.keys(&["C-c"]);
    // Until its timing mark is answered, telnet throws away what arrives; the server must answer it.
    let deadline = Instant::now() + PATIENCE;
    while !terminal.screen().contains("<ann> after control-c") {
        assert!(Instant::now() < deadline, "deaf:\n{}", terminal.screen());
        ann.say("after control-c");
        std::thread::sleep(Duration::from_millis(100));
    }
    terminal.keys(&["typed in a terminal", "Enter"]);
    ann.expect("> typed in a terminal");
    let screen = terminal.screen();
    let lines: Vec<&str> = screen
        .lines()
        .filter(|line| line.contains("<ann> 第") || line.contains("<ann> a"))
        .collect();
    assert!(
        lines.iter().all(|line| line.trim_start_matches("^C").starts_with("<ann> ")),
        "a staircase:\n{screen}"
    );
}

#[test]
fn the_linear_client_talks_and_says_why_it_ends() {
    let mut server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut client =
        Program::start(teahouse().args(["join", &format!("tcp://127.0.0.1:{}", server.port)]));
    client.expect("you are in #lobby");
    client.type_line("hello from join");
    ann.expect("<guest2> hello from join");
    ann.say("hello yourself");
    client.expect("<ann> hello yourself\n");
    server.kill();
    let deadline = Instant::now() + PATIENCE;
    while client.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(client.child.wait().unwrap().code(), Some(1));

    let output =
        teahouse().args(["join", &format!("tcp://127.0.0.1:{}", server.port)]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: Unable to connect to 127.0.0.1:"), "{error:?}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_seeds_own_client_joins_our_server() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let port = server.port.to_string();
    let mut seed =
        Program::start(Command::new("python3").args(["-uc", SEED_CLIENT, "127.0.0.1", &port]));
    seed.expect("you are in #lobby");
    seed.type_line("大家好");
    ann.expect("<guest2> 大家好");
    ann.say("welcome");
    seed.expect("<ann> welcome\n");
    ann.say("/quit");
    seed.expect("ann is offline");
    server.signal("-TERM");
    seed.expect("Disconnected from chat server");
}

#[test]
fn our_linear_client_joins_the_seeds_own_server() {
    let mut server = Program::start(Command::new("python3").args(["-uc", SEED_SERVER]));
    server.expect("\n");
    let port: u16 = String::from_utf8_lossy(&server.output).trim().parse().unwrap();
    let mut other = Peer::connect(port);
    let mut client = Program::start(teahouse().args(["join", &format!("tcp://127.0.0.1:{port}")]));
    other.expect("entered room");
    client.type_line("hello seed");
    other.expect("> hello seed");
    other.say("hello teahouse");
    client.expect("> hello teahouse");
}

/// The answer to a request through `nc -N`, which closes its sending half after the request.
fn request_through_nc(port: u16, request: &str) -> String {
    let mut child = Command::new("nc")
        .args(["-N", "127.0.0.1", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_client_that_closes_its_side_after_a_request_is_answered_every_time() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    for number in 0..30 {
        let answer =
            request_through_nc(server.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(answer.ends_with("\r\n\r\nok\n"), "number {number}: {answer}");
        let text = format!("number {number}");
        let length = text.len();
        let request = format!(
            "POST /lobby?nick=nc HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{text}"
        );
        let answer = request_through_nc(server.port, &request);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "number {number}: {answer}");
        bob.expect(&format!("<nc> {text}"));
        let metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let answer = request_through_nc(server.admin_port(), metrics);
        assert!(answer.contains("\nteahouse_sessions "), "number {number}: {answer}");
    }
}

#[test]
fn a_client_that_closes_its_side_follows_on_and_its_end_is_noticed() {
    let server = TestServer::open();
    let mut bob = server.join_as("bob");
    bob.say("hello");
    for target in ["/lobby", "/api/v1/rooms/lobby/events"] {
        let mut program = Program::start(&mut on_port("nc -N", server.port));
        let mut input = program.child.stdin.take().unwrap();
        write!(input, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        drop(input);
        crate::metrics::wait_for(&server, "teahouse_members{protocol=\"follow\"}", 1.0);
        bob.say("are you there?");
        program.expect("are you there?");
        program.child.kill().unwrap();
        crate::metrics::wait_for(&server, "teahouse_members{protocol=\"follow\"}", 0.0);
        crate::metrics::wait_for(&server, "teahouse_connections{protocol=\"follow\"}", 0.0);
    }
}

/// The findings of `promtool` on metrics; it is silent about good ones.
fn promtool(metrics: &str) -> String {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let findings = [output.stdout, output.stderr].concat();
    format!(
        "{}{}",
        String::from_utf8(findings).unwrap(),
        if output.status.success() { "" } else { "failed" }
    )
}

#[test]
fn promtool_has_no_complaint_about_the_metrics() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("hello");
    ann.say("/topic a\u{1}b");
    crate::metrics::wait_for(&server, "teahouse_events_total", 2.0);
    let mut visitor = crate::visitor::Visitor::connect(server.admin_port());
    visitor.ask("GET", "/metrics", "Accept: */*\r\n", "");
    let answer = visitor.answer(false);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(answer.text().contains("# TYPE teahouse_events_total counter\n"), "{}", answer.text());
    assert_eq!(promtool(answer.text()), "");
}
