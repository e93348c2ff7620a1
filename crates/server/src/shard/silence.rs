//! Silent peers. A peer is pinged if its protocol has pings, and given up if it must answer and does not. A session
//! that is silent for longer than the idle limit is ended.

use std::time::Duration;

use teahouse_core::ExitCause;
use teahouse_wire::protocol::{Output, Pings};

use super::connection::{Health, Stage};
use super::sessions::{PING_S, SWEEP_EVERY_MS, Sessions};
use super::socket::Socket;
use super::timers::Timer;
use crate::key::Key;

/// A peer that is silent for this long is given up. The shard checks every [`PING_S`], so a dead peer is noticed within
/// 60 s.
const SILENCE_MAX: Duration = Duration::from_secs(40);

/// Handles the ping deadline of a connection: pings a silent peer, and gives up one that was silent for too long.
pub(super) fn handle_timer<S: Socket>(sessions: &mut Sessions<S>, key: Key) {
    let now = sessions.context.now.steady;
    let Some(connection) = sessions.connections.get(key) else { return };
    match connection.stage {
        Stage::NotEntered => {
            // A client that has not entered by now is closed, whatever it speaks.
            sessions.send(key.index, &Output::NoHello);
            sessions.request_exit(key.index, ExitCause::Lost);
        }
        Stage::Entered => {
            let silent_ms = now.ms_since(connection.input.active_at);
            let must_answer = match connection.protocol.pings() {
                Pings::Never => return,
                Pings::Sent => false,
                Pings::Answered => true,
            };
            if must_answer && u128::from(silent_ms) >= SILENCE_MAX.as_millis() {
                sessions.connections.mark_lost(key.index, Health::Broken);
            } else if !must_answer || silent_ms + 1 >= u64::from(PING_S) * 1000 {
                sessions.send(key.index, &Output::Ping);
            }
            sessions.schedule_ping_check(key);
        }
        Stage::Sniffing | Stage::Http | Stage::Leaving | Stage::Draining | Stage::Closed => {}
    }
}

/// Ends sessions that have been silent for too long.
pub(super) fn end_idle_sessions<S: Socket>(sessions: &mut Sessions<S>) {
    let idle_ms = u64::from(sessions.context.settings.limits.connections.idle_s) * 1000;
    sessions.is_sweeping = idle_ms > 0 && !sessions.context.is_closing;
    if !sessions.is_sweeping {
        return;
    }
    let now = sessions.context.now.steady;
    for index in sessions.connections.indexes() {
        let connection = &sessions.connections[index];
        // A follower over HTTP cannot send anything.
        let can_speak = connection.socket().is_some();
        let silent_ms = now.ms_since(connection.input.active_at);
        if can_speak && connection.stage == Stage::Entered && silent_ms >= idle_ms {
            sessions.request_exit(index, ExitCause::Idle);
        }
    }
    sessions.timers.set(now.plus_ms(SWEEP_EVERY_MS), Timer::Idle);
}
