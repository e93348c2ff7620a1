//! Times as people write and read them.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use teahouse_core::Time;

const TIME_FORMAT: &str = "%H:%M";
const DAY_FORMAT: &str = "%Y-%m-%d";
const DATED_FORMAT: &str = "%Y-%m-%d %H:%M";

/// The current time, and the time zone of the people who read it.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The current time.
    pub now: Time,
    /// The zone in which times are shown and read.
    pub zone: TimeZone,
}

/// A moment as people write it. Which time it means depends on when and where it is written: [`Moment::at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// `10:32`: the last time that the clock showed this, today or yesterday.
    TimeOfDay(civil::Time),
    /// `2026-11-24`: the beginning of that day.
    Day(civil::Date),
    /// `2026-11-24 10:32`.
    Dated(civil::DateTime),
}

impl Moment {
    /// Reads `HH:MM`, `YYYY-MM-DD` or `YYYY-MM-DD HH:MM`.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let time = || civil::Time::strptime(TIME_FORMAT, typed).map(Self::TimeOfDay);
        let day = || civil::Date::strptime(DAY_FORMAT, typed).map(Self::Day);
        let dated = || civil::DateTime::strptime(DATED_FORMAT, typed).map(Self::Dated);
        time().or_else(|_| day()).or_else(|_| dated()).ok()
    }

    /// The time that the moment means.
    #[must_use]
    pub fn at(self, clock: &Clock) -> Time {
        match self {
            Self::TimeOfDay(time) => {
                let today = zoned(clock.now, &clock.zone).date();
                let at = instant(today.to_datetime(time), &clock.zone);
                if at <= clock.now {
                    return at;
                }
                let yesterday = today.yesterday().unwrap_or(today);
                instant(yesterday.to_datetime(time), &clock.zone)
            }
            Self::Day(day) => instant(day.into(), &clock.zone),
            Self::Dated(moment) => instant(moment, &clock.zone),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeOfDay(time) => write!(f, "{}", time.strftime(TIME_FORMAT)),
            Self::Day(day) => write!(f, "{}", day.strftime(DAY_FORMAT)),
            Self::Dated(moment) => write!(f, "{}", moment.strftime(DATED_FORMAT)),
        }
    }
}

/// The time of a moment in a zone. A moment out of the range of timestamps becomes the first or the last of them.
fn instant(moment: civil::DateTime, zone: &TimeZone) -> Time {
    let edge = || if moment.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let at = moment.to_zoned_datetime(zone.clone()).map_or_else(|_| edge(), |at| at.timestamp());
    Time(at.as_millisecond())
}

fn zoned(time: Time, zone: &TimeZone) -> ZonedDateTime {
    Timestamp::from_millisecond(time.0).unwrap_or_default().to_zoned_datetime(zone.clone())
}

/// `10:32` for a time today, `2026-11-24 10:32` for others.
pub(crate) fn display(time: Time, clock: &Clock) -> String {
    let moment = zoned(time, &clock.zone);
    let is_today = moment.date() == zoned(clock.now, &clock.zone).date();
    let format = if is_today { TIME_FORMAT } else { DATED_FORMAT };
    moment.strftime(format).to_string()
}

/// The time zone: `UTC` or `UTC+08:00`.
pub(crate) fn display_zone(clock: &Clock) -> String {
    let now = zoned(clock.now, &clock.zone);
    if now.offset().is_zero() { "UTC".to_owned() } else { now.strftime("UTC%:z").to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let now =
            civil::date(2026, 11, 24).at(10, 32, 5, 0).to_zoned_datetime(zone.clone()).unwrap();
        Clock { now: Time(now.timestamp().as_millisecond()), zone }
    }

    #[test]
    fn a_time_is_shown_short_today_and_with_its_date_otherwise() {
        let clock = clock();
        assert_eq!(display(clock.now, &clock), "10:32");
        assert_eq!(display(Time(clock.now.0 - 86_400_000), &clock), "2026-11-23 10:32");
        assert_eq!(display_zone(&clock), "UTC+08:00");
    }

    #[test]
    fn a_time_of_day_means_the_last_one_before_now() {
        let clock = clock();
        let read =
            |typed: &str| Moment::parse(typed).map(|moment| display(moment.at(&clock), &clock));
        assert_eq!(read("09:00").as_deref(), Some("09:00"));
        assert_eq!(read("11:00").as_deref(), Some("2026-11-23 11:00"));
        assert_eq!(read("2026-01-02").as_deref(), Some("2026-01-02 00:00"));
        assert_eq!(read("2026-01-02 03:04").as_deref(), Some("2026-01-02 03:04"));
        assert_eq!(read("soon"), None);
        assert_eq!(read("25:00"), None);
    }

    #[test]
    fn a_moment_is_written_as_it_is_read_and_always_means_a_time() {
        for typed in ["09:00", "2026-01-02", "2026-01-02 03:04", "9999-12-31 23:59", "-9999-01-01"]
        {
            let moment = Moment::parse(typed).unwrap();
            assert_eq!(moment.to_string(), typed);
            let in_order = [Time(i64::MIN), moment.at(&clock()), Time(i64::MAX)];
            assert!(in_order.is_sorted());
        }
    }
}
