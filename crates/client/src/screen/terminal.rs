//! The shell around the model: the terminal, the clock and the peer. It decides nothing.
//!
//! One loop on one thread: keys first, then what arrives, then, at most every [`FRAME`], one drawing of everything
//! that changed. It sleeps while nothing happens.

mod answers;
pub(super) mod kind;
mod outside;
mod session;
mod signals;
mod steady;
mod translate;

use std::io::{self, BufWriter};
use std::time::Duration;

use crossterm::event::EventStream;
use futures_util::StreamExt;
use ratatui::Terminal;
use tokio::time::{Instant, sleep_until};

use super::input::{Effect, Input, Now, Size};
use super::model::{Model, Setup};
use super::peer::Peer;
use super::view::{self, Charset, Palette, Theme};
use crate::error::ClientError;
use answers::{ANSWER_WAIT, Answers, Background, Sorted};
use outside::{Notifier, open};
use session::Session;
use signals::{Control, Signals};
pub use steady::Steady;

/// The least time between two drawings: nobody sees more than 60 a second.
const FRAME: Duration = Duration::from_millis(16);
/// Bytes of a drawing that are written at once: enough for a large screen drawn anew. In small pieces a half drawn
/// screen could become visible.
const FRAME_BYTES: usize = 64 * 1024;
/// How long the peer may take to say bye.
const BYE: Duration = Duration::from_secs(2);

/// Runs the interface until the user leaves, a signal ends it, or the terminal closes. In each case the drafts are
/// handed to the peer first. Needs a tokio runtime with time and I/O; one thread is enough.
///
/// # Errors
/// When the terminal cannot be read or written; it is restored to its earlier state. When the server was not reached
/// or ended the connection.
pub async fn run<P: Peer>(peer: &mut P, setup: Setup, palette: Palette) -> Result<(), ClientError> {
    let mut session = Session::begin().map_err(ClientError::Start)?;
    let shell = Shell::new(peer, setup, palette, &mut session).map_err(ClientError::Start)?;
    let result = Box::pin(shell.run()).await;
    session.end().map_err(ClientError::Output)?;
    result.map_err(ClientError::Output)?;
    peer.ending()
}

/// Everything except the model's decisions.
struct Shell<'a, P> {
    peer: &'a mut P,
    session: &'a mut Session,
    terminal: Terminal<Steady<BufWriter<io::Stdout>>>,
    palette: Palette,
    charset: Charset,
    theme: Theme,
    answers: Answers,
    notifier: Notifier,
    model: Model,
    started: Instant,
    started_ms: i64,
    /// Whether a change is not drawn yet.
    is_stale: bool,
    drawn_at: Option<Instant>,
    /// Until then the first drawing waits for the terminal's answer.
    draw_from: Instant,
    is_closing: bool,
    is_peer_closed: bool,
    /// Whether another program has the terminal: this process is stopped, or about to be.
    is_away: bool,
}

/// What woke the loop.
enum Woken {
    Terminal(Option<io::Result<crossterm::event::Event>>),
    HeldBack,
    Peer(Option<Input>),
    Draw,
    Tick,
    Control(Control),
}

impl<'a, P: Peer> Shell<'a, P> {
    fn new(
        peer: &'a mut P,
        setup: Setup,
        palette: Palette,
        session: &'a mut Session,
    ) -> io::Result<Self> {
        let out = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        let charset = match kind::charset(|name| std::env::var(name).ok()) {
            Charset::Ascii if session.takes_utf8() => Charset::Lineless,
            charset @ (Charset::Full | Charset::Lineless | Charset::Ascii) => charset,
        };
        let terminal = Terminal::new(Steady::new(out))?;
        let started = Instant::now();
        // Only this palette depends on the background, which the terminal is asked for.
        let draw_from = match palette {
            Palette::Either if session.ask_background()? => started + ANSWER_WAIT,
            Palette::Either
            | Palette::Dark
            | Palette::Light
            | Palette::Sixteen
            | Palette::Plain => started,
        };
        let started_ms = jiff::Timestamp::now().as_millisecond();
        let size = terminal.size()?;
        let size = Size { columns: size.width, rows: size.height };
        let now = Now { since_start_ms: 0, time_ms: started_ms };
        Ok(Self {
            peer,
            session,
            terminal,
            palette,
            charset,
            theme: Theme::of(palette, charset),
            answers: Answers::default(),
            notifier: Notifier::detect(|name| std::env::var(name).ok()),
            model: Model::new(setup, size, now),
            started,
            started_ms,
            is_stale: true,
            drawn_at: None,
            draw_from,
            is_closing: false,
            is_peer_closed: false,
            is_away: false,
        })
    }

    async fn run(mut self) -> io::Result<()> {
        let result = self.run_loop().await;
        for keep in self.model.close() {
            self.peer.keep(keep);
        }
        self.say_bye().await;
        result
    }

