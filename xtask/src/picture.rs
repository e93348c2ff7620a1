//! The picture of the client in the READMEs: a real server, a real client in a terminal of tmux, a few people who talk,
//! and then the screen, drawn as SVG.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// The file of the picture.
const PICTURE: &str = "docs/client.svg";
/// The directory for everything made on the way.
const WORKSHOP: &str = "target/picture";
/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (104, 18);
/// How long a state may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);
/// The size of one cell and, below, the margin of the screen, in pixels.
const CELL: (f32, f32) = (8.4, 17.0);
const MARGIN: f32 = 12.0;
/// The colours of a terminal where none is set.
const PAPER: &str = "#1c1c1c";
const INK: &str = "#d0d0d0";

pub(crate) fn run() -> Result<()> {
    crate::process::cargo(&["build", "--locked", "--package", "teahouse"])?;
    if Path::new(WORKSHOP).exists() {
        std::fs::remove_dir_all(WORKSHOP).context("cannot empty the workshop")?;
    }
    std::fs::create_dir_all(WORKSHOP).context("cannot make the workshop")?;
    let server = Server::open()?;
    let guests = ["bob", "小明", "carla"].map(|nick| Guest::join(server.port, nick));
    let terminal = Terminal::join(server.port)?;
    talk(guests, &terminal)?;
    let svg = draw(&terminal.screen()?);
    std::fs::write(PICTURE, svg).with_context(|| format!("cannot write {PICTURE}"))?;
    println!("{PICTURE} is written");
    Ok(())
}

/// The scene: people in two rooms, one of whom speaks to the owner of the screen.
fn talk([bob, ming, carla]: [Result<Guest>; 3], terminal: &Terminal) -> Result<()> {
    terminal.wait_for("nobody has said anything")?;
    let (mut bob, mut ming, mut carla) = (bob?, ming?, carla?);
    bob.say("/topic what we drink today")?;
    bob.say("good morning! 今天喝什么？")?;
    terminal.wait_for("good morning")?;
    ming.say("龙井，水刚开 🍵")?;
    terminal.wait_for("龙井")?;
    carla.say("お茶をどうぞ ☕ I have cake")?;
    terminal.wait_for("cake")?;
    carla.say("see https://tea.example/oolong（台湾）")?;
    terminal.wait_for("oolong（台湾）")?;
    terminal.type_in("/me puts the kettle on")?;
    terminal.press("Enter")?;
    terminal.wait_for("ann puts the kettle on")?;
    bob.say("/join tea")?;
    bob.say("anyone here?")?;
    bob.say("ann: are you coming?")?;
    terminal.wait_for("@1")?;
    ming.say("ann: 好的 👍 两杯绿茶，一壶乌龙")?;
    terminal.wait_for("两杯绿茶")?;
    terminal.type_in("谢谢，马上来 half a li")?;
    terminal.wait_for("half a li")
}

/// A server for the picture; dropping it ends the process.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn open() -> Result<Self> {
        let mut child = Command::new("target/debug/teahouse")
            .args(["serve", "--listen", "127.0.0.1:0", "--admin", "off"])
            .args(["--durability", "memory", "--log", "human/warn"])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let greeting = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(greeting).lines();
        let port = loop {
            let line = lines.next().context("the server ended")?.context("cannot read")?;
            if let Some(port) = line.trim().strip_prefix("nc 127.0.0.1 ") {
                break port.parse().context("no port")?;
            }
        };
        Ok(Self { child, port })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A person on a plain connection.
struct Guest {
    stream: TcpStream,
}

impl Guest {
    fn join(port: u16, nick: &str) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("cannot join")?;
        stream.set_read_timeout(Some(PATIENCE)).context("cannot wait")?;
        let mut guest = Self { stream };
        guest.say(&format!("/nick {nick}"))?;
        guest.wait_for_line(&format!("you are now known as {nick}"))?;
        Ok(guest)
    }

    fn say(&mut self, line: &str) -> Result<()> {
        self.stream.write_all(format!("{line}\n").as_bytes()).context("cannot say it")
    }

    fn wait_for_line(&mut self, words: &str) -> Result<()> {
        let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&received).contains(words) {
            let count = self.stream.read(&mut buffer).context("nothing came")?;
            ensure!(count > 0, "the server said goodbye before {words:?}");
            received.extend_from_slice(&buffer[..count]);
        }
        Ok(())
    }
}

