//! The reactor drives a [`Shard`]: one thread with its sockets, its tasks and its clock.
//!
//! Each connection has one task ([`connection`]), from its first byte to its last, whatever it speaks. One task hands
//! chunks to the log, once per round. One gives the shard its deadlines. This one gives it what arrives in its inbox.
//! Nothing else changes the shard, and each change is one [`Reactor::step`].

mod connection;
mod driven;
mod http;
mod tasks;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tracing::debug;

use crate::clock::SteadyClock;
use crate::credits::Decided;
use crate::delivery::Report;
use crate::history::{Jobs, Page};
use crate::inbox::{Accepted, Inbox};
use crate::log::LogSender;
use crate::shard::{Shard, ShardSetup};
use driven::{Handle, Reactor};
use tasks::Tasks;

/// The most inbox messages of one round. The room messages of a round leave in one write per member.
const ROUND_MESSAGES_MAX: usize = 64;
/// The most pages of history handled between two rounds, so that thousands of members who catch up do not delay live
/// members.
const ROUND_PAGES_MAX: usize = 16;
/// How long a shard that always has something to write may delay its other tasks (reading, draining, deadlines); one
/// round may come on top.
const TURN_TIME: Duration = Duration::from_millis(20);
/// How long members may take to read what is queued for them when the server is closing.
const FLUSH_DEADLINE: Duration = Duration::from_secs(2);
/// How often the shard checks whether every queue is empty when the server is closing.
const FLUSH_LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a reactor is created with.
pub(crate) struct Parts {
    pub(crate) setup: ShardSetup,
    pub(crate) clock: SteadyClock,
    pub(crate) inbox: mpsc::Receiver<Inbox>,
    pub(crate) pages: mpsc::Receiver<Page>,
    pub(crate) report: Report,
    pub(crate) log: LogSender,
    pub(crate) jobs: Jobs,
}

/// Runs a shard until the hub has finished.
pub(crate) async fn run(parts: Parts) {
    let Parts { setup, clock, mut inbox, mut pages, report, log, jobs } = parts;
    let index = setup.index;
    let tasks = Tasks::default();
    let reactor = Rc::new(RefCell::new(Reactor {
        shard: Shard::new(setup),
        jobs,
        clock,
        armed: None,
        alarm: Rc::default(),
        chunk_taken: Rc::default(),
        tasks: tasks.clone(),
    }));
    let handle = Rc::clone(&reactor);
    tasks.spawn(move || pump_chunks(handle, log));
    let handle = Rc::clone(&reactor);
    tasks.spawn(move || run_deadlines(handle));
    let mut messages = Vec::with_capacity(ROUND_MESSAGES_MAX);
    let mut worked_off = 0;
    let mut turn: Option<Instant> = None;
    // Whether anything has changed for sessions since the last turn.
    let mut has_changed = false;
    loop {
        let is_finished = tokio::select! {
            // Decisions come first; members who catch up can wait.
            biased;
            // Ends this thread, and with it the server, which reports why.
            () = tasks.panicked() => panic!("a task of this shard has panicked"),
            count = inbox.recv_many(&mut messages, ROUND_MESSAGES_MAX) => {
                turn.get_or_insert_with(Instant::now);
                let before = worked_off;
                let is_finished = handle_round(&reactor, &mut messages, &mut worked_off);
                has_changed |= worked_off > before;
                count == 0 || is_finished
            }
            Some(page) = pages.recv() => {
                handle_pages(&reactor, page, &mut pages);
                has_changed = true;
                false
            }
        };
        if is_finished {
            break;
        }
        // Reading between any two small rounds would keep the messages in flight split in two halves for ever, each
        // with its own writes. On the other hand, an inbox that is never empty would delay the tasks of this thread
        // without a bound.
        if inbox.is_empty() && !has_changed {
            // Only connections have come, and waiting for the next message is a turn for everything else. An extra turn
            // for each would cost as much as two system calls.
            turn = None;
        } else if inbox.is_empty() || turn.is_none_or(|turn| turn.elapsed() >= TURN_TIME) {
            give_turn(&tasks).await;
            turn = None;
            has_changed = false;
            // What was read meanwhile has reached the log, so the hub can deliver both in one round.
            report.worked_off(worked_off);
        }
    }
    reactor.borrow_mut().step(Shard::say_goodbye);
    let flushed = tokio::time::timeout(FLUSH_DEADLINE, wait_until_flushed(&reactor)).await;
    debug!(shard = index, all = flushed.is_ok(), "flushed");
    connection::close_all(&reactor).await;
}

/// Gives a turn to every task of this thread that is ready, those with ready sockets included, and then to the task
/// that hands to the log what they have read.
async fn give_turn(tasks: &Tasks) {
    // Makes the runtime poll the sockets.
    tokio::task::yield_now().await;
    // The runtime runs tasks in the order in which they were woken.
    tasks.wait_for_others().await;
    tasks.wait_for_others().await;
}

