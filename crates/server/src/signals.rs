//! Signals of the operating system as the server understands them.

use tokio::sync::mpsc;

use crate::server::Signal;

/// Signals waiting for the server; more of the same say nothing new.
const SIGNALS_MAX: usize = 8;

/// Listens for signals. Needs a tokio runtime; ends with it.
///
/// # Errors
/// When the system does not let us listen.
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
        // A file that may not grow any further is an error where it is written, as a full disk is; without
        // somebody who listens the signal would end the server. Who listens stays when this is dropped.
        let listened = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
        drop(listened);
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
