//! What to do when a server does not answer: how long to wait, and what to print about it.

use std::time::Duration;

use tokio::time::Instant;

use super::request_error::RequestError;
use crate::link::Retry;

/// The results of the requests so far.
#[derive(Debug)]
pub(crate) struct Attempts {
    was_reached: bool,
    retry: Retry,
    /// When the first of the failures in a row happened.
    failing_since: Option<Instant>,
    /// Whether the loss of the connection was reported.
    is_lost: bool,
    /// The reason of the last [`RequestError::Busy`].
    busy: Option<String>,
}

impl Attempts {
    pub(crate) fn new(seed: u64) -> Self {
        let retry = Retry::new(seed);
        Self { was_reached: false, retry, failing_since: None, is_lost: false, busy: None }
    }

    /// Whether the server ever answered.
    pub(crate) fn was_reached(&self) -> bool {
        self.was_reached
    }

    /// Records an answer. Returns the line to print about it, if any.
    pub(crate) fn succeed(&mut self) -> Option<String> {
        self.was_reached = true;
        self.retry.succeed();
        (self.busy, self.failing_since) = (None, None);
        std::mem::take(&mut self.is_lost).then(|| "connected again".to_owned())
    }

    /// For how long all requests have failed.
    pub(crate) fn failing_for(&self) -> Duration {
        self.failing_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Records a failure. Returns the pause before the next try, and the line to print unless it was printed before.
    pub(crate) fn fail(&mut self, error: &RequestError) -> (Duration, Option<String>) {
        match error {
            RequestError::Busy { why, wait } => {
                self.was_reached = true;
                self.failing_since.get_or_insert_with(Instant::now);
                let is_news = self.busy.as_ref() != Some(why);
                self.busy = Some(why.clone());
                let line = format!("the house says: {why}; trying again in {} s", wait.as_secs());
                (*wait, is_news.then_some(line))
            }
            RequestError::Unreachable(why) | RequestError::Broken(why) => {
                self.was_reached |= matches!(error, RequestError::Broken(_));
                let is_news = !std::mem::replace(&mut self.is_lost, true);
                self.failing_since.get_or_insert_with(Instant::now);
                let line = format!("connection lost ({why}); trying again");
                (self.retry.fail(), is_news.then_some(line))
            }
            RequestError::Refused(_) => (Duration::ZERO, None),
        }
    }
}
