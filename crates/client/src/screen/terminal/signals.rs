//! Translates signals of the system into their meaning for the interface.

/// The meaning of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// End: the terminal closed, or the process is to terminate.
    End,
    /// Stop until [`Control::Continue`].
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no stopping and going on there"))]
    Stop,
    /// Continue. Another program may have changed the terminal meanwhile.
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

    /// The signals that are handled.
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

    /// Stops this process. Returns whether it did, after the process was continued.
    pub(in crate::screen::terminal) fn stop_process() -> io::Result<bool> {
        let can_stop = has_shell();
        if can_stop {
            // SIGSTOP, because SIGTSTP is handled here to restore the terminal before.
            rustix::process::kill_process(getpid(), Signal::STOP)?;
        }
        Ok(can_stop)
    }

    /// The same for all processes of the command that started this one.
    pub(in crate::screen::terminal) fn stop_group() -> io::Result<bool> {
        let can_stop = has_shell();
        if can_stop {
            rustix::process::kill_process_group(getpgrp(), Signal::STOP)?;
        }
        Ok(can_stop)
    }

    /// Whether there is a shell that can continue this process: a parent in the same session and another process group.
    /// The system has the same condition for stopping a process by `SIGTSTP`.
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

    /// The console events that are handled.
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

    /// Does nothing: Windows cannot stop and continue a process.
    pub(in crate::screen::terminal) fn stop_process() -> io::Result<bool> {
        Ok(false)
    }

    /// Does nothing, likewise.
    pub(in crate::screen::terminal) fn stop_group() -> io::Result<bool> {
        Ok(false)
    }
}
