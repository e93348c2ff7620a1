//! Times as people write and read them.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};
use teahouse_core::Time;

use super::Clock;

fn zoned(time: Time, zone: &TimeZone) -> ZonedDateTime {
    Timestamp::from_millisecond(time.0).unwrap_or_default().to_zoned_datetime(zone.clone())
}

/// `10:32` today, `2026-11-24 10:32` otherwise.
pub(super) fn shown(time: Time, clock: &Clock) -> String {
    let moment = zoned(time, &clock.zone);
    let is_today = moment.date() == zoned(clock.now, &clock.zone).date();
    let format = if is_today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    moment.strftime(format).to_string()
}

/// `UTC` or `UTC+08:00`.
pub(super) fn zone_shown(clock: &Clock) -> String {
    let now = zoned(clock.now, &clock.zone);
    if now.offset().is_zero() { "UTC".to_owned() } else { now.strftime("UTC%:z").to_string() }
}

/// Reads `HH:MM` (the last time it was so), `YYYY-MM-DD` or `YYYY-MM-DD HH:MM`.
#[must_use]
pub fn parse(typed: &str, clock: &Clock) -> Option<Time> {
    let today = zoned(clock.now, &clock.zone).date();
    if let Ok(time) = civil::Time::strptime("%H:%M", typed) {
        let at = instant(today.to_datetime(time), &clock.zone)?;
        let yesterday = today.checked_sub(1.day()).ok()?;
        return if at > clock.now {
            instant(yesterday.to_datetime(time), &clock.zone)
        } else {
            Some(at)
        };
    }
    let moment = civil::DateTime::strptime("%Y-%m-%d %H:%M", typed)
        .or_else(|_| civil::Date::strptime("%Y-%m-%d", typed).map(civil::DateTime::from))
        .ok()?;
    instant(moment, &clock.zone)
}

fn instant(moment: civil::DateTime, zone: &TimeZone) -> Option<Time> {
    let zoned = moment.to_zoned_datetime(zone.clone()).ok()?;
    Some(Time(zoned.timestamp().as_millisecond()))
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
        assert_eq!(shown(clock.now, &clock), "10:32");
        assert_eq!(shown(Time(clock.now.0 - 86_400_000), &clock), "2026-11-23 10:32");
        assert_eq!(zone_shown(&clock), "UTC+08:00");
    }

    #[test]
    fn a_time_of_day_is_the_last_one_there_was() {
        let clock = clock();
        let read = |typed: &str| parse(typed, &clock).map(|time| shown(time, &clock));
        assert_eq!(read("09:00").as_deref(), Some("09:00"));
        assert_eq!(read("11:00").as_deref(), Some("2026-11-23 11:00"));
        assert_eq!(read("2026-01-02").as_deref(), Some("2026-01-02 00:00"));
        assert_eq!(read("2026-01-02 03:04").as_deref(), Some("2026-01-02 03:04"));
        assert_eq!(read("soon"), None);
        assert_eq!(read("25:00"), None);
    }
}
