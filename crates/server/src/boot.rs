//! The start of a server: its first proposals are `Open`, and `Configure` if its limits differ from those of the chat.
//! The chat answers with a boot, the number from which its session numbers are made. The hub hands over the boot only
//! after it is committed, so that no boot is given out twice wherever the process is killed. Shards start after that.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use teahouse_core::{Action, Chat, Effect, Limits, NodeId, Proposal};

use crate::log::{Chunk, Entry};

/// The number of this server among those of its history.
const NODE: NodeId = NodeId::ONLY;

/// The first proposals of a server with these limits.
pub(crate) fn proposals(chat: &Chat, limits: Limits) -> Chunk {
    let configure = || Action::Configure { limits: Box::new(limits.clone()) };
    let configure = (chat.limits() != Some(&limits)).then(configure);
    let actions = [Action::Open { node: NODE }].into_iter().chain(configure);
    actions.map(|action| Entry::Proposal(Proposal::of_server(action))).collect()
}

/// The boot that these effects give to this server, if they have an answer to its start. `Some(None)`: every boot has
/// been given out.
pub(crate) fn boot_of(effects: &[Effect]) -> Option<Option<u32>> {
    effects.iter().find_map(|effect| match effect {
        Effect::Opened { node, boot } if *node == NODE => Some(*boot),
        Effect::Opened { .. }
        | Effect::RoomCreated { .. }
        | Effect::RoomRemoved { .. }
        | Effect::Event(_)
        | Effect::Joined { .. }
        | Effect::Left { .. }
        | Effect::Presence { .. }
        | Effect::Ignores { .. }
        | Effect::Answer { .. }
        | Effect::Ended { .. }
        | Effect::SessionForgotten { .. } => None,
    })
}

/// The hub's end of the channel.
pub(crate) struct BootSender(SyncSender<Option<u32>>);

/// The end at which the starting server waits for its boot.
pub(crate) struct BootReceiver(Receiver<Option<u32>>);

/// A channel for one boot, from the hub to the starting server.
pub(crate) fn channel() -> (BootSender, BootReceiver) {
    let (sender, receiver) = sync_channel(1);
    (BootSender(sender), BootReceiver(receiver))
}

impl BootSender {
    /// Sends the boot if these committed effects give one. Returns whether it was sent.
    pub(crate) fn send(&self, committed: &[Effect]) -> bool {
        // An error means that the receiver has given up; then the server ends.
        boot_of(committed).is_some_and(|boot| self.0.try_send(boot).is_ok())
    }
}

impl BootReceiver {
    /// Waits at most this long for the boot; `Ok(None)` if every boot has been given out.
    pub(crate) fn wait(&self, max: Duration) -> Result<Option<u32>, RecvTimeoutError> {
        self.0.recv_timeout(max)
    }

    /// Waits at most this long until the hub drops its end. Returns whether it has.
    pub(crate) fn wait_for_end(&self, max: Duration) -> bool {
        loop {
            match self.0.recv_timeout(max) {
                Ok(_) => {}
                Err(error) => break error == RecvTimeoutError::Disconnected,
            }
        }
    }
}