/// Handles a page, and more that are waiting.
fn handle_pages(handle: &Handle, first: Page, pages: &mut mpsc::Receiver<Page>) {
    handle.borrow_mut().step(|shard| shard.handle_page(first));
    for _ in 1..ROUND_PAGES_MAX {
        let Ok(page) = pages.try_recv() else { return };
        handle.borrow_mut().step(|shard| shard.handle_page(page));
    }
}

/// Handles the messages of one round; returns whether the last message there is was among them. Consecutive batches of
/// the hub are counted and handled together.
fn handle_round(handle: &Handle, messages: &mut Vec<Inbox>, worked_off: &mut u64) -> bool {
    let mut is_finished = false;
    let mut round: Vec<Decided> = Vec::new();
    for message in messages.drain(..) {
        match message {
            Inbox::Batches(batches) => {
                *worked_off += batches.len() as u64;
                round.extend(batches);
            }
            // Changes nothing for existing sessions.
            Inbox::Accepted(accepted) => accept(handle, accepted),
            message @ (Inbox::Reload(_)
            | Inbox::NotStoring(_)
            | Inbox::Space(_)
            | Inbox::Notice(_)
            | Inbox::Measure(_)
            | Inbox::Close
            | Inbox::Finished) => {
                handle_batches(handle, &mut round);
                is_finished |= matches!(message, Inbox::Finished);
                handle_message(handle, message);
            }
        }
    }
    handle_batches(handle, &mut round);
    is_finished
}

fn handle_batches(handle: &Handle, round: &mut Vec<Decided>) {
    if !round.is_empty() {
        handle.borrow_mut().step(|shard| shard.handle_batches(round));
        round.clear();
    }
}

fn handle_message(handle: &Handle, message: Inbox) {
    let mut reactor = handle.borrow_mut();
    match message {
        Inbox::Batches(batches) => reactor.step(|shard| shard.handle_batches(&batches)),
        Inbox::Accepted(accepted) => {
            drop(reactor);
            accept(handle, accepted);
        }
        Inbox::Reload(settings) => reactor.step(|shard| shard.configure(settings)),
        Inbox::Notice(text) => reactor.step(|shard| shard.notice(&text)),
        Inbox::Space(low) => reactor.step(|shard| shard.set_space(low)),
        Inbox::NotStoring(why) => reactor.step(|shard| shard.set_not_storing(why)),
        // The requester may be gone.
        Inbox::Measure(sender) => drop(sender.send(Box::new(reactor.shard.figures()))),
        Inbox::Close => reactor.step(Shard::close),
        Inbox::Finished => {}
    }
}

fn accept(handle: &Handle, accepted: Accepted) {
    let Accepted { stream, peer, permit } = accepted;
    let stream = match TcpStream::from_std(stream) {
        Ok(stream) => Arc::new(stream),
        Err(error) => return debug!(%peer, %error, "cannot take a connection"),
    };
    let mut reactor = handle.borrow_mut();
    if reactor.shard.context().is_closing() {
        return;
    }
    let socket = Arc::clone(&stream);
    let key = reactor.step(|shard| shard.accept(socket, permit));
    debug!(shard = reactor.shard.context().index(), ?key, %peer, "connected");
    let handle = Rc::clone(handle);
    reactor.tasks.spawn(move || connection::serve(handle, key, stream));
}

/// Hands chunks to the log: once per round, because this task runs after the tasks that read, which woke it.
async fn pump_chunks(reactor: Handle, log: LogSender) {
    loop {
        let chunk = std::future::poll_fn(|context| reactor.borrow_mut().shard.poll_chunk(context));
        let Some((chunk, work)) = chunk.await else { return };
        if log.send(chunk, work).await.is_err() {
            return debug!("the log is closed");
        }
        let mut reactor = reactor.borrow_mut();
        reactor.shard.handle_chunk_taken();
        reactor.chunk_taken.notify_waiters();
    }
}

/// Calls the shard when its next deadline is due.
async fn run_deadlines(reactor: Handle) {
    loop {
        let (due, alarm) = {
            let mut reactor = reactor.borrow_mut();
            reactor.armed = reactor.shard.next_due();
            let due = reactor.armed.map(|due| reactor.clock.instant_of(due));
            (due, Rc::clone(&reactor.alarm))
        };
        match due {
            None => alarm.notified().await,
            Some(due) => tokio::select! {
                () = tokio::time::sleep_until(due.into()) => {}
                () = alarm.notified() => continue,
            },
        }
        reactor.borrow_mut().step(Shard::handle_time);
    }
}

/// Waits until nothing is queued for any open connection.
async fn wait_until_flushed(reactor: &Handle) {
    while reactor.borrow().shard.has_queued() {
        // The tasks that drain the queues run meanwhile.
        tokio::time::sleep(FLUSH_LOOK_EVERY).await;
    }
}
