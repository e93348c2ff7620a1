//! What can be asked of the editing line, and what came of it.

/// One thing to do to the line. Which key means which command is the caller's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Puts typed characters at the caret. Characters typed in a row are undone together, word by word.
    Insert(String),
    /// Puts a pasted text at the caret, as it is but for tabs, which become spaces up to the next stop; undone as
    /// one.
    Paste(String),
    /// Begins a new line at the caret.
    NewLine,
    /// Makes this the whole text, with the caret at its end: for a line that is given back.
    Set(String),
    /// One cluster to the left.
    MoveLeft,
    /// One cluster to the right.
    MoveRight,
    /// To the start of the word, or of the word before.
    MoveWordLeft,
    /// To the end of the word, or of the word after.
    MoveWordRight,
    /// To the start of the line of text.
    MoveHome,
    /// To the end of the line of text.
    MoveEnd,
    /// To the start of the whole text.
    MoveTextStart,
    /// To the end of the whole text.
    MoveTextEnd,
    /// One line of text up, in the same column as far as there is one.
    MoveUp,
    /// One line of text down, in the same column as far as there is one.
    MoveDown,
    /// To this byte of the text, or the next boundary after it: for a pointer, see
    /// [`crate::Layout::index_at`].
    MoveTo(usize),
    /// Takes out the cluster before the caret.
    Backspace,
    /// Takes out the cluster after the caret.
    Delete,
    /// Kills to where [`Command::MoveWordLeft`] would go.
    KillWordLeft,
    /// Kills to where [`Command::MoveWordRight`] would go.
    KillWordRight,
    /// Kills to the start of the line of text; there, the line end before it.
    KillToStart,
    /// Kills to the end of the line of text; there, the line end after it.
    KillToEnd,
    /// Kills the whole text.
    Clear,
    /// Puts what was killed last at the caret. Kills in a row are one text.
    Yank,
    /// Right after a yank: puts what was killed before that in its place.
    YankPop,
    /// Changes places of the clusters around the caret, at a line's end of the two before it.
    Transpose,
    /// Takes back the latest edit of this line.
    Undo,
    /// Makes the edit that was taken back again.
    Redo,
    /// Shows the line sent before the one shown. What was typed is put aside.
    Older,
    /// Shows the line sent after the one shown, at last what was typed.
    Newer,
    /// [`Command::MoveUp`], on the first line of text [`Command::Older`].
    UpOrOlder,
    /// [`Command::MoveDown`], on the last line of text [`Command::Newer`].
    DownOrNewer,
    /// Begins a search of the sent lines, or goes on to the next older one. While searching, typing,
    /// pasting and backspace change what is searched for; any other command takes what was found first.
    SearchOlder,
    /// Begins a search of the sent lines, or goes on to the next newer one.
    SearchNewer,
    /// Ends the search and keeps the line that was found.
    SearchAccept,
    /// Ends the search and shows the line as it was before.
    SearchCancel,
}

/// What came of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The text or what is searched for is another.
    Changed,
    /// The caret is elsewhere; the text is the same.
    Moved,
    /// There was nothing to do: at the edge, nothing to undo, nothing killed. Worth a beep at most.
    Nothing,
    /// No sent line has what is searched for. The line shown is the last that did.
    NotFound,
    /// The text would pass a limit, so nothing was changed.
    Full(Full),
}

/// The limit that a command would have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Too many bytes of UTF-8 in the text.
    Bytes {
        /// What it would have had.
        bytes: usize,
        /// What it may have.
        max: usize,
    },
    /// Too many lines in the text.
    Lines {
        /// What it would have had.
        lines: usize,
        /// What it may have.
        max: usize,
    },
    /// Too many bytes in what is searched for.
    Search {
        /// What it would have had.
        bytes: usize,
        /// What it may have.
        max: usize,
    },
}

/// What a word may be completed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub word: String,
    /// What follows it, such as `": "` after a nick at the start of a line.
    pub suffix: String,
}

/// Which way completion goes through the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first to the last, and around.
    Forward,
    /// From the last to the first, and around.
    Backward,
}
