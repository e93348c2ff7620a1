//! Translates signals of the operating system into signals of the server.

use tokio::sync::mpsc;

use crate::server::Signal;

/// Signals queued for the server; more of the same signal add nothing.
const SIGNALS_MAX: usize = 8;

/// Listens for signals until the tokio runtime ends. Must be called in a tokio runtime.
///
/// # Errors
/// When the system does not allow a signal handler.
pub fn listen() -> std::io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(SIGNALS_MAX);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            (SignalKind::terminate(), Signal::Stop),
            (SignalKind::interrupt(), Signal::Stop),
            (SignalKind::hangup(), Signal::Reload),
        ];
        // With a handler, a write beyond the file size limit fails like a write to a full disk; without one, SIGXFSZ
        // would end the server. Tokio keeps the handler after the drop.
        let handled = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
        drop(handled);
        for (kind, meaning) in kinds {
            let mut signals = signal(kind)?;
            let sender = sender.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() && sender.send(meaning).await.is_ok() {}
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && sender.send(Signal::Stop).await.is_ok() {}
    });
    Ok(receiver)
}
