//! Scripts: batches are committed and worked off, and the tests check what each shard is handed.

use super::*;

const NOW: Duration = Duration::ZERO;
/// A message of 64 bytes to 1,000 listeners: about 6 ms of writing.
const EXPENSIVE: Work = Work::from_ms(6);
const LITTLE: Work = Work(20_000);

fn decided() -> Decided {
    Arc::default()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// How many batches each shard is handed now.
fn handed(credits: &mut Credits, shards: usize) -> Vec<usize> {
    let next = |shard| match credits.has_next(shard) {
        true => credits.take(shard).len(),
        false => 0,
    };
    (0..shards).map(next).collect()
}

#[test]
fn batches_committed_while_a_shard_is_busy_become_one_message() {
    let mut credits = Credits::new(1);
    for count in [1, 1, 0, 0] {
        credits.push(decided(), LITTLE, NOW);
        credits.release(NOW);
        assert_eq!(handed(&mut credits, 1), [count]);
    }
    credits.worked_off(0, 1);
    assert_eq!(handed(&mut credits, 1), [2]);
    credits.worked_off(0, 4);
    assert_eq!(handed(&mut credits, 1), [0], "nothing is left");
}

#[test]
fn expensive_work_waits_until_every_shard_is_idle() {
    let mut credits = Credits::new(2);
    credits.push(decided(), EXPENSIVE, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    credits.push(decided(), EXPENSIVE, NOW);
    credits.release(ms(1_000));
    assert_eq!(handed(&mut credits, 2), [0, 0], "no shard could begin with it");
    credits.worked_off(0, 1);
    credits.push(decided(), EXPENSIVE, ms(1));
    credits.worked_off(1, 1);
    credits.release(ms(2));
    assert_eq!(handed(&mut credits, 2), [2, 2]);
}

#[test]
fn an_idle_shard_waits_no_longer_for_a_busy_one_than_the_work_takes() {
    let mut credits = Credits::new(2);
    credits.push(decided(), EXPENSIVE, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    credits.worked_off(0, 1);
    credits.push(decided(), EXPENSIVE, ms(10));
    assert_eq!(credits.due(), Some(ms(16)));
    credits.release(ms(15));
    assert_eq!(handed(&mut credits, 2), [0, 0]);
    credits.release(ms(16));
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    assert_eq!(credits.due(), None);
}

#[test]
fn cheap_work_waits_for_no_shard() {
    let mut credits = Credits::new(2);
    credits.push(decided(), EXPENSIVE, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
    credits.worked_off(0, 1);
    credits.push(decided(), LITTLE, NOW);
    credits.release(NOW);
    assert_eq!(handed(&mut credits, 2), [1, 1]);
}

#[test]
fn a_slow_shard_stops_the_hub_at_100_ms_of_work_and_the_others_not_before() {
    let mut credits = Credits::new(2);
    let mut count = 0;
    while credits.overburdened().is_none() {
        count += 1;
        credits.push(decided(), EXPENSIVE, NOW);
        credits.release_all();
        assert_eq!(handed(&mut credits, 2)[0], 1, "the fast one has it at once");
        credits.worked_off(0, count);
    }
    assert_eq!((count, credits.overburdened()), (17, Some(1)));
    credits.worked_off(1, 1);
    assert_eq!(credits.overburdened(), None);
}

#[test]
fn a_shard_that_has_ended_does_not_stop_the_hub() {
    let mut credits = Credits::new(2);
    for count in 1..100 {
        credits.push(decided(), EXPENSIVE, NOW);
        credits.release(NOW);
        handed(&mut credits, 2);
        credits.worked_off(0, count);
        credits.worked_off(1, u64::MAX);
        assert_eq!(credits.overburdened(), None);
    }
    assert!(credits.totals.is_empty(), "batches that every shard has worked off are forgotten");
}

#[test]
fn the_first_message_of_a_round_costs_one_write_for_each_listener_and_the_rest_their_bytes() {
    assert_eq!(Work::of_writes(1_000), EXPENSIVE);
    let more = Work::of_message(64, 1_000);
    assert!(more < Work(50_000), "{more:?}");
    assert!(Work::of_message(16 * 1024, 1_000) > Work::from_ms(4));
    // 100 ms of these messages is 25 MB, even without listeners.
    assert!(Work::of_message(16 * 1024, 0) > Work(60_000));
}
