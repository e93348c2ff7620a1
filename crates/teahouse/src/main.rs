//! The command line: the commands of `teahouse`, and how errors are printed. Nothing else.

mod history;
mod talk;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use teahouse_client::{ClientError, Exit};
use teahouse_server::settings::limits::LIMITS;
use teahouse_server::{Fault, Layers, Server, Settings, logging, signals};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Addresses of this machine in the greeting; more are not needed to find it.
const ADDRESSES_SHOWN_MAX: usize = 4;

/// Teahouse (茶馆): a group chat server started with one command and joined from anything.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open a server that people join with nc, telnet or `teahouse join`
    #[command(after_long_help = settings_help())]
    Serve(Serve),
    /// Join a server, or any line server, from this terminal
    Join(talk::JoinArgs),
    /// Say something in a room, from a script: ends well when it is kept
    Say(talk::SayArgs),
    /// Print what is said in a room
    Tail(talk::TailArgs),
    /// Copy the history into a new file, also while the server is open
    Backup(history::BackupArgs),
    /// Find out whether a history is sound
    Check(history::CheckArgs),
}

#[derive(Args)]
struct Serve {
    /// Where to listen: `:5000` for every address, `localhost:5000` for this machine only, or an address and a port;
    /// may be given several times; port 0 lets the system choose [default: :5000]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Vec<String>,
    /// Names under which browsers and programs reach it over HTTP, besides addresses, localhost and the machine's
    /// own name; may be given several times; `.tea.example` for all below a name, `*` for any
    #[arg(long, value_name = "NAME")]
    hosts: Vec<String>,
    /// Where metrics are served for Prometheus: `auto` for 127.0.0.1:5001 if that is free, `off`, or an
    /// address [default: auto]
    #[arg(long, value_name = "auto|off|ADDR:PORT")]
    admin: Option<String>,
    /// Directory for the history [default: the platform's place for such data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// When a message counts as kept: `sync` once it is on the disk, `async` once the system has it (a
    /// power cut may take the last ones), `memory` never (nothing is kept after the end)
    /// [default: sync]
    #[arg(long, value_name = "sync|async|memory")]
    durability: Option<String>,
    /// How and from which level on to log: human or json, error, warn, info, debug or trace
    /// [default: human/info]
    #[arg(long, value_name = "FORMAT/LEVEL")]
    log: Option<String>,
    /// Threads that own connections; 0 for one per core but one, which the hub has [default: 0]
    #[arg(long, value_name = "N")]
    shards: Option<String>,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(serve) => self::serve(serve),
        Command::Join(join) => talk::join(&join).map_err(Into::into),
        Command::Say(say) => talk::say(say).map_err(Into::into),
        Command::Tail(tail) => talk::tail(&tail).map_err(Into::into),
        Command::Backup(backup) => history::backup(backup),
        Command::Check(check) => history::check(check),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Prints one line that says what happened and one that says what to do.
fn fail(error: &anyhow::Error) -> ExitCode {
    let mut stderr = std::io::stderr();
    let client = error.downcast_ref::<ClientError>();
    let hint = match (error.downcast_ref::<Fault>(), client) {
        (Some(fault), _) => Some(fault.hint()),
        (_, Some(error)) => Some(error.hint()),
        (None, None) => None,
    };
    // Where standard error is closed, there is nowhere to print to.
    writeln!(stderr, "error: {error:#}").ok();
    if let Some(hint) = hint {
        writeln!(stderr, "hint: {hint}").ok();
    }
    ExitCode::from(client.map_or(Exit::Fault, ClientError::exit).code())
}

fn serve(serve: Serve) -> anyhow::Result<()> {
    let layers = serve.layers();
    let settings = layers.settings().map_err(Fault::from)?;
    let log = logging::start(settings.log).context("cannot start the log")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        // Before the server opens, so that an early signal closes it properly.
        let signals = signals::listen().context("cannot listen for signals")?;
        let server = Server::open(settings)?;
        greet(&server).context("cannot print to standard output")?;
        let reload = || {
            let settings = layers.settings()?;
            log.set(settings.log);
            Ok(settings)
        };
        server.run(signals, reload).await?;
        anyhow::Ok(())
    })
}

