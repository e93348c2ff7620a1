//! A stored state of the chat, as JSON.

use teahouse_core::{Chat, Snapshot};

use crate::harmless::assert_harmless;

/// Checks that a snapshot is refused in harmless words, or restored to a sound state.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let Ok(snapshot) = serde_json::from_slice::<Snapshot>(bytes) else { return };
    let written = serde_json::to_vec(&snapshot).expect("what was read can be written");
    assert_eq!(serde_json::from_slice(&written).ok(), Some(snapshot.clone()));
    match Chat::restore(snapshot) {
        Err(error) => assert_harmless(&error.to_string()),
        Ok(mut chat) => check_restored(&mut chat),
    }
}

/// Checks that a snapshot of the restored state is the same again, and that due changes happen.
fn check_restored(chat: &mut Chat) {
    assert_eq!(chat.check(), Ok(()));
    let snapshot = chat.snapshot();
    let again = Chat::restore(snapshot.clone()).map(|chat| chat.snapshot());
    assert_eq!(again, Ok(snapshot));
    while let Some(due) = chat.next_due() {
        let mut moment = chat.moment();
        moment.steady = due;
        chat.advance(moment, &mut Vec::new());
        assert_eq!(chat.check(), Ok(()));
        assert!(chat.next_due() > Some(due) || chat.next_due().is_none(), "due for ever");
    }
}
