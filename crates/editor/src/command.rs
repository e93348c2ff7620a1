//! The commands of the editing line and their outcomes.

/// One command. The caller decides which key means which command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Inserts typed characters at the caret. Consecutive characters are undone together, word by word.
    Insert(String),
    /// Inserts a pasted text at the caret, unchanged except that tabs become spaces up to the next stop; undone as one.
    Paste(String),
    /// Begins a new line at the caret.
    NewLine,
    /// Replaces the whole text and puts the caret at its end: for a line that the program returns to the person.
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
    /// One line of text up, in the same column if the line is long enough.
    MoveUp,
    /// One line of text down, in the same column if the line is long enough.
    MoveDown,
    /// To this byte of the text, or the next boundary after it: for a pointer, see
    /// [`crate::Layout::index_at`].
    MoveTo(usize),
    /// Deletes the cluster before the caret.
    Backspace,
    /// Deletes the cluster after the caret.
    Delete,
    /// Kills to where [`Command::MoveWordLeft`] would go.
    KillWordLeft,
    /// Kills to where [`Command::MoveWordRight`] would go.
    KillWordRight,
    /// Kills to the start of the line of text; at the start, the line feed before it.
    KillToStart,
    /// Kills to the end of the line of text; at the end, the line feed after it.
    KillToEnd,
    /// Kills the whole text.
    Clear,
    /// Inserts the last killed text at the caret. Consecutive kills are one text.
    Yank,
    /// Right after a yank: replaces the yanked text by the one that was killed before it.
    YankPop,
    /// Swaps the clusters around the caret; at the end of a line, the two before it.
    Transpose,
    /// Undoes the last edit of this line.
    Undo,
    /// Repeats the edit that was undone last.
    Redo,
    /// Shows the sent line before the one shown. The draft is put aside.
    Older,
    /// Shows the sent line after the one shown; after the newest, the draft.
    Newer,
    /// [`Command::MoveUp`], on the first line of text [`Command::Older`].
    UpOrOlder,
    /// [`Command::MoveDown`], on the last line of text [`Command::Newer`].
    DownOrNewer,
    /// Begins a search in the sent lines, or continues to the next older match. During a search, typing, pasting and
    /// backspace change the pattern; any other command first accepts the match.
    SearchOlder,
    /// Begins a search in the sent lines, or continues to the next newer match.
    SearchNewer,
    /// Ends the search and keeps the match.
    SearchAccept,
    /// Ends the search and shows the line as it was before.
    SearchCancel,
}

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The text or the pattern of the search changed.
    Changed,
    /// Only the caret moved.
    Moved,
    /// There was nothing to do: at the edge, nothing to undo, nothing killed. Worth a beep at most.
    Nothing,
    /// No sent line contains the pattern. The last match stays on screen.
    NotFound,
    /// The text would exceed a limit, so nothing was changed.
    Full(Full),
}

/// The limit that a command would have exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Too many bytes of UTF-8 in the text.
    Bytes {
        /// The bytes that the text would have.
        bytes: usize,
        /// The most bytes.
        max: usize,
    },
    /// Too many lines in the text.
    Lines {
        /// The lines that the text would have.
        lines: usize,
        /// The most lines.
        max: usize,
    },
    /// Too many bytes in the pattern of the search.
    Search {
        /// The bytes that the pattern would have.
        bytes: usize,
        /// The most bytes.
        max: usize,
    },
}

/// A possible completion of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub word: String,
    /// The text after it, such as `": "` after a nick at the start of a line.
    pub suffix: String,
}

/// The direction in which completion walks through the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first to the last, then the first again.
    Forward,
    /// From the last to the first, then the last again.
    Backward,
}
