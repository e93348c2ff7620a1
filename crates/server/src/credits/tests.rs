//! Scripts of what is decided and worked off, and what shards are handed.

use super::*;

const NOW: Duration = Duration::ZERO;
/// A message of 64 bytes to 1,000: about 6 ms of writing.
const DEAR: Work = Work::from_ms(6);
const LITTLE: Work = Work(20_000);

fn decided() -> Decided {
    Arc::default()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What each shard is handed now: how many at once.
fn handed(credits: &mut Credits, shards: usize) -> Vec<usize> {
    let next = |shard| match credits.has_next(shard) {
        true => credits.take(shard).len(),
        false => 0,
    };
    (0..shards).map(next).collect()
}

#[test]
fn what_is_decided_while_a_shard_is_busy_becomes_one_message() {
    let mut credits = Credits::new(1);
    for count in [1, 1, 0, 0] {
        credits.push(decided(), LITTLE, NOW);
        credits.release(NOW);
        assert_eq!(handed(&mut credits, 1), [count]);
    }
    credits.worked_off(0, 1);
    assert_eq!(handed(&mut credits, 1), [2]);
    credits.worked_off(0, 4);
    assert_eq!(handed(&mut credits, 1), [0], "there is nothing more");
}

#[test]
fn what_is_dear_waits_until_every_shard_is_at_leisure() {
    let mut credits = Credits::new(2);
    credits.push(decided(), DEAR, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    credits.push(decided(), DEAR, NOW);
    credits.release(ms(1_000));
    assert_eq!(handed(&mut credits, 2), [0, 0], "nobody could begin with it");
    credits.worked_off(0, 1);
    credits.push(decided(), DEAR, ms(1));
    credits.worked_off(1, 1);
    credits.release(ms(2));
    assert_eq!(handed(&mut credits, 2), [2, 2]);
}

#[test]
fn an_idle_shard_waits_no_longer_for_a_busy_one_than_the_work_takes() {
    let mut credits = Credits::new(2);
    credits.push(decided(), DEAR, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    credits.worked_off(0, 1);
    credits.push(decided(), DEAR, ms(10));
    assert_eq!(credits.due(), Some(ms(16)));
    credits.release(ms(15));
    assert_eq!(handed(&mut credits, 2), [0, 0]);
    credits.release(ms(16));
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    assert_eq!(credits.due(), None);
}

#[test]
fn what_is_cheap_waits_for_nobody() {
    let mut credits = Credits::new(2);
    credits.push(decided(), DEAR, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    credits.worked_off(0, 1);
    credits.push(decided(), LITTLE, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
}

#[test]
fn a_slow_shard_stops_the_hub_at_a_hundred_milliseconds_and_not_the_others_before_that() {
    let mut credits = Credits::new(2);
    let mut count = 0;
    while credits.overburdened().is_none() {
        count += 1;
        credits.push(decided(), DEAR, NOW);
        credits.release_all();
        assert_eq!(handed(&mut credits, 2)[0], 1, "the fast one has it at once");
        credits.worked_off(0, count);
    }
    assert_eq!((count, credits.overburdened()), (17, Some(1)));
    credits.worked_off(1, 1);
    assert_eq!(credits.overburdened(), None);
}

#[test]
fn a_shard_that_is_gone_stops_nobody() {
    let mut credits = Credits::new(2);
    for count in 1..100 {
        credits.push(decided(), DEAR, NOW);
        credits.release(NOW);
        handed(&mut credits, 2);
        credits.worked_off(0, count);
        credits.worked_off(1, u64::MAX);
        assert_eq!(credits.overburdened(), None);
    }
    assert!(credits.totals.is_empty(), "nothing is remembered of what everybody has worked off");
}

#[test]
fn the_first_message_of_a_round_costs_a_write_each_and_the_rest_what_they_weigh() {
    assert_eq!(Work::of_writes(1_000), DEAR);
    let more = Work::of_message(64, 1_000);
    assert!(more < Work(50_000), "{more:?}");
    assert!(Work::of_message(16 * 1024, 1_000) > Work::from_ms(4));
    // 100 ms of these is 25 MB, whoever hears them.
    assert!(Work::of_message(16 * 1024, 0) > Work(60_000));
}
