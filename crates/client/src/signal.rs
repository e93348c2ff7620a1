//! How the connection of a client without a screen has been, and when its patience ends.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::ClientError;
use crate::link::{Server, State};

/// How long a script waits for a server that was there: a restart takes less.
pub(crate) const OFFLINE_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct Signal {
    was_online: bool,
    lost_since: Option<Instant>,
}

impl Signal {
    /// Takes a change; what is to be told of it, if anything.
    ///
    /// # Errors
    /// When the server cannot be reached at all.
    pub(crate) fn handle(
        &mut self,
        state: &State,
        server: &Server,
    ) -> Result<Option<String>, ClientError> {
        match state {
            State::Connecting { .. } | State::Ended { .. } => Ok(None),
            State::Online(_) => {
                self.was_online = true;
                Ok(self.lost_since.take().map(|_| "connected again".to_owned()))
            }
            State::Offline { why, .. } if !self.was_online => {
                let (server, what) = (server.to_string(), why.clone());
                Err(ClientError::Unreachable { server, what })
            }
            State::Offline { why, .. } => {
                let is_news = self.lost_since.is_none();
                self.lost_since.get_or_insert_with(Instant::now);
                Ok(is_news.then(|| format!("connection lost ({why}); trying again")))
            }
        }
    }

    /// When the connection has been lost for too long.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lost_since.map(|since| since + OFFLINE_MAX)
    }
}

/// Waits until then; for ever without a deadline.
pub(crate) async fn past(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Runs a conversation to its end on this thread.
///
/// # Errors
/// Its own, or when the system gives us no runtime.
pub(crate) fn block_on<T>(
    conversation: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    run(conversation).map_err(ClientError::Start)?
}

/// Runs a program that uses a [`crate::Link`] to its end, on this thread. What it left behind is not waited for: a
/// name that no resolver answers for would keep for many seconds whoever wants to go. A program with a tokio
/// runtime of its own does not need this.
///
/// # Errors
/// When the system gives us no runtime.
pub fn run<T>(program: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(program);
    runtime.shutdown_background();
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn who_wants_to_go_does_not_wait_for_what_cannot_be_stopped() {
        let (sender, ended) = channel();
        let (answer, resolver) = channel::<()>();
        std::thread::spawn(move || {
            let program = async move { drop(tokio::task::spawn_blocking(move || resolver.recv())) };
            sender.send(run(program)).unwrap();
        });
        ended.recv_timeout(Duration::from_secs(60)).unwrap().unwrap();
        drop(answer);
    }
}
