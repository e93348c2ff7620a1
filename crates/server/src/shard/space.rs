//! While the disk is nearly full: what would be kept is refused, everything else goes on.

use teahouse_core::{Action, Refusal, TopicChange, Visit};
use teahouse_wire::line;

use super::Shard;
use crate::space::LowSpace;

impl Shard {
    /// The disk is nearly full, or has room again: everyone is told.
    pub(super) fn set_space(&mut self, low: Option<LowSpace>) {
        let was_low = std::mem::replace(&mut self.low_space, low).is_some();
        if low.is_some() == was_low {
            return;
        }
        self.notice(match low {
            Some(_) => {
                "the disk is nearly full: nothing can be said until there is room; reading goes on"
            }
            None => "there is room on the disk again: say what you like",
        });
    }

    /// Why what is asked cannot be kept, if it would have to be.
    pub(super) fn no_space(&self, action: &Action) -> Option<Refusal> {
        let LowSpace { free_mib, min_mib } = self.low_space?;
        let text = if is_kept(action) { line::typed(action) } else { return None };
        Some(Refusal::NoSpace { free_mib, min_mib, text })
    }

    /// What the disk lacks, for those who ask how the house is.
    pub(super) fn space_lacking(&self) -> Option<String> {
        self.low_space.map(|low| low.to_string())
    }
}

/// Whether it goes into the history.
fn is_kept(action: &Action) -> bool {
    match action {
        Action::Say { .. } | Action::Visit(Visit::Post { .. }) => true,
        Action::Topic { change, .. } => *change != TopicChange::Ask,
        Action::Enter { .. }
        | Action::EnterUnseen { .. }
        | Action::Appear
        | Action::Exit { .. }
        | Action::Join { .. }
        | Action::Leave { .. }
        | Action::Tell { .. }
        | Action::Rename { .. }
        | Action::Who { .. }
        | Action::Rooms { .. }
        | Action::Ignore { .. }
        | Action::Read { .. }
        | Action::Typing { .. }
        | Action::Visit(_)
        | Action::Configure { .. } => false,
    }
}
