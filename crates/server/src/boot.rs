//! How a server begins: the first thing that it proposes is that it starts, and with which limits where others stand.
//! The log gives it a boot for that, of which its session numbers are made. The hub tells the boot when it is kept and
//! not before, so that no end of the process at any place has a boot given out twice; there are no shards until then.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use teahouse_core::{Action, Chat, Effect, Limits, NodeId, Proposal};

use crate::log::{Chunk, Entry};

/// Which server of a history this is.
const NODE: NodeId = NodeId::ONLY;

/// What a server with these limits proposes first.
pub(crate) fn proposals(chat: &Chat, limits: Limits) -> Chunk {
    let configure = || Action::Configure { limits: Box::new(limits.clone()) };
    let configure = (chat.limits() != Some(&limits)).then(configure);
    let actions = [Action::Open { node: NODE }].into_iter().chain(configure);
    actions.map(|action| Entry::Proposal(Proposal::of_server(action))).collect()
}

/// What came of the start among what was decided, if anything: a boot, or none because all are given out.
pub(crate) fn given(effects: &[Effect]) -> Option<Option<u32>> {
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

/// The hub's end.
pub(crate) struct BootSender(SyncSender<Option<u32>>);

/// The end of those who wait for the boot.
pub(crate) struct BootReceiver(Receiver<Option<u32>>);

/// From the hub, which has one boot to tell, to those who wait.
pub(crate) fn channel() -> (BootSender, BootReceiver) {
    let (sender, receiver) = sync_channel(1);
    (BootSender(sender), BootReceiver(receiver))
}

impl BootSender {
    /// Tells what came of the start, if it is among what has been committed. Gives whether it was.
    pub(crate) fn tell(&self, committed: &[Effect]) -> bool {
        let given = given(committed);
        // Who waits no longer has given up: then the server ends.
        given.is_some_and(|boot| self.0.try_send(boot).is_ok())
    }
}

impl BootReceiver {
    /// Waits so long for what came of the start.
    pub(crate) fn wait(&self, max: Duration) -> Result<Option<u32>, RecvTimeoutError> {
        self.0.recv_timeout(max)
    }

    /// Waits so long for the hub to let go of its end. Gives whether it has.
    pub(crate) fn wait_for_end(&self, max: Duration) -> bool {
        loop {
            match self.0.recv_timeout(max) {
                Ok(_) => {}
                Err(error) => break error == RecvTimeoutError::Disconnected,
            }
        }
    }
}
