//! A chat as a server begins it: the limits that the operator has set are the first thing that is proposed.

use teahouse_core::{Action, Chat, History, Limits, Proposal};

pub(crate) fn created(limits: Limits, history: History) -> Chat {
    let mut chat = Chat::from_history(history);
    let limits = Box::new(limits);
    let mut effects = Vec::new();
    chat.apply(Proposal::of_server(Action::Configure { limits }), &mut effects);
    assert_eq!(effects, [], "nobody is told");
    chat
}
