//! The start of a server: it gets a boot number for its sessions, and the sessions of its previous boot end.

use super::Chat;
use crate::{Effect, ExitCause, NodeId, SessionId};

impl Chat {
    pub(super) fn open(&mut self, node: NodeId, out: &mut Vec<Effect>) {
        if let Some(previous) = self.nodes.remove(&node) {
            self.end_boot(previous, out);
        }
        let boot = (self.last_boot < SessionId::BOOTS_MAX).then_some(self.last_boot + 1);
        if let Some(boot) = boot {
            self.last_boot = boot;
            self.nodes.insert(node, boot);
        }
        out.push(Effect::Opened { node, boot });
    }

    /// Ends every session of a boot as lost; those with a resume key are suspended.
    fn end_boot(&mut self, boot: u32, out: &mut Vec<Effect>) {
        let all = SessionId::all_of(boot);
        let followers = self.followers.range(all.clone()).map(|(id, _)| *id);
        for follower in followers.collect::<Vec<_>>() {
            self.unfollow(follower, ExitCause::Lost, out);
        }
        let sessions = self.sessions.range(all);
        let connected =
            sessions.filter(|(_, person)| person.suspension().is_none()).map(|(id, _)| *id);
        for session in connected.collect::<Vec<_>>() {
            self.exit(session, ExitCause::Lost, out);
        }
    }

    /// Whether the session is of a boot that has ended: its proposals come too late.
    pub(super) fn is_of_ended_boot(&self, session: SessionId) -> bool {
        let boot = session.boot();
        (1..=self.last_boot).contains(&boot) && !self.nodes.values().any(|open| *open == boot)
    }
}
