//! Starts each server on loopback with limits that no load meets, and reads what it costs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::dialect::Dialect;

/// The file in the server's directory that gets its standard error.
const NOTED: &str = "noted.txt";
/// The longest time until a server listens.
const START_DEADLINE: Duration = Duration::from_secs(20);
/// Connections that may wait to be accepted by the servers of this crate.
const BACKLOG: i32 = 4096;

/// A server that can be measured.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) dialect: Dialect,
    start: Start,
}

#[derive(Clone, Debug)]
enum Start {
    Teahouse { binary: Option<PathBuf>, limits: Limits, arguments: Vec<String> },
    Own { arguments: Vec<&'static str> },
    Ngircd,
    Inspircd,
    Nats,
    Ergo { binary: PathBuf },
}

/// The limits of our server.
#[derive(Clone, Copy, Debug)]
enum Limits {
    /// None that a load test would meet.
    Open,
    /// The defaults.
    Default,
}

/// A running server; dropping it ends the process.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    /// The address of our server's metrics.
    admin: Option<u16>,
    pub(crate) dialect: Dialect,
    /// Connections that may be opening at once: fewer than the backlog, beyond which the system pretends to have
    /// connected and drops what is sent.
    pub(crate) opening_max: usize,
    directory: tempfile::TempDir,
}

impl Kind {
    /// Our server, with these arguments besides what a load test needs.
    pub(crate) fn teahouse(name: &str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let start = Start::Teahouse { binary: None, limits: Limits::Open, arguments };
        Self { name: name.to_owned(), dialect: Dialect::Line, start }
    }

    /// Our server, with these arguments and its default limits.
    pub(crate) fn teahouse_as_it_is(name: &str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let start = Start::Teahouse { binary: None, limits: Limits::Default, arguments };
        Self { name: name.to_owned(), dialect: Dialect::Line, start }
    }

    /// Our server, with the members on WebSockets.
    pub(crate) fn api(name: &str, arguments: &[&str]) -> Self {
        Self { dialect: Dialect::Api, ..Self::teahouse(name, arguments) }
    }

    /// Our server from this binary rather than from the one beside this program.
    pub(crate) fn teahouse_at(binary: &Path) -> Self {
        let (binary, limits) = (Some(binary.to_owned()), Limits::Open);
        let start = Start::Teahouse { binary, limits, arguments: Vec::new() };
        Self { name: "teahouse".to_owned(), dialect: Dialect::Line, start }
    }

    pub(crate) fn floor_per_round() -> Self {
        Self::own("floor, per round", vec!["floor", "per-round"])
    }

    pub(crate) fn floor_per_message() -> Self {
        Self::own("floor, per message", vec!["floor", "per-message"])
    }

    pub(crate) fn textbook() -> Self {
        Self::own("textbook", vec!["textbook"])
    }

    fn own(name: &str, arguments: Vec<&'static str>) -> Self {
        Self { name: name.to_owned(), dialect: Dialect::Raw, start: Start::Own { arguments } }
    }

    /// Other people's servers that are installed.
    pub(crate) fn peers() -> Vec<Self> {
        known().into_iter().filter_map(|(peer, path)| path.map(|_| peer)).collect()
    }

    /// Other people's servers that are not installed.
    pub(crate) fn absent() -> Vec<String> {
        let absent = known().into_iter().filter(|(_, path)| path.is_none());
        absent.map(|(peer, _)| peer.name).collect()
    }

    /// Starts the server and waits until it listens.
    pub(crate) fn start(&self) -> Result<Server> {
        self.start_in(tempfile::tempdir()?)
    }

    /// Starts the server in an existing directory; the data of ours is in its `data`.
    pub(crate) fn start_in(&self, directory: tempfile::TempDir) -> Result<Server> {
        let home = directory.path();
        let port = free_port()?;
        let is_teahouse = matches!(self.start, Start::Teahouse { .. });
        let admin = is_teahouse.then(free_port).transpose()?;
        let mut command = match &self.start {
            Start::Teahouse { binary, limits, arguments } => {
                teahouse(binary.as_deref(), *limits, arguments, home)?
            }
            Start::Own { arguments } => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(arguments);
                command
            }
            Start::Ngircd => with_configuration(
                "ngircd",
                home,
                port,
                include_str!("../servers/ngircd.conf"),
                |file| vec!["-n".to_owned(), "-f".to_owned(), file],
            )?,
            Start::Inspircd => with_configuration(
                "inspircd",
                home,
                port,
                include_str!("../servers/inspircd.conf"),
                |file| {
                    vec![
                        "--nofork".to_owned(),
                        "--runasroot".to_owned(),
                        "--config".to_owned(),
                        file,
                    ]
                },
            )?,
            Start::Nats => with_configuration(
                "nats-server",
                home,
                port,
                include_str!("../servers/nats.conf"),
                |file| vec!["-c".to_owned(), file],
            )?,
            Start::Ergo { binary } => {
                let program = binary.to_string_lossy().into_owned();
                with_configuration(
                    &program,
                    home,
                    port,
                    include_str!("../servers/ergo.yaml"),
                    |file| vec!["run".to_owned(), "--conf".to_owned(), file],
                )?
            }
        };
        let opening_max = match self.start {
            Start::Teahouse { .. } | Start::Own { .. } => 3_000,
            Start::Inspircd | Start::Nats | Start::Ergo { .. } => 500,
            Start::Ngircd => 9,
        };
        let is_ours = matches!(self.start, Start::Teahouse { .. } | Start::Own { .. });
        let noted = std::fs::File::create(home.join(NOTED))?;
        command.stdin(Stdio::null()).stderr(noted);
        if let Some(admin) = admin {
            command.args(["--admin", &format!("127.0.0.1:{admin}")]);
        }
        command.stdout(if is_ours { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.name))?;
        let port = match child.stdout.take() {
            Some(stdout) => printed_port(stdout).with_context(|| self.name.clone())?,
            None => port,
        };
        let dialect = self.dialect;
        let mut server = Server { child, port, admin, dialect, opening_max, directory };
        server.wait_until_it_listens().with_context(|| self.name.clone())?;
        Ok(server)
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&paths).chain(more).map(|path| path.join(program)).find(|p| p.is_file())
}