    async fn run_loop(&mut self) -> io::Result<()> {
        let mut events = EventStream::new();
        let mut signals = Signals::new()?;
        while !self.is_closing {
            match self.wait(&mut events, &mut signals).await {
                Woken::Terminal(Some(event)) => {
                    let sorted = self.answers.sort(event?, Instant::now());
                    self.handle_sorted(sorted)?;
                }
                Woken::HeldBack => {
                    let events = self.answers.release();
                    self.handle_sorted(Sorted { events, background: None })?;
                }
                Woken::Terminal(None) | Woken::Control(Control::End) => self.is_closing = true,
                Woken::Control(Control::Stop) => self.stop(signals::stop_process)?,
                Woken::Control(Control::Continue) => self.resume()?,
                Woken::Peer(Some(input)) => {
                    self.handle(input)?;
                    self.is_closing |= self.peer.is_hopeless();
                }
                Woken::Peer(None) => self.is_peer_closed = true,
                Woken::Draw => self.draw()?,
                Woken::Tick => self.handle(Input::Tick)?,
            }
        }
        Ok(())
    }

    /// Handles the user's events and the terminal's answer.
    fn handle_sorted(&mut self, sorted: Sorted) -> io::Result<()> {
        let background = sorted.background.filter(|_| self.palette == Palette::Either);
        if let Some(background) = background {
            let palette = match background {
                Background::Light => Palette::Light,
                Background::Dark => Palette::Dark,
            };
            self.theme = Theme::of(palette, self.charset);
            self.draw_from = self.started;
            self.is_stale = true;
        }
        for event in sorted.events {
            if let Some(input) = translate::input(event) {
                self.handle(input)?;
            }
        }
        Ok(())
    }

    /// Waits for the next event. If several are ready, the order is: a due drawing, keys, the clock, what arrives.
    async fn wait(&mut self, events: &mut EventStream, signals: &mut Signals) -> Woken {
        let draw_at = self.drawn_at.map_or(self.draw_from, |at| at + FRAME);
        let held_until = self.answers.due();
        let wake_at = self.model.wake_at().map(|at| self.started + Duration::from_millis(at));
        tokio::select! {
            biased;
            () = sleep_until(draw_at), if self.is_stale && !self.is_away => Woken::Draw,
            event = events.next() => Woken::Terminal(event),
            () = sleep_until(held_until.unwrap_or(draw_at)), if held_until.is_some() => Woken::HeldBack,
            control = signals.next() => Woken::Control(control),
            () = sleep_until(wake_at.unwrap_or(draw_at)), if wake_at.is_some() => Woken::Tick,
            input = self.peer.next(), if !self.is_peer_closed => Woken::Peer(input),
        }
    }

    fn now(&self) -> Now {
        let since = self.started.elapsed().as_millis();
        let since_start_ms = u64::try_from(since).unwrap_or(u64::MAX);
        // The time of day is read each time, because the system clock may be set while the client runs.
        let time_ms = jiff::Timestamp::now().as_millisecond().max(self.started_ms);
        Now { since_start_ms, time_ms }
    }

    fn handle(&mut self, input: Input) -> io::Result<()> {
        self.is_stale = true;
        for effect in self.model.update(input, self.now()) {
            self.perform(effect)?;
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Ask { reference, request } => self.peer.ask(reference, request),
            Effect::Say { room, text, acted } => self.peer.say(&room, &text, acted),
            Effect::Join(room) => self.peer.join(&room),
            Effect::Leave(room) => self.peer.leave(&room),
            Effect::SendLine(line) => self.peer.send_line(&line),
            Effect::Keep(keep) => self.peer.keep(keep),
            Effect::Bell => self.notifier.ring()?,
            Effect::Notify { title, body } => self.notifier.notify(&title, &body)?,
            Effect::Open(link) => {
                if let Err(error) = open(&link) {
                    self.handle(Input::Failed(format!("cannot open {link}: {error}")))?;
                }
            }
            Effect::TakeMouse(is_ours) => self.session.take_mouse(is_ours)?,
            Effect::Redraw => self.terminal.clear()?,
            Effect::Suspend => self.stop(signals::stop_group)?,
            Effect::Quit => self.is_closing = true,
        }
        Ok(())
    }

    /// Leaves the terminal to the shell until a signal says that the process continues.
    fn stop(&mut self, stop: impl FnOnce() -> io::Result<bool>) -> io::Result<()> {
        self.session.release()?;
        self.is_away = true;
        // Without a shell nothing would continue the process.
        if stop()? { Ok(()) } else { self.resume() }
    }

    fn resume(&mut self) -> io::Result<()> {
        self.is_away = false;
        self.session.reclaim()?;
        self.terminal.clear()?;
        let size = self.terminal.size()?;
        let size = Size { columns: size.width, rows: size.height };
        self.handle(Input::Resize(size))
    }

    fn draw(&mut self) -> io::Result<()> {
        self.is_stale = false;
        self.drawn_at = Some(Instant::now());
        self.model.follow_caret();
        let (model, theme) = (&self.model, &self.theme);
        self.terminal.backend_mut().begin_frame()?;
        self.terminal.draw(|frame| {
            if let Some(caret) = view::draw(model, theme, frame.buffer_mut()) {
                frame.set_cursor_position(caret);
            }
        })?;
        self.terminal.backend_mut().end_frame()
    }

    async fn say_bye(&mut self) {
        self.peer.bye();
        let rest = async { while self.peer.next().await.is_some() {} };
        // A server that does not answer must not delay the exit further.
        tokio::time::timeout(BYE, rest).await.ok();
    }
}
