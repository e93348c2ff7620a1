//! The commands that connect to a server: `join`, `say` and `tail`. Only their command lines; the rest is in
//! `teahouse-client`.

use std::io::{BufReader, IsTerminal, Write, stderr, stdin, stdout};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use teahouse_client::link::Config;
use teahouse_client::plain::{self, Plain};
use teahouse_client::say::{self, Say, Words};
use teahouse_client::screen::Palette;
use teahouse_client::tail::{self, Since, Tail};
use teahouse_client::{ClientError, arguments, screen, state};

/// The meaning of the exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "Exit codes: 0 all is done, 1 a fault (network, disk, server), 2 wrong \
    usage, 3 the house does not allow it.";

#[derive(Args)]
pub(crate) struct JoinArgs {
    /// Host, HOST:PORT or URL; tcp://HOST:PORT speaks plain lines to any line server
    /// [default: $TEAHOUSE_SERVER or localhost:5000]
    #[arg(value_name = "HOST | URL")]
    server: Option<String>,
    /// Port, if it is not in the address
    port: Option<u16>,
    /// Room to be in; may be given several times [default: those of last time, or the server's first]
    #[arg(long, value_name = "ROOM")]
    room: Vec<String>,
    /// What you want to be called [default: as last time, or a guest]
    #[arg(long, value_name = "NICK")]
    nick: Option<String>,
    /// One line in, one line out, no cursor movement; so too when input or output is no terminal
    #[arg(long)]
    plain: bool,
    /// Colours for a light or a dark screen, of 16, or none [default: as the terminal says, none with NO_COLOR]
    #[arg(long, value_name = "light | dark | 16 | mono", value_parser = palette())]
    theme: Option<Palette>,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct SayArgs {
    /// Where
    room: String,
    /// What; without it, each line of standard input is a message
    text: Vec<String>,
    /// All of standard input as one message
    #[arg(long, conflicts_with = "text")]
    whole: bool,
    /// Make the room if there is none of that name
    #[arg(long)]
    create: bool,
    /// What you want to be called; nobody there may have that name [default: a guest]
    #[arg(long, value_name = "NICK")]
    nick: Option<String>,
    /// Host, HOST:PORT or URL [default: $TEAHOUSE_SERVER or localhost:5000]
    #[arg(long, value_name = "HOST | URL")]
    server: Option<String>,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct TailArgs {
    /// Which room
    room: String,
    /// From where on: after a position (120), the last events (-20), a time (10:32, 2026-11-24,
    /// 2026-11-24 10:32) or how long ago (15m, 2h, 3d) [default: the last few]
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true)]
    since: Option<String>,
    /// Each event as JSON, one a line
    #[arg(long)]
    json: bool,
    /// Make the room if there is none of that name
    #[arg(long)]
    create: bool,
    /// Host, HOST:PORT or URL [default: $TEAHOUSE_SERVER or localhost:5000]
    #[arg(long, value_name = "HOST | URL")]
    server: Option<String>,
}

pub(crate) fn join(join: &JoinArgs) -> Result<(), ClientError> {
    let environment = environment();
    let server =
        arguments::server_and_port(join.server.as_deref(), join.port, environment.as_deref())?;
    let nick = arguments::nick(join.nick.as_deref())?;
    let rooms = join.room.iter().map(|room| arguments::room(room)).collect::<Result<_, _>>()?;
    let is_typed = stdin().is_terminal();
    // A pipe has no state to resume.
    let state = if is_typed { state::directory() } else { None };
    if is_typed && stdout().is_terminal() && !join.plain {
        match screen::unfit(|name| std::env::var(name).ok()) {
            None => return screen::join(Config { server, nick, rooms, state }, join.theme),
            // Where standard error is closed, the reason is not wanted.
            Some(why) => drop(writeln!(stderr(), "{why}: line by line, as with --plain")),
        }
    }
    let plain = Plain { server, nick, rooms, state, echoes: !is_typed };
    plain::join(plain, BufReader::new(stdin()), stdout())
}

pub(crate) fn say(say: SayArgs) -> Result<(), ClientError> {
    let words = match (say.text.as_slice(), say.whole) {
        ([], true) => Words::Whole,
        ([], false) => Words::Lines,
        (text, _) => Words::Given(text.join(" ")),
    };
    let server = arguments::server(say.server.as_deref(), environment().as_deref())?;
    let nick = arguments::nick(say.nick.as_deref())?;
    let room = arguments::room(&say.room)?;
    let say = Say { server, nick, room, create: say.create, words };
    say::say(say, BufReader::new(stdin()), stderr())
}

pub(crate) fn tail(tail: &TailArgs) -> Result<(), ClientError> {
    let server = arguments::server(tail.server.as_deref(), environment().as_deref())?;
    let room = arguments::room(&tail.room)?;
    let since = tail.since.as_deref().map(Since::parse).transpose()?;
    let TailArgs { create, json, .. } = *tail;
    let tail = Tail { server, room, create, since, json, is_read: tail::is_stdout_read };
    tail::tail(tail, stdout(), stderr())
}

/// A parser of the name of a palette.
fn palette() -> impl TypedValueParser<Value = Palette> {
    PossibleValuesParser::new(Palette::NAMES)
        .try_map(|name| Palette::named(&name).ok_or_else(|| format!("there is no palette {name}")))
}

fn environment() -> Option<String> {
    std::env::var(arguments::SERVER_VARIABLE).ok()
}
