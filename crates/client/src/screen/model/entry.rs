//! The entries of a conversation: messages, presence changes, and notices of the interface.

use std::borrow::Cow;

use teahouse_core::Text;
use teahouse_core::harmless::is_mark;
use teahouse_wire::api::{Event, Id, Kind};

use super::folded::Folded;
use crate::link::{Outgoing, Stage};

/// An entry of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Unique in its conversation.
    pub key: u64,
    /// Unix time in milliseconds.
    pub time_ms: i64,
    /// The content.
    pub what: What,
}

/// The content of an entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A message, stored by the server or not.
    Message(Message),
    /// Consecutive presence changes, folded into one line.
    Presence(Folded),
    /// A notice of the interface or of the server.
    Notice(Notice),
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// The position in the room's history; `None` for a message that is not in it.
    pub position: Option<u64>,
    /// The nick of the sender.
    pub nick: String,
    /// The kind of message.
    pub manner: Manner,
    /// The text.
    pub text: String,
    /// Whether the user sent it.
    pub is_own: bool,
    /// Whether it mentions the user.
    pub is_mention: bool,
    /// The progress of an own message that the server has not stored.
    pub stage: Option<OwnStage>,
    /// The key of a private message, by which its answer finds it.
    pub private_id: Option<u64>,
}

/// The kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Plain text.
    Said,
    /// An action (`/me`).
    Acted,
    /// A new topic; without text, the topic was cleared.
    Topic,
}

/// The progress of an own message that the server has not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnStage {
    /// Not sent on this connection.
    Waiting,
    /// Sent and not acknowledged.
    Sent,
    /// Refused.
    Refused,
}

/// A text that no person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The text.
    pub text: String,
    /// The tone.
    pub tone: Tone,
}

/// The tone of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// An answer, or something to know.
    Plain,
    /// Something could not be done.
    Problem,
    /// A line of a line server, which is the conversation itself.
    Server,
}

impl What {
    /// The position in the room's history.
    #[must_use]
    pub(crate) fn position(&self) -> Option<u64> {
        match self {
            Self::Message(message) => message.position,
            Self::Presence(_) | Self::Notice(_) => None,
        }
    }

    /// The text as it is shown; the ranges of rows refer to it.
    #[must_use]
    pub(crate) fn display(&self) -> Cow<'_, str> {
        match self {
            Self::Message(message) => message.display(),
            Self::Presence(folded) => Cow::Owned(folded.to_string()),
            Self::Notice(notice) => Cow::Borrowed(&notice.text),
        }
    }

    /// The bytes counted towards the limit of the window.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Message(message) => message.text.len() + message.nick.len(),
            Self::Presence(folded) => folded.bytes(),
            Self::Notice(notice) => notice.text.len(),
        }
    }
}

impl Message {
    /// The message of an event. The caller sets `is_own` and `is_mention`.
    #[must_use]
    pub(crate) fn of_event(event: &Event) -> Self {
        let manner = match event.kind {
            Kind::Said => Manner::Said,
            Kind::Acted | Kind::Unknown => Manner::Acted,
            Kind::Topic => Manner::Topic,
        };
        Self {
            position: Some(event.position),
            nick: event.sender.nick.as_str().to_owned(),
            manner,
            text: match event.kind {
                Kind::Unknown => crate::render::UNKNOWN_DEED.to_owned(),
                Kind::Said | Kind::Acted | Kind::Topic => {
                    event.text.as_ref().map_or_else(String::new, display_text)
                }
            },
            is_own: false,
            is_mention: false,
            stage: None,
            private_id: None,
        }
    }

    fn display(&self) -> Cow<'_, str> {
        let nick = display_nick(&self.nick);
        match self.manner {
            Manner::Said => Cow::Borrowed(&self.text),
            Manner::Acted => Cow::Owned(format!("{nick} {}", self.text)),
            Manner::Topic if self.text.is_empty() => {
                Cow::Owned(format!("{nick} cleared the topic"))
            }
            Manner::Topic => Cow::Owned(format!("{nick} set the topic: {}", self.text)),
        }
    }
}

/// A nick as it is shown beside a message. A nick that begins with a symbol is put in angle brackets, which no nick
/// contains. Our signs, bars and rules are symbols, and too many symbols look like them (`❢`, `✱`, `❘`) to list them;
/// so no person can pass for the server.
#[must_use]
pub(crate) fn display_nick(nick: &str) -> Cow<'_, str> {
    let is_like_ours = match nick.chars().next() {
        Some(first) if first.is_ascii() => first == '|',
        Some(first) if !first.is_alphanumeric() => true,
        Some(_) => nick.chars().all(is_stroke),
        None => false,
    };
    if is_like_ours { Cow::Owned(format!("<{nick}>")) } else { Cow::Borrowed(nick) }
}

/// Chinese characters of one straight stroke or dot.
fn is_stroke(c: char) -> bool {
    matches!(c, '一' | '丨' | '丶' | '丿' | '亅')
}

/// A text with its tabs, which have no width of their own, replaced by spaces up to the next tab stop.
#[must_use]
pub(crate) fn display_text(text: &Text) -> String {
    teahouse_editor::expand_tabs(text.as_str(), 0).into_owned()
}

