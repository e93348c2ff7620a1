//! What stands in a room, one above the other: messages, comings and goings, and words of our own.

use std::borrow::Cow;

use teahouse_core::Text;
use teahouse_core::harmless::is_mark;
use teahouse_wire::api::{Event, Id, Kind};

use super::folded::Folded;
use crate::link::{Outgoing, Stage};

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Tells it from the others of its room for as long as it is kept.
    pub key: u64,
    /// When, milliseconds since 1970, UTC.
    pub time_ms: i64,
    /// What.
    pub what: What,
}

/// What can stand in a room.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// Something said, kept by the server or not.
    Message(Message),
    /// People who came and went, one line for all that do so in a row.
    Presence(Folded),
    /// Words of ours or of the server.
    Notice(Notice),
}

/// Something said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// Its place in the room's history; `None` for what is in no history.
    pub position: Option<u64>,
    /// Who.
    pub nick: String,
    /// In which way.
    pub manner: Manner,
    /// What.
    pub text: String,
    /// By us.
    pub is_own: bool,
    /// Speaks of us.
    pub is_mention: bool,
    /// How far it has come, if it is ours and still on its way.
    pub stage: Option<OwnStage>,
    /// What it is called until it has reached the person it is told.
    pub told: Option<u64>,
}

/// In which way something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Said.
    Said,
    /// Done (`/me`).
    Acted,
    /// The topic set; or cleared, without text.
    Topic,
}

/// How far a message of ours has come that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnStage {
    /// Not sent on this connection.
    Waiting,
    /// Sent and not acknowledged.
    Sent,
    /// Refused.
    Refused,
}

/// Words that nobody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The words.
    pub text: String,
    /// How they are meant.
    pub tone: Tone,
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// An answer, or something to know.
    Plain,
    /// Something could not be done.
    Problem,
    /// What a line server sent: it is the conversation itself.
    Server,
}

impl What {
    /// Its place in the room's history.
    #[must_use]
    pub(crate) fn position(&self) -> Option<u64> {
        match self {
            Self::Message(message) => message.position,
            Self::Presence(_) | Self::Notice(_) => None,
        }
    }

    /// The words as they are shown, to which ranges of rows refer.
    #[must_use]
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Message(message) => message.shown(),
            Self::Presence(folded) => Cow::Owned(folded.to_string()),
            Self::Notice(notice) => Cow::Borrowed(&notice.text),
        }
    }

    /// Bytes it is counted with.
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
    /// An event of a room's history. Whether it is ours or speaks of us is for the caller to say.
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
                    event.text.as_ref().map_or_else(String::new, on_screen)
                }
            },
            is_own: false,
            is_mention: false,
            stage: None,
            told: None,
        }
    }

    fn shown(&self) -> Cow<'_, str> {
        let nick = nick_shown(&self.nick);
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

/// A nick as it stands beside what is said. One that begins with a symbol stands in angle brackets, which no nick
/// has in it. Our signs, bars and rules are symbols, and those that look like them (`❢`, `✱`, `❘`) are too many to
/// be listed: so nobody passes for the server.
#[must_use]
pub(crate) fn nick_shown(nick: &str) -> Cow<'_, str> {
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

/// A text as it is shown: with spaces up to the next stop for tabs, which have no width of their own.
#[must_use]
pub(crate) fn on_screen(text: &Text) -> String {
    teahouse_editor::expand_tabs(text.as_str(), 0).into_owned()
}

/// A message of ours on its way, as it is shown below the others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OnTheWay {
    /// The id the link gave it.
    pub id: Id,
    /// How it is shown.
    pub entry: Entry,
}

/// How far a message has come, if it is still on its way.
#[must_use]
pub(crate) fn own_stage(stage: &Stage) -> Option<OwnStage> {
    match stage {
        Stage::Waiting => Some(OwnStage::Waiting),
        Stage::Sent => Some(OwnStage::Sent),
        Stage::Refused(_) => Some(OwnStage::Refused),
        Stage::Kept { .. } => None,
    }
}

/// A message of ours as it is shown while it is on its way.
#[must_use]
pub(crate) fn own_message(outgoing: &Outgoing, nick: &str) -> Message {
    Message {
        position: None,
        nick: nick.to_owned(),
        manner: if outgoing.acted { Manner::Acted } else { Manner::Said },
        text: on_screen(&outgoing.text),
        is_own: true,
        is_mention: false,
        stage: own_stage(&outgoing.stage),
        told: None,
    }
}

/// Whether a text speaks of somebody: the nick stands in it as a word of its own, in any case. Where words
/// are written without spaces, a nick is found between other letters too, and in Korean before a particle.
#[must_use]
pub(crate) fn mentions(text: &str, nick: &str) -> bool {
    mention_ranges(text, nick).next().is_some()
}

/// Where a text speaks of somebody.
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
        let is_part = before.is_some_and(|before| glues_before(before, first))
            || after.is_some_and(|after| glues_after(after, last));
        (!is_part).then_some(start..end)
    })
}

/// Bytes of the front of `text` that are `nick` in any case.
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
fn glues_after(neighbour: char, edge: char) -> bool {
    // A pictograph is the same in colours; and particles follow a name in Korean without a space, whatever
    // script it is in.
    (is_mark(neighbour) && neighbour != '\u{FE0F}')
        || (!is_hangul(neighbour) && glues(neighbour, edge))
}

/// Whether the character before a nick belongs to the same word as its first one.
fn glues_before(neighbour: char, edge: char) -> bool {
    is_hangul(neighbour) == is_hangul(edge) && glues(neighbour, edge)
}

fn glues(neighbour: char, edge: char) -> bool {
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
