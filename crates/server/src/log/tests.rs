//! Positions and times of chunks, and the bound of the log.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use teahouse_core::{Action, RoomName, Time};

use super::*;

const ANN: SessionId = SessionId(1);

fn proposal() -> Entry {
    Entry::Proposal(Proposal::of_server(Action::Appear))
}

fn query() -> Entry {
    let (asker, request) = (Asker::Session(ANN), RequestId(1));
    Entry::Query { asker, request, query: Query::Ignored }
}

fn signal() -> Entry {
    let room = "tea".parse::<RoomName>().unwrap();
    Entry::Signal { session: ANN, signal: Signal::Typing { room } }
}

fn at(ms: u64) -> Moment {
    Moment { time: Time(1_800_000_000_000 + ms.cast_signed()), steady: SteadyTime(ms) }
}

#[test]
fn a_chunk_with_a_proposal_takes_the_next_position_after_the_recorded_one() {
    let mut order = Order::after(LogPosition(41), at(0));
    let chunks = [vec![query(), proposal()], vec![signal()], vec![proposal(), proposal()]];
    let batch = order.batch(chunks, at(5), None);
    assert_eq!((batch.position, batch.moment), (LogPosition(43), at(5)));
    let expected = [query(), proposal(), signal(), proposal(), proposal()];
    assert_eq!(batch.entries, expected, "in the order they were handed in");
}

#[test]
fn queries_and_signals_take_no_position_and_do_not_advance_time() {
    let mut order = Order::after(LogPosition::START, at(0));
    order.batch([vec![proposal()]], at(5), None);
    let batch = order.batch([vec![query(), signal()]], at(9), Some(SteadyTime(10)));
    assert_eq!((batch.position, batch.moment), (LogPosition(1), at(5)));
    assert_eq!(batch.entries, [query(), signal()]);
}

#[test]
fn a_due_deadline_takes_a_position_when_there_are_only_queries() {
    let mut order = Order::after(LogPosition::START, at(0));
    let batch = order.batch([], at(7), Some(SteadyTime(7)));
    assert_eq!((batch.position, batch.moment), (LogPosition(1), at(7)));
    let batch = order.batch([vec![query()]], at(9), Some(SteadyTime(8)));
    assert_eq!((batch.position, batch.moment), (LogPosition(2), at(9)));
    let batch = order.batch([vec![proposal()]], at(9), Some(SteadyTime(8)));
    assert_eq!(batch.position, LogPosition(3), "the proposal's position serves the deadline too");
}

#[test]
fn steady_time_never_goes_back_and_wall_time_may() {
    let mut order = Order::after(LogPosition::START, at(0));
    order.batch([vec![proposal()]], at(9), None);
    let batch = order.batch([vec![proposal()]], at(3), None);
    assert_eq!(batch.moment, Moment { steady: SteadyTime(9), ..at(3) });
}

/// Whether a future is ready without waiting.
fn is_ready<F: Future>(future: &mut std::pin::Pin<&mut F>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

async fn entries_of_next(log: &mut Log) -> usize {
    log.next_batch(None).await.unwrap().entries.len()
}

#[tokio::test]
async fn small_chunks_of_many_shards_are_one_batch() {
    let (sender, mut log) = open(LogPosition::START, at(0));
    for _ in 0..64 {
        sender.send(vec![proposal()], Work::default()).await.unwrap();
    }
    assert_eq!(log.queued(), 64);
    assert_eq!(entries_of_next(&mut log).await, 64);
}

#[tokio::test]
async fn a_log_full_of_entries_accepts_more_after_the_hub_takes_them() {
    let (sender, mut log) = open(LogPosition::START, at(0));
    for _ in 0..6 {
        sender.send(vec![proposal(); 1024], Work::default()).await.unwrap();
    }
    let mut one_more = pin!(sender.send(vec![proposal()], Work::default()));
    assert!(!is_ready(&mut one_more));
    assert_eq!(entries_of_next(&mut log).await, 6 * 1024);
    assert!(is_ready(&mut one_more));
    assert_eq!(entries_of_next(&mut log).await, 1);
}

#[tokio::test]
async fn two_chunks_with_expensive_delivery_fill_the_log() {
    let (sender, mut log) = open(LogPosition::START, at(0));
    for _ in 0..2 {
        sender.send(vec![proposal(); 3], Work::from_us(50_000)).await.unwrap();
    }
    let mut one_more = pin!(sender.send(vec![proposal()], Work::default()));
    assert!(!is_ready(&mut one_more));
    assert_eq!(entries_of_next(&mut log).await, 6);
    assert!(is_ready(&mut one_more));
}

#[tokio::test]
async fn a_shard_that_waits_for_a_slot_gets_an_error_when_the_hub_ends() {
    let (sender, log) = open(LogPosition::START, at(0));
    sender.send(vec![proposal(); 10_000], Work::default()).await.unwrap();
    sender.send(vec![proposal(); 10_000], Work::default()).await.unwrap();
    let mut one_more = pin!(sender.send(vec![proposal()], Work::default()));
    assert!(!is_ready(&mut one_more));
    drop(log);
    assert!(one_more.await.is_err());
    assert!(sender.send(vec![proposal()], Work::default()).await.is_err());
}
