//! Every bound of the interface. What is dropped here is still with the server and is asked for again.

/// Entries kept of one room: some hundred screens to leaf back without asking.
pub const ENTRIES_MAX: usize = 2_000;
/// Bytes of text kept of one room, so that long messages do not count as little as short ones.
pub const ENTRY_BYTES_MAX: usize = 1024 * 1024;
/// Rooms and private conversations shown at once: the server's 50 rooms, and as many people.
pub const TALKS_MAX: usize = 101;
/// Own messages on their way shown in one room; the link keeps them all.
pub const OUTGOING_MAX: usize = 200;
/// Members kept of one room, five pages of the server: more than anyone reads through.
pub const MEMBERS_MAX: usize = 500;
/// Nicks named in one line of comings and goings; the others are counted.
pub const FOLDED_NAMES_MAX: usize = 12;
/// Changes remembered by one such line, to see who came and went again.
pub const FOLDED_CHANGES_MAX: usize = 100;
/// People shown as typing in one room.
pub const TYPING_MAX: usize = 20;
/// How long somebody is shown as typing, milliseconds: what the server says holds for five seconds.
pub const TYPING_MS: u64 = 5_000;
/// How often we say that we are typing, milliseconds: so that it never lapses for the others.
pub const TYPING_EVERY_MS: u64 = 3_500;
/// Above this many members nobody is told that we are typing: it would say nothing to them.
pub const TYPING_MEMBERS_MAX: usize = 50;
/// Events asked for at once: a few screens.
pub const PAGE_EVENTS: u32 = 100;
/// Events heard while a page before them is on its way, kept to follow it: of more, the next page has them.
pub const MEANWHILE_MAX: usize = 200;
/// Messages asked for in one search: what the server gives at most.
pub const FOUND_MAX: u32 = 100;
/// Messages found that are listed, of all pages: more than anyone reads through.
pub const FOUND_KEPT_MAX: usize = 1_000;
/// Rooms of the server known by name, to complete them: a few pages of the server.
pub const ROOMS_KNOWN_MAX: usize = 500;
/// How long they are known, milliseconds: for a row of completions.
pub const ROOMS_KNOWN_MS: u64 = 30_000;
/// Links listed: what anyone would look for.
pub const LINKS_MAX: usize = 100;
/// Questions to the server that wait for an answer.
pub const ASKED_MAX: usize = 256;
/// Rows of messages from which on an answer is shown above them.
pub const ANSWER_ROWS_MIN: u16 = 4;
/// Answers shown while older messages are read; of more, the newest.
pub const ANSWERS_MAX: usize = 8;
/// A short word in the status line stays so long, milliseconds.
pub const FLASH_MS: u64 = 4_000;
/// Between two notifications, milliseconds: a busy room rings once.
pub const NOTIFY_EVERY_MS: u64 = 2_000;
/// Characters of a message in a notification.
pub const NOTIFY_CHARS_MAX: usize = 120;
/// Lines of a paste that are sent without asking.
pub const PASTE_LINES_UNASKED: usize = 5;
/// Keys closer together than this are a paste, milliseconds: nobody types 100 keys a second.
pub const BURST_GAP_MS: u64 = 10;
/// So many characters that close together are a paste, and a return after them is part of it.
pub const BURST_KEYS_MIN: usize = 4;
/// A changed draft is handed over to be kept after this long, milliseconds. With what the link takes to write it
/// ([`crate::link::limits::SAVE_DRAFTS`]) half a second of typing is lost at most when we are killed.
pub const KEEP_DRAFT_MS: u64 = 250;
/// Rows of the line at most, and never more than a third of the screen.
pub const LINE_ROWS_MAX: usize = 8;
/// Columns of a nick before its message; longer ones are shortened there.
pub const NICK_COLUMNS: usize = 12;
/// Rows that one turn of the mouse wheel, or one Shift-↑, goes.
pub const SCROLL_ROWS: usize = 3;
/// Messages of one person within this many milliseconds of each other stand under one nick.
pub const GROUP_MS: i64 = 5 * 60 * 1_000;