impl Serve {
    fn layers(self) -> Layers {
        let listen = (!self.listen.is_empty()).then(|| self.listen.join(","));
        let hosts = (!self.hosts.is_empty()).then(|| self.hosts.join(","));
        let data = self.data.map(|path| path.to_string_lossy().into_owned());
        let flags = [
            ("listen", listen, "--listen"),
            ("hosts", hosts, "--hosts"),
            ("admin", self.admin, "--admin"),
            ("data", data, "--data"),
            ("durability", self.durability, "--durability"),
            ("log", self.log, "--log"),
            ("shards", self.shards, "--shards"),
        ];
        let flags = flags.into_iter().filter_map(|(key, value, flag)| Some((key, value?, flag)));
        Layers::of_process(self.config, flags.collect())
    }
}

/// Prints that the server is open and how to join it.
fn greet(server: &Server) -> std::io::Result<()> {
    let mut out = String::new();
    let version = env!("CARGO_PKG_VERSION");
    out += &format!("Teahouse {version} is open. To join {}:\n", server.settings().first_room);
    let first = server.settings().first_room.as_str();
    let mut hosts = Vec::new();
    for host in server.addresses().iter().flat_map(|address| hosts_of(*address)) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    for (host, port) in hosts {
        // An IPv6 address stands in brackets where a port follows (RFC 3986, section 3.2.2).
        let authority =
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        out += &format!("  nc {host} {port}\n  telnet {host} {port}\n");
        let (host, room) = (quote(&authority), quote(&format!("http://{authority}/{first}")));
        out += &format!("  teahouse join {host}\n  curl -N {room}\n");
    }
    if let Some(admin) = server.admin() {
        out += &format!("Metrics are at http://{admin}/metrics\n");
    }
    match server.database() {
        Some(path) => out += &format!("History is kept in {}\n", path.display()),
        None => out += "History is in memory only and is lost when the server closes\n",
    }
    out += "Ctrl-C closes the server.\n";
    let mut stdout = std::io::stdout();
    stdout.write_all(out.as_bytes())?;
    stdout.flush()
}

/// Quotes a word where a shell needs it: brackets are a pattern to zsh, and a room may be called `bob's`.
fn quote(word: &str) -> String {
    if word.contains(['[', '\'']) { format!("\"{word}\"") } else { word.to_owned() }
}

/// The hosts and ports under which others reach an address that the server listens on.
fn hosts_of(address: SocketAddr) -> Vec<(String, u16)> {
    let port = address.port();
    if !address.ip().is_unspecified() {
        return vec![(address.ip().to_string(), port)];
    }
    let mut hosts = vec![("localhost".to_owned(), port)];
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let reachable = interfaces
        .iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .map(if_addrs::Interface::ip)
        .filter(|ip| ip.is_ipv4() == address.is_ipv4())
        .take(ADDRESSES_SHOWN_MAX);
    hosts.extend(reachable.map(|ip| (ip.to_string(), port)));
    hosts
}

/// The settings without a flag, with their defaults, for `serve --help`.
fn settings_help() -> String {
    let mut help = String::from(
        "Settings come from flags, then the environment (TEAHOUSE_LISTEN, TEAHOUSE_DATA, …,\n\
         TEAHOUSE_LIMITS_FLOOD_BURST, …), then the configuration file, then the defaults.\n\
         SIGHUP reads them again; listen, admin, data, durability and shards need a restart.\n\n\
         Without a flag of their own:\n",
    );
    let defaults = Settings::default();
    let plain = [
        ("first_room", format!("\"{}\"", defaults.first_room.as_str()), "where everyone begins"),
        (
            "history_shown",
            defaults.history_shown.to_string(),
            "messages shown to someone who enters a room",
        ),
    ];
    for (key, value, what) in plain {
        help += &format!("  {key:<29} = {value:<8} {what}\n");
    }
    help += "\n  [limits]\n";
    for limit in LIMITS {
        let (value, what) = ((limit.read)(&defaults.limits), limit.help());
        help += &format!("  {:<29} = {value:<8} {what}\n", limit.key);
    }
    help
}