/// The client in a terminal of tmux; dropping it ends both.
struct Terminal {
    socket: String,
}

impl Terminal {
    fn join(port: u16) -> Result<Self> {
        let terminal = Self { socket: format!("teahouse-picture-{}", std::process::id()) };
        let (columns, rows) = (SIZE.0.to_string(), SIZE.1.to_string());
        let status = Command::new("tmux")
            .args(["-L", &terminal.socket, "-f", "/dev/null", "-u", "new-session", "-d"])
            .args(["-x", &columns, "-y", &rows, "--"])
            .args(["target/debug/teahouse", "join", &format!("127.0.0.1:{port}")])
            .args(["--nick", "ann", "--room", "lobby", "--room", "tea"])
            .env("LC_ALL", "C.UTF-8")
            .env("SHELL", "/bin/sh")
            .env("COLORTERM", "truecolor")
            .env("COLORFGBG", "15;0")
            .env("XDG_STATE_HOME", std::fs::canonicalize(WORKSHOP).context("no workshop")?)
            .env_remove("NO_COLOR")
            .env_remove("TMUX")
            .status()
            .context("cannot run tmux")?;
        ensure!(status.success(), "tmux does not start");
        Ok(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("tmux")
            .args(["-L", &self.socket])
            .args(arguments)
            .output()
            .context("cannot run tmux")?;
        ensure!(output.status.success(), "tmux {arguments:?} failed");
        String::from_utf8(output.stdout).context("the screen is not UTF-8")
    }

    fn press(&self, key: &str) -> Result<()> {
        self.tmux(&["send-keys", key]).map(drop)
    }

    fn type_in(&self, text: &str) -> Result<()> {
        self.tmux(&["send-keys", "-l", "--", text]).map(drop)
    }

    fn wait_for(&self, words: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.tmux(&["capture-pane", "-p"])?;
            if screen.contains(words) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{words:?} does not come:\n{screen}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The screen with its colours and its cursor.
    fn screen(&self) -> Result<vt100::Parser> {
        let rows = self.tmux(&["capture-pane", "-p", "-e", "-N"])?;
        let cursor = self.tmux(&["display-message", "-p", "#{cursor_y} #{cursor_x}"])?;
        let (row, column) = cursor.trim().split_once(' ').context("no cursor")?;
        let (row, column): (u16, u16) = (row.parse()?, column.parse()?);
        let mut parser = parser(SIZE)?;
        parser.process(rows.trim_end_matches('\n').replace('\n', "\r\n").as_bytes());
        parser.process(format!("\x1b[{};{}H", row + 1, column + 1).as_bytes());
        Ok(parser)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]).ok();
    }
}

/// The screen as SVG: a rectangle for each background, a text for each run of one style.
fn draw(parser: &vt100::Parser) -> String {
    let screen = parser.screen();
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (x(columns) + MARGIN, MARGIN + f32::from(rows) * CELL.1 + MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"ui-monospace,'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            column = draw_run(screen, row, column, &mut svg);
        }
    }
    let (row, column) = screen.cursor_position();
    let (left, top) = (x(column), y(row));
    // Writing to a String cannot fail.
    writeln!(
        svg,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"{INK}\" opacity=\"0.7\"/>\n</svg>",
        CELL.0, CELL.1
    )
    .ok();
    svg
}

/// A terminal emulator of this size.
fn parser((columns, rows): (u16, u16)) -> Result<vt100::Parser> {
    Ok(vt100::Parser::new(rows.try_into()?, columns.try_into()?, 0))
}

fn x(column: u16) -> f32 {
    MARGIN + f32::from(column) * CELL.0
}

fn y(row: u16) -> f32 {
    MARGIN + f32::from(row) * CELL.1
}

