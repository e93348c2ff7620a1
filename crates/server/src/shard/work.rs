//! The work that peers may cause ([`teahouse_wire::Work`]). The input of a connection is taken in turns. Each turn
//! costs tokens of the connection and of its address, whatever the input means. A connection without tokens is not
//! read: its peer waits, and no other peer does. Flood control limits what people may ask for, and people meet it long
//! before this limit.

use teahouse_wire::Work;

use super::connection::Connection;
use super::sessions::Sessions;
use super::socket::Socket;
use super::timers::Timer;
use crate::gate::{Cost, Permit, WORK_WAIT_MS_MIN};
use crate::key::Key;

/// The most tokens of one turn; then other connections have theirs. This many tokens take about a millisecond.
pub(super) const TURN_TOKENS_MAX: u32 = 64;

/// The tokens that a connection has left.
pub(super) fn tokens_left<S: Socket>(sessions: &Sessions<S>, index: usize) -> u32 {
    let limit = sessions.context.settings.limits.flood.work_of_connection();
    let now = sessions.context.now.steady;
    let connection = &sessions.connections[index];
    let of_address = connection.permit.as_ref().map_or(u32::MAX, |permit| {
        // An atomic load: another shard may take the same tokens at this moment, and then the address owes them.
        permit.account().work_left(now)
    });
    connection.input.work.left(now, limit).min(of_address)
}

/// Whether a turn may begin. Otherwise the connection is not read until it has tokens.
pub(super) fn may_begin<S: Socket>(sessions: &mut Sessions<S>, index: usize) -> bool {
    let has_some = tokens_left(sessions, index) > 0;
    if !has_some && !std::mem::replace(&mut sessions.connections[index].input.waits_for_work, true)
    {
        schedule_retry(sessions, index);
    }
    has_some
}

/// The budget of a turn that has begun.
pub(super) fn turn_budget<S: Socket>(sessions: &Sessions<S>, index: usize) -> Work {
    Work::new(tokens_left(sessions, index).clamp(1, TURN_TOKENS_MAX))
}

/// Charges the cost of a turn.
pub(super) fn charge<S: Socket>(sessions: &mut Sessions<S>, index: usize, tokens: u32) {
    let limit = sessions.context.settings.limits.flood.work_of_connection();
    let now = sessions.context.now.steady;
    let Connection { input, permit, .. } = &mut sessions.connections[index];
    input.work.spend(now, limit, tokens);
    if let Some(account) = permit.as_ref().map(Permit::account) {
        account.take(now, Cost::of_work(tokens));
    }
}

/// Handles the deadline at which a connection may have tokens again.
pub(super) fn handle_timer<S: Socket>(sessions: &mut Sessions<S>, key: Key) {
    if sessions.connections.get(key).is_none() {
        return;
    }
    if tokens_left(sessions, key.index) == 0 {
        return schedule_retry(sessions, key.index);
    }
    let connection = &mut sessions.connections[key.index];
    connection.input.waits_for_work = false;
    connection.wake_to_read();
}

fn schedule_retry<S: Socket>(sessions: &mut Sessions<S>, index: usize) {
    let limit = sessions.context.settings.limits.flood.work_of_connection();
    let now = sessions.context.now.steady;
    let connection = &sessions.connections[index];
    let own_ms = connection.input.work.wait_ms(now, limit);
    let account = connection.permit.as_ref().map(Permit::account);
    let of_address_ms = account.map_or(0, |account| account.work_wait_ms(now));
    let ms = own_ms.max(of_address_ms).max(WORK_WAIT_MS_MIN);
    let key = sessions.connections.key(index);
    sessions.timers.set(now.plus_ms(ms), Timer::Work(key));
}
