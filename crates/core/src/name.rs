//! Names of people and rooms: what may be one, and when two are the same.
//!
//! A name that looks like another is the same name ([`crate::look`]), so that nobody can pass for somebody
//! else by swapping a letter.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_security::GeneralSecurityProfile;

use crate::harmless::{is_mark, is_unseen};
use crate::look;

/// Combining marks in a row that a name may carry: enough for every written language, too few to
/// paint over the lines above and below.
const MARKS_IN_A_ROW_MAX: usize = 3;

/// Why a string is no name.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NameError {
    /// Nothing there.
    #[error("a name needs at least one character")]
    Empty,
    /// Too many characters.
    #[error("it has {chars} characters; the limit is {max}")]
    TooLong {
        /// What it has.
        chars: usize,
        /// What it may have.
        max: usize,
    },
    /// A character that names do not have.
    #[error("{} cannot be in a name", shown(*.0))]
    Character(char),
    /// A character that names do not begin with.
    #[error("a name cannot begin with {}", shown(*.0))]
    First(char),
    /// Letters of scripts that are not written together.
    #[error("it mixes letters of different scripts that can look alike; use one script")]
    MixedScripts,
}

fn shown(c: char) -> String {
    if c == ' ' { "a space".to_owned() } else { format!("{c:?}") }
}

/// What a person is called here: 1 to [`Nick::CHARS_MAX`] characters, shown as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "CompactString", into = "CompactString")]
pub struct Nick(CompactString);

/// One look of a nick, in lower case. Nicks with the same first look ([`Nick::key`]) are the same nick.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NickKey(CompactString);

/// What a room is called, without its `#`: 1 to [`RoomName::CHARS_MAX`] characters, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString", into = "CompactString")]
pub struct RoomName(CompactString);

impl Nick {
    /// Characters in a nick.
    pub const CHARS_MAX: usize = 32;

    /// Takes what a person wants to be called; composes it (NFC).
    ///
    /// # Errors
    /// When it is empty, too long, has a character that names do not have, or mixes scripts.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        let nick = Self::kept(input)?;
        if look::mixes_scripts(&nick.0) { Err(NameError::MixedScripts) } else { Ok(nick) }
    }

    /// Takes what somebody was called before: as [`Nick::parse`], but scripts may be mixed, as an older
    /// version allowed.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that names do not have.
    pub fn kept(input: &str) -> Result<Self, NameError> {
        checked(plain(input.trim()).nfc().collect(), Self::CHARS_MAX).map(Self)
    }

    /// The nick as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is compared by.
    #[must_use]
    pub fn key(&self) -> NickKey {
        NickKey(look::of_nick(&self.0.to_lowercase()))
    }

    /// What it looks like as it stands, in small letters and in capitals, its key first: `Вера` in Cyrillic
    /// looks like `Bepa` in Latin. Two people have no look in common. In most scripts there is only the key.
    #[must_use]
    pub fn looks(&self) -> Vec<NickKey> {
        let mut looks = vec![self.key()];
        if !self.0.is_ascii() {
            for form in [self.0.as_str(), &self.0.to_uppercase()] {
                let look = NickKey(look::of_nick(form));
                if !looks.contains(&look) {
                    looks.push(look);
                }
            }
        }
        looks
    }
}

impl RoomName {
    /// Characters in a room's name.
    pub const CHARS_MAX: usize = 64;

    /// Takes a room's name with or without its `#`; composes it (NFC) and lowers its case.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that names do not have.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        let input = input.trim();
        let input = input.strip_prefix('#').unwrap_or(input);
        let mut lower = String::new();
        for c in plain(input).nfc().flat_map(char::to_lowercase) {
            // `İ` has this in lower case, and is an `i`.
            if c != look::DOT_ABOVE || !lower.ends_with('i') {
                lower.push(c);
            }
        }
        checked(lower.nfc().collect(), Self::CHARS_MAX).map(Self)
    }

    /// The name without `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it looks like, to refuse a new room that passes for another.
    #[must_use]
    pub(crate) fn look(&self) -> CompactString {
        look::of_room(&self.0)
    }

    /// Whether its letters are of scripts that are not written together: no new room is called so. One that
    /// is there already stays.
    pub(crate) fn mixes_scripts(&self) -> bool {
        look::mixes_scripts(&self.0)
    }
}

