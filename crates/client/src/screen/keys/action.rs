//! What a key asks for, and where.

use teahouse_editor::{Command, Direction};

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::screen) enum Action {
    /// A command to the line.
    Edit(Command),
    /// Send the line.
    Send,
    /// Complete the word before the caret.
    Complete(Direction),
    /// Clear the line; when it is empty, leave.
    ClearOrQuit,
    /// Take out the cluster after the caret; when the line is empty, leave.
    DeleteOrQuit,
    /// Read elsewhere.
    Scroll(Scroll),
    /// Another room.
    Go(Go),
    /// Show or hide something, or switch it.
    Toggle(Part),
    /// Search the messages.
    Find,
    /// The links of this room.
    Links,
    /// This help.
    Help,
    /// Close what is open, else go back to the newest message.
    Escape,
    /// Draw everything again.
    Redraw,
    /// Back to the shell for a while.
    Suspend,
    /// Move in a list, or take from it.
    List(ListMove),
    /// Search this room only, or every room.
    Scope,
    /// Do what was asked about.
    Yes,
}

/// How to read elsewhere.
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
    Live,
}

/// Which room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Go {
    /// The one below.
    Next,
    /// The one above.
    Previous,
    /// One that speaks of you, else one with unread messages.
    Unread,
    /// The one with the number of the key.
    Digit,
}

/// What can be shown, hidden or switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Part {
    /// The rooms at the left.
    Rooms,
    /// The members at the right.
    Members,
    /// Whether the mouse is ours, or the terminal's for selecting text.
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
    /// Take it.
    Choose,
}

/// Where a key means what its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Context {
    /// While a line is edited.
    Line,
    /// While the lines that were sent are searched.
    Recall,
    /// While words to search for are typed.
    Find,
    /// In a list: what was found, links, rooms.
    List,
    /// In the help.
    Help,
    /// At a question.
    Question,
}
