//! Sets the terminal up, and restores it on every way out, including a panic.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};

/// Whether the terminal is set up. Static, because the panic hook has access to nothing else.
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// The terminal while the interface uses it.
#[derive(Debug)]
pub(super) struct Session {
    has_mouse: bool,
}

impl Session {
    pub(super) fn begin() -> io::Result<Self> {
        restore_on_panic();
        let session = Self { has_mouse: true };
        session.claim()?;
        Ok(session)
    }

    fn claim(&self) -> io::Result<()> {
        enable_raw_mode()?;
        IS_OURS.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        queue!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
        // A cluster that a terminal paints too wide stays in its row, and does not scroll the screen in the last one.
        queue!(out, DisableLineWrap)?;
        if self.has_mouse {
            queue!(out, EnableMouseCapture)?;
        }
        keyboard::enable(&mut out)?;
        out.flush()
    }

    pub(super) fn end(self) -> io::Result<()> {
        restore()
    }

    pub(super) fn take_mouse(&mut self, is_ours: bool) -> io::Result<()> {
        self.has_mouse = is_ours;
        if is_ours {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }

    /// Queries the background colour. Returns whether it did. The answer comes among the keys.
    pub(super) fn ask_background(&self) -> io::Result<bool> {
        if !can_query() {
            return Ok(false);
        }
        let mut out = io::stdout();
        out.write_all(super::answers::QUESTION.as_bytes())?;
        out.flush()?;
        Ok(true)
    }

    /// Whether the terminal reads our output as UTF-8: then a letter of two bytes takes one column. Must be called before
    /// keys are read. A terminal that does not answer costs two seconds, and the locale decides.
    pub(super) fn takes_utf8(&self) -> bool {
        let query = || {
            let mut out = io::stdout();
            execute!(out, crossterm::cursor::MoveTo(0, 0), crossterm::style::Print("\u{e9}"))?;
            let at = crossterm::cursor::position();
            let all = crossterm::terminal::ClearType::All;
            execute!(out, crossterm::terminal::Clear(all), crossterm::cursor::MoveTo(0, 0))?;
            at
        };
        can_query() && query().is_ok_and(|(column, _)| column == 1)
    }

    /// Restores the terminal while another program uses it.
    pub(super) fn release(&mut self) -> io::Result<()> {
        restore()
    }

    /// Sets the terminal up again, in whatever state another program left it.
    pub(super) fn reclaim(&mut self) -> io::Result<()> {
        restore()?;
        self.claim()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Nothing can be done for a terminal that cannot be written to.
        restore().ok();
    }
}

/// Restores the terminal, once.
fn restore() -> io::Result<()> {
    if !IS_OURS.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = io::stdout();
    keyboard::disable(&mut out)?;
    queue!(out, DisableMouseCapture, DisableFocusChange, DisableBracketedPaste)?;
    queue!(out, EnableLineWrap, crossterm::cursor::Show, LeaveAlternateScreen)?;
    out.flush()?;
    disable_raw_mode()
}

fn restore_on_panic() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        restore().ok();
        before(panicked);
    }));
}

/// Whether the terminal can be queried: the Linux console may print unknown sequences, and the Windows console has
/// other ways.
fn can_query() -> bool {
    cfg!(unix) && std::env::var("TERM").is_ok_and(|term| term != "linux")
}

/// The kitty keyboard protocol, so that Shift-Enter differs from Enter. Whether the terminal supports it is not
/// queried: that costs a wait, and a terminal without it ignores the sequence.
#[cfg(unix)]
mod keyboard {
    use crossterm::event::{
        KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
    };
    use crossterm::queue;
    use std::io::{self, Write};

    /// The Linux console prints unknown sequences.
    fn is_known_to_fail() -> bool {
        std::env::var("TERM").is_ok_and(|term| term == "linux" || term == "dumb")
    }

    pub(super) fn enable(out: &mut impl Write) -> io::Result<()> {
        if is_known_to_fail() {
            return Ok(());
        }
        let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;
        queue!(out, PushKeyboardEnhancementFlags(flags))
    }

    pub(super) fn disable(out: &mut impl Write) -> io::Result<()> {
        if is_known_to_fail() { Ok(()) } else { queue!(out, PopKeyboardEnhancementFlags) }
    }
}

/// The Windows console distinguishes the keys by itself.
#[cfg(not(unix))]
mod keyboard {
    use std::io::{self, Write};

    pub(super) fn enable(_: &mut impl Write) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn disable(_: &mut impl Write) -> io::Result<()> {
        Ok(())
    }
}
