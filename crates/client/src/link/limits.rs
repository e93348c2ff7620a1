//! Every bound of a link, with its unit and its reason.

use std::time::Duration;

/// Messages in the outbox: hours of talk while offline; a program that says more has to wait.
pub const OUTBOX_MESSAGES_MAX: usize = 500;
/// Bytes of text in the outbox: it is written to the disk whenever it grows.
pub const OUTBOX_BYTES_MAX: usize = 1024 * 1024;
/// Questions that wait for an answer, or for a connection, at once: no person asks more.
pub const ASKS_MAX: usize = 100;

/// The longest pause before the first retry: within what people take for a hiccup.
pub const RETRY_FIRST: Duration = Duration::from_millis(500);
/// The longest pause before any retry: a server that is back is found within half a minute.
pub const RETRY_MAX: Duration = Duration::from_secs(30);
/// The longest that a server may have us wait before we try again.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// A connection that held for less counts as a failed try, so that a server that throws everyone out at
/// once is not stormed.
pub const STEADY: Duration = Duration::from_secs(10);

/// For a connection and its handshake: longer than any network between people takes.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// From our hello to the welcome.
pub const WELCOME_TIMEOUT: Duration = Duration::from_secs(10);
/// For an answer. Longer than flood control delays anybody; after that the connection counts as dead.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// From our bye to the end of the connection.
pub const BYE_TIMEOUT: Duration = Duration::from_secs(3);
/// What a message waits after the server said "too fast": flood control lets two pass in a second.
pub const TOO_FAST_PAUSE: Duration = Duration::from_secs(1);

/// Seconds between pings where the welcome says nothing that makes sense.
pub const PING_S_DEFAULT: u32 = 30;
/// The most seconds between pings that are believed: a dead connection is noticed within three times that.
pub const PING_S_MAX: u32 = 300;

/// Bytes that wait to be written to the server: a few of the longest messages.
pub const UNWRITTEN_BYTES_MAX: usize = 256 * 1024;
/// How long something may wait for a server to take all of it, however much the server says itself: longer than
/// any network between people stalls.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests that wait to be written: every question and room there may be, and room.
pub const REQUESTS_MAX: usize = 1024;

/// Characters of what a server says itself (notices, errors, reasons): more than a screen. The rest is cut, or each
/// key would have all of it laid out again. What people say has its own limit, and is shown as a whole.
pub const WORDS_CHARS_MAX: usize = 4_000;
/// Bytes in one message of the server: a page of history with every character escaped, and room.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The state on disk is at most this old when the client crashes. What is about to be sent is never old.
pub const SAVE_EVERY: Duration = Duration::from_secs(1);
/// Half-written lines are on the disk after this long: they are what a person has in hand.
pub const SAVE_DRAFTS: Duration = Duration::from_millis(200);
/// Bytes of a state file that are read: the outbox, drafts and history fit many times.
pub const STATE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Messages of ours that are known again as ours, by their ids: more than anybody scrolls back to.
pub const OWN_IDS_MAX: usize = 500;
/// Sent lines that are kept for the arrow key.
pub const HISTORY_LINES_MAX: usize = 1000;
