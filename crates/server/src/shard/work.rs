//! The work that peers may make ([`teahouse_wire::Work`]): a connection's input is taken in turns, each of which costs
//! tokens, of the connection and of its address, whatever comes of it. While there are none it is not read: its peer waits, and
//! nobody else. What people may ask for is the business of flood control, which they meet long before.

use teahouse_wire::Work;

use super::connection::Connection;
use super::sessions::Sessions;
use super::socket::Socket;
use super::timers::Timer;
use crate::gate::{Cost, Permit, WORK_WAIT_MS_MIN};
use crate::key::Key;

/// Tokens that one turn of a connection takes, before those of others have one: about a millisecond.
pub(super) const TURN_TOKENS_MAX: u32 = 64;

/// Tokens that a connection has.
pub(super) fn left<S: Socket>(sessions: &Sessions<S>, index: usize) -> u32 {
    let limit = sessions.context.settings.limits.flood.work_of_connection();
    let now = sessions.context.now.steady;
    let connection = &sessions.connections[index];
    let of_address = connection.permit.as_ref().map_or(u32::MAX, |permit| {
        // An atomic load: another shard may take the same tokens in this moment, and they are owed then.
        permit.account().work_left(now)
    });
    connection.input.work.left(now, limit).min(of_address)
}

/// Whether a turn may begin. Otherwise the connection is not read until there are tokens.
pub(super) fn may_begin<S: Socket>(sessions: &mut Sessions<S>, index: usize) -> bool {
    let has_some = left(sessions, index) > 0;
    if !has_some && !std::mem::replace(&mut sessions.connections[index].input.waits_for_work, true)
    {
        wait(sessions, index);
    }
    has_some
}

/// What a turn that has begun may take.
pub(super) fn turn<S: Socket>(sessions: &Sessions<S>, index: usize) -> Work {
    Work::new(left(sessions, index).clamp(1, TURN_TOKENS_MAX))
}

/// Takes what a turn has cost.
pub(super) fn charge<S: Socket>(sessions: &mut Sessions<S>, index: usize, tokens: u32) {
    let limit = sessions.context.settings.limits.flood.work_of_connection();
    let now = sessions.context.now.steady;
    let Connection { input, permit, .. } = &mut sessions.connections[index];
    input.work.spend(now, limit, tokens);
    if let Some(account) = permit.as_ref().map(Permit::account) {
        account.take(now, Cost::of_work(tokens));
    }
}

/// There may be tokens again.
pub(super) fn look<S: Socket>(sessions: &mut Sessions<S>, key: Key) {
    if sessions.connections.get(key).is_none() {
        return;
    }
    if left(sessions, key.index) == 0 {
        return wait(sessions, key.index);
    }
    let connection = &mut sessions.connections[key.index];
    connection.input.waits_for_work = false;
    connection.wake_to_read();
}

fn wait<S: Socket>(sessions: &mut Sessions<S>, index: usize) {
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
