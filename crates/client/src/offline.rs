//! Whether a client without a screen is offline, since when, and when it gives up.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::ClientError;
use crate::link::{Server, State};

/// How long a client without a screen waits for a server that was reachable before: longer than a restart takes.
pub(crate) const OFFLINE_MAX: Duration = Duration::from_secs(60);

/// Follows the state of a link.
#[derive(Debug, Default)]
pub(crate) struct OfflineWatch {
    was_online: bool,
    lost_since: Option<Instant>,
}

impl OfflineWatch {
    /// Records a change of the state. Returns the line to print about it, if any.
    ///
    /// # Errors
    /// When the server could not be reached at all.
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

    /// When the client gives up, while the connection is lost.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lost_since.map(|since| since + OFFLINE_MAX)
    }
}
