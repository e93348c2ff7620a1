//! Asking api clients whether they are there. One timer serves the whole shard: all are asked after equally
//! long silence, so the first in the queue is the first that is due.

use std::time::{Duration, Instant};

use teahouse_core::ExitCause;
use teahouse_wire::websocket::CloseCode;

use super::connection::Stage;
use super::speaker::Speaker;
use super::{Key, Shard};

/// Silence after which a peer is asked, seconds. So long a client may take to say hello, too.
pub(crate) const PING_S: u32 = 20;
/// Silence after which it is given up. Looked at every [`PING_S`], so a dead peer is noticed within 60 s.
const SILENCE_MAX: Duration = Duration::from_secs(40);

impl Shard {
    /// From now on this connection is asked when it is silent.
    pub(super) fn watch(&mut self, key: Key) {
        self.pings.push_back((Instant::now() + Duration::from_secs(PING_S.into()), key));
        if self.pings.len() > 1 {
            return;
        }
        let me = self.me.clone();
        self.spawn(move || async move {
            loop {
                let Some(shard) = me.upgrade() else { return };
                let next = shard.borrow_mut().ask_silent();
                drop(shard);
                let Some(due) = next else { return };
                tokio::time::sleep_until(due.into()).await;
            }
        });
    }

    /// Asks those who were silent, gives up those who were so for too long; gives the next moment to look.
    fn ask_silent(&mut self) -> Option<Instant> {
        let now = Instant::now();
        loop {
            let (due, key) = *self.pings.front()?;
            if due > now {
                return Some(due);
            }
            self.look_at(key);
            // Only now, so that the queue is not empty while somebody is looked at: its timer runs.
            self.pings.pop_front();
            if self.connection(key).is_some_and(|c| matches!(c.stage, Stage::In | Stage::Outside)) {
                self.pings.push_back((now + Duration::from_secs(PING_S.into()), key));
            }
        }
    }

    fn look_at(&mut self, key: Key) {
        let now = self.steady_now();
        let Some(connection) = self.connection(key) else { return };
        if connection.stage == Stage::Outside {
            return self.give_up_silent_guest(key);
        }
        let silent_ms = now.ms_since(connection.heard_at);
        let is_asked = connection.speaker.is_asked();
        if is_asked && u128::from(silent_ms) >= SILENCE_MAX.as_millis() {
            self.lost(key.index);
        } else if !is_asked || silent_ms + 1 >= u64::from(PING_S) * 1000 {
            self.tell(key.index, super::speaker::Speaker::render_ping);
        }
    }

    /// A client that has not said hello by now is closed.
    fn give_up_silent_guest(&mut self, key: Key) {
        self.tell(key.index, |speaker, out| {
            if let Speaker::Api(api) = speaker {
                api.render_close(CloseCode::NoHello, "say hello within 20 s", out);
            }
        });
        // Unless its socket was found broken just then.
        if self.connection(key).is_some() {
            self.leave(key.index, ExitCause::Lost);
        }
    }
}
