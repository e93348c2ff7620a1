//! A part of a log, as JSON: proposals, each with its moment.

use teahouse_core::{Chat, Effect, History, Moment, Proposal, Text};

use crate::harmless::assert_harmless;

/// Applies the proposals and checks the state of the chat after each.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let Ok(log) = serde_json::from_slice::<Vec<(Moment, Proposal)>>(bytes) else { return };
    let written = serde_json::to_vec(&log).expect("what was read can be written");
    assert_eq!(serde_json::from_slice(&written).ok(), Some(log.clone()));
    let mut chat = Chat::from_history(History::default());
    let mut effects = Vec::new();
    for (moment, proposal) in log {
        chat.advance(moment, &mut effects);
        chat.apply(proposal, &mut effects);
        assert_eq!(chat.check(), Ok(()));
    }
    for effect in &effects {
        if let Effect::Event(event) = effect {
            assert_harmless(event.text.as_ref().map_or("", Text::as_str));
            assert_harmless(event.nick.as_str());
        }
    }
}
