//! Where `tail` starts: at a position, at a number of events before the end, or at a time.

use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use teahouse_core::Time;
use teahouse_wire::command::{Clock, Moment};

use crate::error::ClientError;

/// Where to start printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// After the event with this position: `120`. With the last printed position, `tail` continues without a gap.
    Position(u64),
    /// With this number of past events: `-20`.
    Last(u64),
    /// At a time: `10:32` (the last time the clock showed it), `2026-11-24`, `2026-11-24 10:32`,
    /// `2026-11-24T10:32:00Z`, or a duration before now: `90s`, `15m`, `2h`, `3d`.
    Time {
        /// Unix time in milliseconds.
        ms: i64,
    },
}

impl Since {
    /// Reads a start as people write it; times are in the time zone of this machine.
    ///
    /// # Errors
    /// When it is in none of the forms above.
    pub fn parse(typed: &str) -> Result<Self, ClientError> {
        Self::parse_at(typed, &ZonedDateTime::now())
    }

    /// Reads a start as people write it; times are in the time zone of `now`.
    ///
    /// # Errors
    /// When it is in none of the forms above.
    pub fn parse_at(typed: &str, now: &ZonedDateTime) -> Result<Self, ClientError> {
        let typed = typed.trim();
        if let Ok(position) = typed.parse() {
            return Ok(Self::Position(position));
        }
        if let Some(Ok(count)) = typed.strip_prefix('-').map(str::parse) {
            return Ok(Self::Last(count));
        }
        let time = parse_ago(typed, now).or_else(|| parse_moment(typed, now));
        let time = time.ok_or_else(|| ClientError::Usage {
            what: format!(
                "{typed:?} is no place to begin: give a position (120), a number of events (-20), a \
                 time (10:32, 2026-11-24, 2026-11-24 10:32) or how long ago (15m, 2h, 3d)"
            ),
        })?;
        Ok(Self::Time { ms: time.as_millisecond() })
    }
}

fn parse_ago(typed: &str, now: &ZonedDateTime) -> Option<Timestamp> {
    let seconds = match typed.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u32 = typed.get(..typed.len() - 1)?.parse().ok()?;
    let before = SignedDuration::from_secs(i64::from(count) * seconds);
    now.timestamp().checked_sub(before).ok()
}

/// Reads a time in the form of the chat commands, or with a time zone.
fn parse_moment(typed: &str, now: &ZonedDateTime) -> Option<Timestamp> {
    if let Ok(timestamp) = typed.parse() {
        return Some(timestamp);
    }
    let zone = now.time_zone().clone();
    let clock = Clock { now: Time(now.timestamp().as_millisecond()), zone };
    Timestamp::from_millisecond(Moment::parse(typed)?.at(&clock).0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> String {
        let now: ZonedDateTime = "2026-11-24T10:32:05+08:00[+08:00]".parse().unwrap();
        match Since::parse_at(typed, &now) {
            Ok(Since::Position(position)) => format!("after {position}"),
            Ok(Since::Last(count)) => format!("last {count}"),
            Ok(Since::Time { ms }) => Timestamp::from_millisecond(ms).unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_start_is_read_as_people_write_it() {
        let cases = [
            ("120", "after 120"),
            ("0", "after 0"),
            ("-20", "last 20"),
            ("90s", "2026-11-24T02:30:35Z"),
            ("15m", "2026-11-24T02:17:05Z"),
            ("2h", "2026-11-24T00:32:05Z"),
            ("3d", "2026-11-21T02:32:05Z"),
            ("10:32", "2026-11-24T02:32:00Z"),
            ("11:00", "2026-11-23T03:00:00Z"),
            ("2026-11-24", "2026-11-23T16:00:00Z"),
            ("2026-11-24 10:32", "2026-11-24T02:32:00Z"),
            ("2026-11-24T10:32:00Z", "2026-11-24T10:32:00Z"),
        ];
        for (typed, expected) in cases {
            assert_eq!(read(typed), expected, "{typed}");
        }
        assert!(read("soon").starts_with("\"soon\" is no place to begin: give a position"));
        assert!(read("99999999999d").starts_with("\"99999999999d\" is no place"));
        assert!(read("好").starts_with("\"好\" is no place"));
    }
}
