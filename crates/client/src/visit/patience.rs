//! What to do when a server does not answer: how long to wait, and what of it is worth a line.

use std::time::Duration;

use tokio::time::Instant;

use super::missed::Missed;
use crate::link::Retry;

/// How it went until now.
#[derive(Debug)]
pub(crate) struct Patience {
    was_reached: bool,
    retry: Retry,
    /// Since when nothing has come of it.
    missed_since: Option<Instant>,
    /// It was told that the connection is lost.
    is_lost: bool,
    /// Why it was busy the last time.
    busy: Option<String>,
}

impl Patience {
    pub(crate) fn new(seed: u64) -> Self {
        let retry = Retry::new(seed);
        Self { was_reached: false, retry, missed_since: None, is_lost: false, busy: None }
    }

    /// Whether it was ever there.
    pub(crate) fn was_reached(&self) -> bool {
        self.was_reached
    }

    /// It answers. What is to be told of that, if anything.
    pub(crate) fn succeed(&mut self) -> Option<String> {
        self.was_reached = true;
        self.retry.succeed();
        (self.busy, self.missed_since) = (None, None);
        std::mem::take(&mut self.is_lost).then(|| "connected again".to_owned())
    }

    /// For how long nothing has come of it.
    pub(crate) fn missed_for(&self) -> Duration {
        self.missed_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How long to wait before the next try, and what is to be told, if that is news.
    pub(crate) fn miss(&mut self, missed: &Missed) -> (Duration, Option<String>) {
        match missed {
            Missed::Busy { why, wait } => {
                self.was_reached = true;
                self.missed_since.get_or_insert_with(Instant::now);
                let is_news = self.busy.as_ref() != Some(why);
                self.busy = Some(why.clone());
                let told = format!("the house says: {why}; trying again in {} s", wait.as_secs());
                (*wait, is_news.then_some(told))
            }
            Missed::Unreached(why) | Missed::Broken(why) => {
                self.was_reached |= matches!(missed, Missed::Broken(_));
                let is_news = !std::mem::replace(&mut self.is_lost, true);
                self.missed_since.get_or_insert_with(Instant::now);
                let told = format!("connection lost ({why}); trying again");
                (self.retry.fail(), is_news.then_some(told))
            }
            Missed::Refused(_) => (Duration::ZERO, None),
        }
    }
}
