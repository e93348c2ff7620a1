//! Signals from outside, as what they mean here.

/// What a signal tells us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// To end: the terminal closed, or somebody wants us gone.
    End,
    /// To stop until we are told to go on.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no stopping and going on there"))]
    Stop,
    /// To go on. Whoever had the terminal meanwhile left it as they liked.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no stopping and going on there"))]
    Continue,
}

pub(super) use system::{Signals, stop_group, stop_process};

#[cfg(unix)]
mod system {
    use std::io;

    use rustix::process::{Signal, getpgid, getpgrp, getpid, getppid, getsid};
    use tokio::signal::unix::{self, SignalKind, signal};

    use super::Control;

    /// The signals that are heard.
    pub(in crate::screen::terminal) struct Signals {
        hang_up: unix::Signal,
        terminate: unix::Signal,
        interrupt: unix::Signal,
        quit: unix::Signal,
        stop: unix::Signal,
        resume: unix::Signal,
    }

    impl Signals {
        pub(in crate::screen::terminal) fn new() -> io::Result<Self> {
            Ok(Self {
                hang_up: signal(SignalKind::hangup())?,
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                quit: signal(SignalKind::quit())?,
                stop: signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?,
                resume: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
            })
        }

        pub(in crate::screen::terminal) async fn next(&mut self) -> Control {
            tokio::select! {
                _ = self.hang_up.recv() => Control::End,
                _ = self.terminate.recv() => Control::End,
                _ = self.interrupt.recv() => Control::End,
                _ = self.quit.recv() => Control::End,
                _ = self.stop.recv() => Control::Stop,
                _ = self.resume.recv() => Control::Continue,
            }
        }
    }

    /// Stops this program; says whether it did. It returns when somebody lets it go on.
    pub(in crate::screen::terminal) fn stop_process() -> io::Result<bool> {
        let can_stop = has_shell();
        if can_stop {
            // The signal that can be heard is, so that the terminal is given back before.
            rustix::process::kill_process(getpid(), Signal::STOP)?;
        }
        Ok(can_stop)
    }

    /// The same with everything that was started in one command with this program.
    pub(in crate::screen::terminal) fn stop_group() -> io::Result<bool> {
        let can_stop = has_shell();
        if can_stop {
            rustix::process::kill_process_group(getpgrp(), Signal::STOP)?;
        }
        Ok(can_stop)
    }

    /// Whether there is a shell that would let us go on: a parent in our session that is not of our group. The
    /// system asks the same before it stops anybody by `SIGTSTP`.
    fn has_shell() -> bool {
        let Some(parent) = getppid() else { return false };
        let is_of_session =
            matches!((getsid(Some(parent)), getsid(None)), (Ok(a), Ok(b)) if a == b);
        let is_of_group = getpgid(Some(parent)).is_ok_and(|group| group == getpgrp());
        is_of_session && !is_of_group
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    use tokio::signal::windows::{CtrlBreak, CtrlClose, CtrlLogoff, CtrlShutdown};
    use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_logoff, ctrl_shutdown};

    use super::Control;

    /// The events of the console that are heard.
    pub(in crate::screen::terminal) struct Signals {
        close: CtrlClose,
        ctrl_break: CtrlBreak,
        logoff: CtrlLogoff,
        shutdown: CtrlShutdown,
    }

    impl Signals {
        pub(in crate::screen::terminal) fn new() -> io::Result<Self> {
            Ok(Self {
                close: ctrl_close()?,
                ctrl_break: ctrl_break()?,
                logoff: ctrl_logoff()?,
                shutdown: ctrl_shutdown()?,
            })
        }

        pub(in crate::screen::terminal) async fn next(&mut self) -> Control {
            tokio::select! {
                _ = self.close.recv() => Control::End,
                _ = self.ctrl_break.recv() => Control::End,
                _ = self.logoff.recv() => Control::End,
                _ = self.shutdown.recv() => Control::End,
            }
        }
    }

    /// There is no stopping and going on here.
    pub(in crate::screen::terminal) fn stop_process() -> io::Result<bool> {
        Ok(false)
    }

    /// The same.
    pub(in crate::screen::terminal) fn stop_group() -> io::Result<bool> {
        Ok(false)
    }
}