/// An own message that the server has not stored yet, shown below the others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PendingMessage {
    /// The id that the link gave it.
    pub id: Id,
    /// The entry.
    pub entry: Entry,
}

/// The progress of a message; `None` once the server has stored it.
#[must_use]
pub(crate) fn own_stage(stage: &Stage) -> Option<OwnStage> {
    match stage {
        Stage::Waiting => Some(OwnStage::Waiting),
        Stage::Sent => Some(OwnStage::Sent),
        Stage::Refused(_) => Some(OwnStage::Refused),
        Stage::Kept { .. } => None,
    }
}

/// An own message as it is shown while it is pending.
#[must_use]
pub(crate) fn own_message(outgoing: &Outgoing, nick: &str) -> Message {
    Message {
        position: None,
        nick: nick.to_owned(),
        manner: if outgoing.acted { Manner::Acted } else { Manner::Said },
        text: display_text(&outgoing.text),
        is_own: true,
        is_mention: false,
        stage: own_stage(&outgoing.stage),
        private_id: None,
    }
}

/// Whether a text mentions a nick: contains it as a whole word, in any case. In scripts without spaces a nick is also
/// found between other letters, and in Korean before a particle.
#[must_use]
pub(crate) fn mentions(text: &str, nick: &str) -> bool {
    mention_ranges(text, nick).next().is_some()
}

/// The byte ranges of the mentions of a nick.
pub(crate) fn mention_ranges<'a>(
    text: &'a str,
    nick: &'a str,
) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
    let starts = text.char_indices().map(|(at, _)| at);
    starts.filter_map(move |start| {
        let end = end_of_match(&text[start..], nick)? + start;
        let (before, after) = (text[..start].chars().next_back(), text[end..].chars().next());
        let first = nick.chars().next()?;
        let last = nick.chars().next_back()?;
        let is_part = before.is_some_and(|before| joins_word_before(before, first))
            || after.is_some_and(|after| joins_word_after(after, last));
        (!is_part).then_some(start..end)
    })
}

/// The length in bytes of `nick`, in any case, at the beginning of `text`.
fn end_of_match(text: &str, nick: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    for wanted in nick.chars() {
        let (_, found) = chars.next()?;
        if found != wanted && !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(chars.next().map_or(text.len(), |(at, _)| at)).filter(|end| *end > 0)
}

/// Whether the character after a nick belongs to the same word as its last one.
fn joins_word_after(neighbour: char, edge: char) -> bool {
    // A variation selector only changes the colours of a pictograph. In Korean, particles follow a name without a
    // space, whatever script the name is in.
    (is_mark(neighbour) && neighbour != '\u{FE0F}')
        || (!is_hangul(neighbour) && joins_word(neighbour, edge))
}

/// Whether the character before a nick belongs to the same word as its first one.
fn joins_word_before(neighbour: char, edge: char) -> bool {
    is_hangul(neighbour) == is_hangul(edge) && joins_word(neighbour, edge)
}

fn joins_word(neighbour: char, edge: char) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    is_letter(neighbour) && is_letter(edge) && !is_unspaced(neighbour) && !is_unspaced(edge)
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7FF}')
}

/// Whether a letter is of a script that is written without spaces: Chinese, Japanese, Yi; Thai, Lao, Burmese,
/// Khmer and their neighbours.
fn is_unspaced(c: char) -> bool {
    let is_east_asian = matches!(c, '\u{2E80}'..='\u{312F}' | '\u{3190}'..='\u{A4CF}')
        || matches!(c, '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}');
    is_east_asian
        || matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}')
        || matches!(c, '\u{1950}'..='\u{19DF}' | '\u{1A00}'..='\u{1AAF}' | '\u{A9E0}'..='\u{A9FF}')
        || matches!(c, '\u{AA60}'..='\u{AADF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_a_word_of_its_own_in_any_case() {
        for text in ["ann", "hi Ann!", "@ann: tea?", "(ANN)", "你好ann，喝茶"] {
            assert!(mentions(text, "ann"), "{text}");
        }
        for text in ["anna", "joann", "ann_b", "", "an n"] {
            assert!(!mentions(text, "ann"), "{text}");
        }
        assert!(mentions("谢谢小明！", "小明"));
        assert!(mentions("请小明来", "小明"));
        for text in ["철수야", "철수는 어디?", "안녕 철수", "@철수님"] {
            assert!(mentions(text, "철수"), "{text}");
        }
        assert!(!mentions("김철수", "철수"), "somebody else");
        assert!(mentions("ann아, 차 마실래?", "ann") && mentions("안녕ann", "ann"));
        assert!(mentions("สวัสดีอนันต์ครับ", "อนันต์") && mentions("ขอบคุณannนะ", "ann"));
        assert!(!mentions("กี่", "ก"), "with a vowel on it, another letter");
        assert!(mentions("ជំរាបសួរសុខាបាទ", "សុខា") && mentions("ﾃｽﾄさん", "ﾃｽﾄ"));
        assert!(mentions("hi Ann❤\u{FE0F}!", "ann❤"), "as a phone writes it");
        assert!(!mentions("иванов", "иван") && !mentions("annα", "ann"));
        assert!(!mentions("anything", ""));
    }
}
