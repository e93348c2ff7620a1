//! The shell around the model: the terminal, the clock, the other end. No decisions.
//!
//! One loop on one thread: keys first, then what arrives, then, at most every [`FRAME`], one drawing of
//! everything that changed. While nothing happens it sleeps.

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

/// Between two drawings at least: more than 60 a second nobody sees.
const FRAME: Duration = Duration::from_millis(16);
/// Bytes of a drawing that are written at once: a large screen, drawn anew. In many small pieces it could be seen
/// half drawn.
const FRAME_BYTES: usize = 64 * 1024;
/// How long the other end may take to say bye.
const BYE: Duration = Duration::from_secs(2);

/// Shows the interface until the person leaves, or is made to: by a signal, or because the terminal closed. On
/// every way out what was to be kept is handed over first. Needs a tokio runtime with time and I/O; one thread will do.
///
/// # Errors
/// When the terminal cannot be read or written; it is left as it was found. When the other end was not
/// reached or went away.
pub async fn run<P: Peer>(peer: &mut P, setup: Setup, palette: Palette) -> Result<(), ClientError> {
    let mut session = Session::begin().map_err(ClientError::Start)?;
    let shell = Shell::new(peer, setup, palette, &mut session).map_err(ClientError::Start)?;
    let shown = Box::pin(shell.run()).await;
    session.end().map_err(ClientError::Output)?;
    shown.map_err(ClientError::Output)?;
    peer.ending()
}

/// Everything that is not the model.
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
    /// Something changed and is not drawn.
    is_stale: bool,
    drawn_at: Option<Instant>,
    /// The first drawing waits for what the terminal answers, until then.
    draw_from: Instant,
    is_closing: bool,
    is_peer_closed: bool,
    /// Somebody else has the terminal: we are stopped, or about to be.
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
        // Of the other palettes it is known whether they are for light or dark screens, or they are for both.
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
        let shown = self.show().await;
        for keep in self.model.close() {
            self.peer.keep(keep);
        }
        self.say_bye().await;
        shown
    }

    async fn show(&mut self) -> io::Result<()> {
        let mut events = EventStream::new();
        let mut signals = Signals::new()?;
        while !self.is_closing {
            match self.wait(&mut events, &mut signals).await {
                Woken::Terminal(Some(event)) => {
                    let sorted = self.answers.take(event?, Instant::now());
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

    /// Takes what the person did, and what the terminal answered.
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

    /// Waits for the next thing, in this order when there are many: a drawing that is due, keys, the time,
    /// what arrives.
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
        // The time of day is read afresh, because it may be set while we run.
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

    /// Leaves the terminal to the shell until it brings us back, which a signal tells.
    fn stop(&mut self, stop: impl FnOnce() -> io::Result<bool>) -> io::Result<()> {
        self.session.release()?;
        self.is_away = true;
        // Nobody would bring us back.
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
        // A server that does not answer keeps nobody here.
        tokio::time::timeout(BYE, rest).await.ok();
    }
}
