//! All limits of the interface. The server still has what is dropped here; it is fetched again when needed.

/// Entries kept for one room: about a hundred screens to scroll back without a request.
pub const ENTRIES_MAX: usize = 2_000;
/// Bytes of text kept for one room: the limit on entries alone would not bound long messages.
pub const ENTRY_BYTES_MAX: usize = 1024 * 1024;
/// Rooms and private conversations shown at once: the server's 50 rooms, and as many people.
pub const TALKS_MAX: usize = 101;
/// Own pending messages shown in one room; the link keeps all of them.
pub const OUTGOING_MAX: usize = 200;
/// Members kept for one room, five pages of the server: more than anyone reads.
pub const MEMBERS_MAX: usize = 500;
/// Nicks named in one line of joins and leaves; the others are counted.
pub const FOLDED_NAMES_MAX: usize = 12;
/// Changes remembered by one such line, to detect persons who entered and left again.
pub const FOLDED_CHANGES_MAX: usize = 100;
/// People shown as typing in one room.
pub const TYPING_MAX: usize = 20;
/// How long a person is shown as typing, milliseconds: the server's announcement is valid for five seconds.
pub const TYPING_MS: u64 = 5_000;
/// The interval at which we announce that the user is typing, milliseconds: it never lapses for the others.
pub const TYPING_EVERY_MS: u64 = 3_500;
/// In rooms with more members, typing is not announced: it would mean nothing to them.
pub const TYPING_MEMBERS_MAX: usize = 50;
/// Events per history request: a few screens.
pub const PAGE_EVENTS: u32 = 100;
/// Events received while the page before them is requested, kept to be appended to it; the next page has the rest.
pub const MEANWHILE_MAX: usize = 200;
/// Messages requested by one search: the server's maximum.
pub const FOUND_MAX: u32 = 100;
/// Found messages listed, over all pages: more than anyone reads.
pub const FOUND_KEPT_MAX: usize = 1_000;
/// Room names kept for completion: a few pages of the server.
pub const ROOMS_KNOWN_MAX: usize = 500;
/// How long the room names stay valid, milliseconds: for a series of completions.
pub const ROOMS_KNOWN_MS: u64 = 30_000;
/// Links listed: more than anyone looks for.
pub const LINKS_MAX: usize = 100;
/// Requests that wait for an answer.
pub const REQUESTS_PENDING_MAX: usize = 256;
/// Answers are shown over the messages if these have at least so many rows.
pub const ANSWER_ROWS_MIN: u16 = 4;
/// Answers shown while the user reads older messages: the newest.
pub const ANSWERS_MAX: usize = 8;
/// How long a notice in the status line is shown, milliseconds.
pub const FLASH_MS: u64 = 4_000;
/// The least time between two notifications, milliseconds: a busy room rings once.
pub const NOTIFY_EVERY_MS: u64 = 2_000;
/// Characters of a message in a notification.
pub const NOTIFY_CHARS_MAX: usize = 120;
/// Lines of a paste that are sent without confirmation.
pub const PASTE_LINES_UNCONFIRMED: usize = 5;
/// Keys within this time of each other are a paste, milliseconds: nobody types 100 keys a second.
pub const BURST_GAP_MS: u64 = 10;
/// So many characters within [`BURST_GAP_MS`] of each other are a paste, and a return after them is part of it.
pub const BURST_KEYS_MIN: usize = 4;
/// A changed draft is handed to the link after this time, milliseconds. Together with the time until the link writes
/// it ([`crate::link::limits::SAVE_DRAFTS`]), a killed client loses at most half a second of typing.
pub const KEEP_DRAFT_MS: u64 = 250;
/// The most rows of the line; never more than a third of the screen.
pub const LINE_ROWS_MAX: usize = 8;
/// Columns of a nick before its message; longer nicks are shortened there.
pub const NICK_COLUMNS: usize = 12;
/// Rows that one turn of the mouse wheel, or one Shift-↑, scrolls.
pub const SCROLL_ROWS: usize = 3;
/// Messages of one person within this many milliseconds of each other stand under one nick.
pub const GROUP_MS: i64 = 5 * 60 * 1_000;
