//! A chat as a server starts it: the first proposal sets the operator's limits.

use teahouse_core::{Action, Chat, History, Limits, Proposal};

pub(crate) fn configured_chat(limits: Limits, history: History) -> Chat {
    let mut chat = Chat::from_history(history);
    let limits = Box::new(limits);
    let mut effects = Vec::new();
    chat.apply(Proposal::of_server(Action::Configure { limits }), &mut effects);
    assert_eq!(effects, [], "it has no effects");
    chat
}