/// Every peer, with its path if it is installed.
fn known() -> Vec<(Kind, Option<PathBuf>)> {
    let ergo = std::env::var_os("ERGO_BIN").map(PathBuf::from).filter(|binary| binary.is_file());
    let peers = [
        ("ngircd", Dialect::Irc, Start::Ngircd, find("ngircd")),
        ("inspircd", Dialect::Irc, Start::Inspircd, find("inspircd")),
        ("nats-server", Dialect::Nats, Start::Nats, find("nats-server")),
        ("ergo", Dialect::Irc, Start::Ergo { binary: ergo.clone().unwrap_or_default() }, ergo),
    ];
    let kind = |(name, dialect, start, path): (&str, _, _, _)| {
        (Kind { name: name.to_owned(), dialect, start }, path)
    };
    peers.into_iter().map(kind).collect()
}

fn teahouse(
    binary: Option<&Path>,
    limits: Limits,
    arguments: &[String],
    home: &Path,
) -> Result<Command> {
    let beside = std::env::current_exe()?.with_file_name("teahouse");
    let binary = binary.unwrap_or(&beside);
    let file = home.join("limits.toml");
    let written = match limits {
        Limits::Open => include_str!("../../../bench/open.toml"),
        Limits::Default => "",
    };
    std::fs::write(&file, written)?;
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(file).arg("--data").arg(home.join("data")).args(arguments);
    if !arguments.iter().any(|argument| argument == "--log") {
        command.args(["--log", "human/error"]);
    }
    Ok(command)
}

fn with_configuration(
    program: &str,
    home: &Path,
    port: u16,
    configuration: &str,
    arguments: impl Fn(String) -> Vec<String>,
) -> Result<Command> {
    let file = home.join("server.conf");
    let home = home.to_string_lossy();
    std::fs::write(
        &file,
        configuration.replace("@PORT@", &port.to_string()).replace("@HOME@", &home),
    )?;
    let program = find(program).unwrap_or_else(|| PathBuf::from(program));
    let mut command = Command::new(program);
    command.args(arguments(file.to_string_lossy().into_owned()));
    Ok(command)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Reads what a server of ours prints up to its port.
fn printed_port(stdout: impl std::io::Read) -> Result<u16> {
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        if let Some(port) = line.trim().strip_prefix("nc 127.0.0.1 ") {
            return Ok(port.parse()?);
        }
    }
    bail!("it ended without naming its port")
}

/// Prints the port in the form that [`Kind::start`] looks for.
#[expect(clippy::print_stdout, reason = "how a server of this crate names its port")]
pub(crate) fn announce(port: u16) -> Result<()> {
    println!("nc 127.0.0.1 {port}");
    Ok(std::io::stdout().flush()?)
}

/// A listening socket for the servers of this crate.
pub(crate) fn listen_std() -> Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

pub(crate) fn listen() -> Result<mio::net::TcpListener> {
    Ok(mio::net::TcpListener::from_std(listen_std()?))
}

impl Server {
    fn wait_until_it_listens(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_DEADLINE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended at once: {status}");
            }
            if Instant::now() > deadline {
                bail!("it does not listen");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// CPU time of the server, all threads, in seconds.
    pub(crate) fn cpu_s(&self) -> Result<f64> {
        cpu_s(&self.child.id().to_string())
    }

    /// Transactions in the log of our server, if it was told to log them.
    pub(crate) fn commits(&self) -> Result<usize> {
        let noted = std::fs::read(self.directory.path().join(NOTED))?;
        Ok(memchr::memmem::find_iter(&noted, b"committed").count())
    }

    /// Writes to sockets so far; `None` where the server does not count them.
    pub(crate) fn writes(&self) -> Result<Option<u64>> {
        let Some(admin) = self.admin else { return Ok(None) };
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, admin))?;
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut metrics = String::new();
        stream.read_to_string(&mut metrics)?;
        let count = metrics.lines().find_map(|line| line.strip_prefix("teahouse_writes_total "));
        Ok(count.map(str::parse).transpose()?)
    }

    /// Resident memory, KiB.
    pub(crate) fn resident_kib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(kib.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself; either way it is gone afterwards.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// CPU time of a process (`self` for this one) in seconds, from the scheduler's count for each of its threads, which is
/// finer than the clock ticks of `stat`.
pub(crate) fn cpu_s(process: &str) -> Result<f64> {
    let mut nanoseconds = 0_u64;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end between the listing and the reading.
        let Ok(line) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += line.split(' ').next().unwrap_or_default().parse::<u64>().unwrap_or(0);
    }
    Ok(nanoseconds as f64 / 1e9)
}