/// The style of a cell, as attributes of SVG.
#[derive(PartialEq)]
struct Look {
    ink: String,
    paper: String,
    more: String,
}

impl Look {
    fn of(cell: &vt100::Cell) -> Self {
        let (mut ink, mut paper) = (colour(cell.fgcolor(), INK), colour(cell.bgcolor(), PAPER));
        if cell.inverse() {
            std::mem::swap(&mut ink, &mut paper);
        }
        let mut more = String::new();
        for (is_so, attribute) in [
            (cell.bold(), " font-weight=\"bold\""),
            (cell.italic(), " font-style=\"italic\""),
            (cell.underline(), " text-decoration=\"underline\""),
            (cell.dim(), " opacity=\"0.65\""),
        ] {
            if is_so {
                more.push_str(attribute);
            }
        }
        Self { ink, paper, more }
    }
}

/// Draws the cells of one style from `start` on, and returns the column after them. A wide character is drawn alone, so
/// that every other one begins at its column of the terminal, whatever the font.
fn draw_run(screen: &vt100::Screen, row: u16, start: u16, svg: &mut String) -> u16 {
    let Some(first) = screen.cell(row, start) else { return start + 1 };
    let look = Look::of(first);
    let mut text = String::new();
    let mut end = start;
    while let Some(cell) = screen.cell(row, end) {
        let is_wide = cell.is_wide();
        if Look::of(cell) != look || (is_wide && end > start) {
            break;
        }
        text.push_str(if cell.has_contents() { cell.contents() } else { " " });
        end += if is_wide { 2 } else { 1 };
        if is_wide {
            break;
        }
    }
    let wide = f32::from(end - start) * CELL.0;
    if look.paper != PAPER {
        writeln!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{wide}\" height=\"{}\" fill=\"{}\"/>",
            x(start),
            y(row),
            CELL.1,
            look.paper
        )
        .ok();
    }
    let shown = text.trim_end_matches(' ');
    if !shown.is_empty() {
        // One byte and one cell for each of these characters.
        let blanks = u16::try_from(text.len() - shown.len()).unwrap_or(0);
        let shown_wide = f32::from(end - start - blanks) * CELL.0;
        writeln!(
            svg,
            "<text xml:space=\"preserve\" x=\"{}\" y=\"{}\" textLength=\"{}\" fill=\"{}\"{}>{}</text>",
            x(start),
            y(row) + CELL.1 * 0.78,
            shown_wide,
            look.ink,
            look.more,
            escape(shown)
        )
        .ok();
    }
    end.max(start + 1)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The sixteen colours of a terminal, as most terminals have them.
const SIXTEEN: [&str; 16] = [
    "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5",
    "#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
];

fn colour(colour: vt100::Color, usual: &str) -> String {
    match colour {
        vt100::Color::Default => usual.to_owned(),
        vt100::Color::Idx(index @ 0..=15) => SIXTEEN[usize::from(index)].to_owned(),
        // A cube of six steps a colour, then 24 greys.
        vt100::Color::Idx(index @ 16..=231) => {
            let step = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            let (red, green, blue) = (step(cube / 36), step(cube / 6 % 6), step(cube % 6));
            format!("#{red:02x}{green:02x}{blue:02x}")
        }
        vt100::Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        vt100::Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_of_one_style_is_a_text_that_begins_at_its_column() {
        let mut parser = parser((8, 1)).unwrap();
        parser.process("a<\x1b[1;38;5;196m茶\x1b[0mb".as_bytes());
        let svg = draw(&parser);
        let texts: Vec<&str> = svg.lines().filter(|line| line.starts_with("<text")).collect();
        assert_eq!(texts.len(), 3, "{svg}");
        assert!(texts[0].contains("x=\"12\"") && texts[0].ends_with(">a&lt;</text>"), "{svg}");
        assert!(texts[1].contains("fill=\"#ff0000\" font-weight=\"bold\">茶"), "{svg}");
        assert!(texts[2].contains(&format!("x=\"{}\"", x(4))), "{svg}");
    }
}
