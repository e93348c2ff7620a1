//! The addresses from which browsers have made requests. A browser opens spare connections and sends nothing on them;
//! a person with `nc` sends nothing either and waits for a greeting. A silent connection counts as a browser's if a
//! browser has made a request from its address lately. Other HTTP programs (`curl`, scrapers) open no spare connections
//! and do not count, so a person who uses them beside `nc` is still greeted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use teahouse_core::{Origin, SteadyTime};

/// Addresses that are remembered; at the limit the one with the oldest request is evicted.
const BROWSERS_MAX: usize = 4096;
/// How long a browser is remembered after its last request, milliseconds. A browser also connects early, while a person
/// still types an address that the person visited before.
const LATELY_MS: u64 = 10 * 60 * 1000;

/// When a browser last made a request from each address.
#[derive(Debug, Default)]
pub(crate) struct Browsers {
    // Locked when a connection is silent and when a browser makes a request, never on the path of a message.
    seen_at: Mutex<HashMap<Origin, SteadyTime>>,
}

impl Browsers {
    /// Records that a browser has just made a request from this address.
    pub(crate) fn note(&self, origin: Origin, now: SteadyTime) {
        let mut seen_at = self.seen_at.lock().unwrap_or_else(PoisonError::into_inner);
        if seen_at.len() >= BROWSERS_MAX && !seen_at.contains_key(&origin) {
            seen_at.retain(|_, seen| is_lately(*seen, now));
            let oldest = seen_at.iter().min_by_key(|(_, seen)| **seen).map(|(origin, _)| *origin);
            if let Some(oldest) = oldest.filter(|_| seen_at.len() >= BROWSERS_MAX) {
                seen_at.remove(&oldest);
            }
        }
        seen_at.insert(origin, now);
    }

    /// Whether a browser has made a request from this address lately.
    pub(crate) fn are_at(&self, origin: Origin, now: SteadyTime) -> bool {
        let seen_at = self.seen_at.lock().unwrap_or_else(PoisonError::into_inner);
        seen_at.get(&origin).is_some_and(|seen| is_lately(*seen, now))
    }
}

fn is_lately(seen: SteadyTime, now: SteadyTime) -> bool {
    now.ms_since(seen) < LATELY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_remembered_for_ten_minutes_and_their_number_is_bounded() {
        let browsers = Browsers::default();
        let at = |seconds: u64| SteadyTime(seconds * 1000);
        browsers.note(Origin(1), at(0));
        assert!(browsers.are_at(Origin(1), at(599)));
        assert!(!browsers.are_at(Origin(1), at(600)));
        assert!(!browsers.are_at(Origin(2), at(0)));
        for number in 0..2 * BROWSERS_MAX as u64 {
            browsers.note(Origin(number), at(700));
        }
        assert_eq!(browsers.seen_at.lock().unwrap().len(), BROWSERS_MAX);
        browsers.note(Origin(1), at(701));
        assert!(browsers.are_at(Origin(1), at(702)));
    }
}