/// Without what says that a pictograph is drawn in colours: phones write it, and nobody sees whether it is there.
fn plain(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| *c != '\u{FE0F}')
}

fn checked(name: CompactString, chars_max: usize) -> Result<CompactString, NameError> {
    let first = name.chars().next().ok_or(NameError::Empty)?;
    let chars = name.chars().count();
    if chars > chars_max {
        return Err(NameError::TooLong { chars, max: chars_max });
    }
    if matches!(first, '-' | '.' | '\'') || is_mark(first) {
        return Err(NameError::First(first));
    }
    let mut marks = 0;
    for c in name.chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS_IN_A_ROW_MAX || !may_stand(c) {
            return Err(NameError::Character(c));
        }
    }
    Ok(name)
}

/// Identifier characters of every living script (TS #39), a few ASCII signs, and pictographs.
fn may_stand(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "-_.'^|[]{}`".contains(c);
    }
    let is_pictograph = matches!(
        c.general_category(),
        GeneralCategory::OtherSymbol | GeneralCategory::ModifierSymbol
    );
    // TS #39 leaves out 1,304 characters of this block as uncommon; people's names have them.
    let is_chinese = matches!(c, '\u{4E00}'..='\u{9FFF}');
    c.identifier_allowed() || is_chinese || (is_pictograph && !is_unseen(c))
}

macro_rules! string_like {
    ($name:ident, $prefix:literal, $kept:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(&self.0)
            }
        }
        impl TryFrom<CompactString> for $name {
            type Error = NameError;
            fn try_from(value: CompactString) -> Result<Self, NameError> {
                Self::$kept(&value)
            }
        }
        impl FromStr for $name {
            type Err = NameError;
            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::parse(name)
            }
        }
        impl From<$name> for CompactString {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}
