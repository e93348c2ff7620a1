//! Every bound of a link, with its unit and its reason.

use std::time::Duration;

/// Messages in the outbox: hours of talk while offline. A program that says more has to wait.
pub const OUTBOX_MESSAGES_MAX: usize = 500;
/// Bytes of text in the outbox. It is bounded because the whole outbox is written to the disk whenever it grows.
pub const OUTBOX_BYTES_MAX: usize = 1024 * 1024;
/// Requests that wait for an answer or for a connection at the same time: more than a person sends.
pub const ASKS_MAX: usize = 100;

/// The longest pause before the first retry: so short that people hardly notice the break.
pub const RETRY_FIRST: Duration = Duration::from_millis(500);
/// The longest pause before any retry: a client finds a restarted server within half a minute.
pub const RETRY_MAX: Duration = Duration::from_secs(30);
/// The longest pause that a server may demand before the next try (`Retry-After`).
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// A connection that lasted less than this counts as a failed try. Otherwise a server that disconnects all clients
/// at once would get all of them back at once.
pub const STEADY: Duration = Duration::from_secs(10);

/// From the start of a connection to the end of its handshake: longer than any usable network takes.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// From our hello to the welcome.
pub const WELCOME_TIMEOUT: Duration = Duration::from_secs(10);
/// From a request to its answer: longer than flood control delays a client. After it the connection counts as dead.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// From our bye to the end of the connection.
pub const BYE_TIMEOUT: Duration = Duration::from_secs(3);
/// The pause after the server answered "too fast". Flood control accepts two messages in a second.
pub const TOO_FAST_PAUSE: Duration = Duration::from_secs(1);

/// Seconds between pings if the welcome says 0.
pub const PING_S_DEFAULT: u32 = 30;
/// The most seconds between pings that the client accepts from the welcome. The client notices a dead connection
/// within three times this.
pub const PING_S_MAX: u32 = 300;

/// Bytes that wait to be written to the server: a few of the longest messages.
pub const UNWRITTEN_BYTES_MAX: usize = 256 * 1024;
/// How long written bytes may wait for the server to read them, also while the server sends: longer than any usable
/// network stalls.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests that wait to be written: the maximum of pending requests and joins, and reserve.
pub const REQUESTS_MAX: usize = 1024;

/// Characters of the server's own words (notices, errors, reasons): more than a screen. The rest is cut, because
/// the screen lays the text out again at each key. Messages of people have their own limit and are never cut.
pub const WORDS_CHARS_MAX: usize = 4_000;
/// Bytes of one message of the server: a page of history with every character escaped, and reserve.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The maximum age of the state file when the client crashes. New messages are written before they are sent.
pub const SAVE_EVERY: Duration = Duration::from_secs(1);
/// The maximum age of the drafts on the disk: short, because the person is writing them at that moment.
pub const SAVE_DRAFTS: Duration = Duration::from_millis(200);
/// The maximum size of a state file, in bytes: many times what the outbox, the drafts and the history need.
pub const STATE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Ids of our own messages that are remembered, to recognize the messages in history: more than a person scrolls
/// back to.
pub const OWN_IDS_MAX: usize = 500;
/// Sent lines that are kept for the arrow-up key.
pub const HISTORY_LINES_MAX: usize = 1000;
