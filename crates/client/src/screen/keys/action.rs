//! The actions of keys, and the contexts in which keys have them.

use teahouse_editor::{Command, Direction};

/// The action of a key.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::screen) enum Action {
    /// Apply a command to the line.
    Edit(Command),
    /// Send the line.
    Send,
    /// Complete the word before the caret.
    Complete(Direction),
    /// Clear the line; when it is empty, leave.
    ClearOrQuit,
    /// Delete the cluster after the caret; when the line is empty, leave.
    DeleteOrQuit,
    /// Scroll the messages.
    Scroll(Scroll),
    /// Show another room.
    Go(Go),
    /// Show or hide a part of the screen, or switch the mouse.
    Toggle(Part),
    /// Search the messages.
    Find,
    /// List the links of this room.
    Links,
    /// Show the help.
    Help,
    /// Close what is open, else go back to the newest message.
    Escape,
    /// Draw everything again.
    Redraw,
    /// Suspend the client and return to the shell.
    Suspend,
    /// Move in a list, or choose from it.
    List(ListMove),
    /// Search this room only, or every room.
    Scope,
    /// Confirm the question.
    Yes,
}

/// How to scroll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Scroll {
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// A few rows up.
    Up,
    /// A few rows down.
    Down,
    /// To the newest message.
    End,
}

/// Which room to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Go {
    /// The room below.
    Next,
    /// The room above.
    Previous,
    /// A room with a mention of the user, else one with unread messages.
    Unread,
    /// The room with the number of the key.
    Digit,
}

/// What can be shown, hidden or switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Part {
    /// The rooms at the left.
    Rooms,
    /// The members at the right.
    Members,
    /// Whether the client captures the mouse, or the terminal selects text with it.
    Mouse,
}

/// What can be done in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum ListMove {
    /// To the row above.
    Up,
    /// To the row below.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Choose the row.
    Choose,
}

/// The context in which a row of the table applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Context {
    /// While a line is edited.
    Line,
    /// While the sent lines are searched.
    Recall,
    /// While words to search for are typed.
    Find,
    /// In a list of found messages, links or rooms.
    List,
    /// In the help.
    Help,
    /// At a question.
    Question,
}