string_like!(Nick, "", kept);
string_like!(RoomName, "#", parse);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_may_be_called_what_people_are_called() {
        for name in
            ["ann", "Ann_2", "小明", "たろう", "Zoë", "Иван", "محمد", "อนันต์", "🙂", "o'neil"]
        {
            assert_eq!(Nick::parse(name).map(|n| n.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn what_could_be_mistaken_for_something_else_is_no_name() {
        assert_eq!(Nick::parse("  "), Err(NameError::Empty));
        assert_eq!(Nick::parse("a b"), Err(NameError::Character(' ')));
        assert_eq!(Nick::parse("a\u{202e}b"), Err(NameError::Character('\u{202e}')));
        assert_eq!(Nick::parse("a\u{200b}b"), Err(NameError::Character('\u{200b}')));
        assert_eq!(Nick::parse("\u{3164}"), Err(NameError::Character('\u{3164}')));
        // Symbols that are blank, or stand for what is missing.
        for unseen in ['\u{2800}', '\u{1D159}', '\u{FFFC}', '\u{FFFD}'] {
            assert_eq!(Nick::parse(&unseen.to_string()), Err(NameError::Character(unseen)));
        }
        assert!(Nick::parse("丒").is_ok(), "a rare character of a Chinese name");
        assert_eq!(Nick::parse("<ann>"), Err(NameError::Character('<')));
        assert_eq!(Nick::parse("-ann"), Err(NameError::First('-')));
        assert_eq!(Nick::parse(&"x".repeat(33)), Err(NameError::TooLong { chars: 33, max: 32 }));
        assert!(matches!(
            Nick::parse("a\u{35c}\u{35c}\u{35c}\u{35c}"),
            Err(NameError::Character(_))
        ));
    }

    fn nick(name: &str) -> Nick {
        Nick::parse(name).unwrap()
    }

    /// Whether two people may be called so at once.
    fn collide(a: &str, b: &str) -> bool {
        let (a, b) = (nick(a).looks(), nick(b).looks());
        a.iter().any(|look| b.contains(look))
    }

    #[test]
    fn nicks_that_look_alike_collide() {
        for (a, b) in [
            ("Ann", "ann"),
            ("bob0", "bobo"),
            ("AIice", "Alice"),
            ("BiII", "Bill"),
            ("A1ice", "alice"),
            ("A|ice", "Alice"),
            ("BOB", "ВОВ"),
            ("Bob", "вов"),
            ("coco", "сосо"),
            ("Bepa", "Вера"),
            ("Ava", "ανα"),
            ("ANA", "ανα"),
            ("Nav", "Ναν"),
            ("ΝΙΚΟΣ", "Νικος"),
            ("alice", "ali\u{307}ce"),
            ("Ian", "İan"),
            ("ian", "ıan"),
            ("Jan", "j\u{307}an"),
            ("ịan", "ị\u{307}an"),
            ("Ștefan", "Ştefan"),
            ("力", "カ"),
            ("力", "\u{2F12}"),
            ("บ", "ບ"),
            ("ə", "ә"),
        ] {
            assert!(collide(a, b), "{a} {b}");
        }
    }

    #[test]
    fn nicks_that_are_different_do_not_collide() {
        for (a, b) in [
            ("ann", "anne"),
            ("小明", "小朋"),
            ("stem", "stern"),
            ("Barney", "Bamey"),
            ("corn", "com"),
            ("vv", "w"),
            ("cl", "d"),
            ("o5", "os"),
            ("Ava", "Ana"),
            ("Вера", "Вира"),
            ("แดง", "แตง"),
            ("土", "士"),
            ("日", "曰"),
            ("ච", "ව"),
            ("ដា", "តា"),
        ] {
            assert!(!collide(a, b), "{a} {b}");
        }
    }

    #[test]
    fn a_new_nick_is_written_in_one_script() {
        for mixed in ["Вob", "Тom", "Кate", "аnn", "аdmin", "Ιan", "annอ", "aא"] {
            assert_eq!(Nick::parse(mixed), Err(NameError::MixedScripts), "{mixed}");
            assert_eq!(Nick::kept(mixed).unwrap().as_str(), mixed, "said under it before");
        }
        for fine in ["小明ann", "たろうTaro", "김Kim", "Zoë_2", "Иван2", "🙂Иван", "ann🙂"]
        {
            assert_eq!(nick(fine).as_str(), fine);
        }
        assert_eq!(nick("ann❤\u{FE0F}").as_str(), "ann❤", "as a phone writes it");
    }

    #[test]
    fn rooms_that_differ_in_ascii_are_different() {
        let look = |name: &str| RoomName::parse(name).unwrap().look();
        for (a, b) in
            [("stem", "stern"), ("v1", "vl"), ("10", "lo"), ("modem", "modern"), ("o", "0")]
        {
            assert_ne!(look(a), look(b), "{a} {b}");
        }
        assert_eq!(look("coco"), look("сосо"), "Cyrillic");
        assert!(RoomName::parse("cосо").unwrap().mixes_scripts());
        assert!(!RoomName::parse("茶tea").unwrap().mixes_scripts());
    }

    #[test]
    fn a_room_is_the_same_in_any_case_and_with_or_without_its_sign() {
        assert_eq!(RoomName::parse("#Tea").unwrap().to_string(), "#tea");
        assert_eq!(RoomName::parse("tea"), RoomName::parse("#TEA"));
        assert_eq!(RoomName::parse("#茶馆").unwrap().as_str(), "茶馆");
        assert_eq!(RoomName::parse("#"), Err(NameError::Empty));
        assert_eq!(RoomName::parse("İ\u{307}stanbul"), RoomName::parse("istanbul"));
    }

    proptest! {
        #[test]
        fn a_nick_has_its_key_in_any_case(input in "[a-zA-Z0-9|`а-яА-ЯёЁäÖéÉ]{1,12}") {
            if let Ok(nick) = Nick::kept(&input) {
                for other in [input.to_lowercase(), input.to_uppercase()] {
                    let other = Nick::kept(&other).unwrap();
                    prop_assert_eq!(nick.key(), other.key());
                }
                prop_assert_eq!(nick.looks().into_iter().next(), Some(nick.key()));
            }
        }

        #[test]
        fn the_key_of_a_key_is_itself(input in any::<String>()) {
            if let Ok(nick) = Nick::kept(&input) {
                let NickKey(key) = nick.key();
                prop_assert_eq!(look::of_nick(&key.to_lowercase()), key);
            }
        }

        #[test]
        fn a_name_parsed_again_is_itself(input in any::<String>()) {
            if let Ok(nick) = Nick::parse(&input) {
                prop_assert_eq!(nick.to_string().parse(), Ok(nick.clone()));
            }
            if let Ok(room) = RoomName::parse(&input) {
                prop_assert_eq!(room.to_string().parse(), Ok(room.clone()));
            }
        }
    }
}
