//! Names of people and rooms: which strings are names, and which names are the same.
//!
//! Names with the same look are the same name ([`crate::look`]), so that nobody can pass for another person by
//! replacing a letter.

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

/// The most combining marks in a row in a name: enough for every written language, too few to paint over the lines
/// above and below.
const MARKS_IN_A_ROW_MAX: usize = 3;

/// Why a string is not a name.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum NameError {
    /// The string is empty.
    #[error("a name needs at least one character")]
    Empty,
    /// Too many characters.
    #[error("it has {chars} characters; the limit is {max}")]
    TooLong {
        /// The characters it has.
        chars: usize,
        /// The most characters.
        max: usize,
    },
    /// A character that is not allowed in names.
    #[error("{} cannot be in a name", display(*.0))]
    Character(char),
    /// A character that is not allowed at the beginning of names.
    #[error("a name cannot begin with {}", display(*.0))]
    First(char),
    /// It mixes scripts that are not written together.
    #[error("it mixes letters of different scripts that can look alike; use one script")]
    MixedScripts,
}

fn display(c: char) -> String {
    if c == ' ' { "a space".to_owned() } else { format!("{c:?}") }
}

/// The nick of a person: 1 to [`Nick::CHARS_MAX`] characters, displayed as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "CompactString", into = "CompactString")]
pub struct Nick(CompactString);

/// One look of a nick, in lower case. Nicks with the same first look ([`Nick::key`]) are the same nick.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NickKey(CompactString);

/// The name of a room, without its `#`: 1 to [`RoomName::CHARS_MAX`] characters, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString", into = "CompactString")]
pub struct RoomName(CompactString);

impl Nick {
    /// The most characters of a nick.
    pub const CHARS_MAX: usize = 32;

    /// Parses the nick that a person wants; composes it (NFC).
    ///
    /// # Errors
    /// When it is empty, too long, has a character that is not allowed, or mixes scripts.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        let nick = Self::from_stored(input)?;
        if look::mixes_scripts(&nick.0) { Err(NameError::MixedScripts) } else { Ok(nick) }
    }

    /// Parses a nick that was stored: as [`Nick::parse`], but it may mix scripts, as an older version allowed.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that is not allowed.
    pub fn from_stored(input: &str) -> Result<Self, NameError> {
        validate(without_emoji_selectors(input.trim()).nfc().collect(), Self::CHARS_MAX).map(Self)
    }

    /// The nick as it is displayed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Nicks with the same key are the same nick.
    #[must_use]
    pub fn key(&self) -> NickKey {
        NickKey(look::of_nick(&self.0.to_lowercase()))
    }

    /// Its looks as it is written, in small letters and in capitals, the key first: `Вера` in Cyrillic looks like
    /// `Bepa` in Latin. No two people have a look in common. In most scripts the key is the only look.
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
    /// The most characters of a room's name.
    pub const CHARS_MAX: usize = 64;

    /// Parses a room's name with or without its `#`; composes it (NFC) and converts it to lower case.
    ///
    /// # Errors
    /// When it is empty, too long, or has a character that is not allowed.
    pub fn parse(input: &str) -> Result<Self, NameError> {
        let input = input.trim();
        let input = input.strip_prefix('#').unwrap_or(input);
        let mut lower = String::new();
        for c in without_emoji_selectors(input).nfc().flat_map(char::to_lowercase) {
            // The lower case of `İ` has this mark; the name is the same as with `i`.
            if c != look::DOT_ABOVE || !lower.ends_with('i') {
                lower.push(c);
            }
        }
        validate(lower.nfc().collect(), Self::CHARS_MAX).map(Self)
    }

    /// The name without `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its look, to refuse a new room that passes for another.
    #[must_use]
    pub(crate) fn look(&self) -> CompactString {
        look::of_room(&self.0)
    }

    /// Whether it mixes scripts that are not written together. A new room cannot have such a name; an existing room
    /// keeps it.
    pub(crate) fn mixes_scripts(&self) -> bool {
        look::mixes_scripts(&self.0)
    }
}

/// Without the selectors that ask for a pictograph in colours: phones write them, and they are invisible.
fn without_emoji_selectors(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| *c != '\u{FE0F}')
}

fn validate(name: CompactString, chars_max: usize) -> Result<CompactString, NameError> {
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
        if marks > MARKS_IN_A_ROW_MAX || !is_allowed(c) {
            return Err(NameError::Character(c));
        }
    }
    Ok(name)
}

/// Whether names may have this character: identifier characters of every living script (TS #39), a few ASCII signs,
/// and pictographs.
fn is_allowed(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "-_.'^|[]{}`".contains(c);
    }
    let is_pictograph = matches!(
        c.general_category(),
        GeneralCategory::OtherSymbol | GeneralCategory::ModifierSymbol
    );
    // TS #39 excludes 1,304 characters of this block as uncommon, but people's names have them.
    let is_chinese = matches!(c, '\u{4E00}'..='\u{9FFF}');
    c.identifier_allowed() || is_chinese || (is_pictograph && !is_unseen(c))
}

macro_rules! string_like {
    ($name:ident, $prefix:literal, $parse:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(&self.0)
            }
        }
        impl TryFrom<CompactString> for $name {
            type Error = NameError;
            fn try_from(value: CompactString) -> Result<Self, NameError> {
                Self::$parse(&value)
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
string_like!(Nick, "", from_stored);
string_like!(RoomName, "#", parse);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_people_in_any_script_are_nicks() {
        for name in
            ["ann", "Ann_2", "小明", "たろう", "Zoë", "Иван", "محمد", "อนันต์", "🙂", "o'neil"]
        {
            assert_eq!(Nick::parse(name).map(|n| n.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn a_string_that_could_be_mistaken_for_something_else_is_not_a_name() {
        assert_eq!(Nick::parse("  "), Err(NameError::Empty));
        assert_eq!(Nick::parse("a b"), Err(NameError::Character(' ')));
        assert_eq!(Nick::parse("a\u{202e}b"), Err(NameError::Character('\u{202e}')));
        assert_eq!(Nick::parse("a\u{200b}b"), Err(NameError::Character('\u{200b}')));
        assert_eq!(Nick::parse("\u{3164}"), Err(NameError::Character('\u{3164}')));
        // Symbols that are blank or replace lost characters.
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

    /// Whether two people cannot have these nicks at once.
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
    fn a_new_nick_has_one_script() {
        for mixed in ["Вob", "Тom", "Кate", "аnn", "аdmin", "Ιan", "annอ", "aא"] {
            assert_eq!(Nick::parse(mixed), Err(NameError::MixedScripts), "{mixed}");
            assert_eq!(Nick::from_stored(mixed).unwrap().as_str(), mixed, "said under it before");
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
        fn a_nick_has_the_same_key_in_any_case(input in "[a-zA-Z0-9|`а-яА-ЯёЁäÖéÉ]{1,12}") {
            if let Ok(nick) = Nick::from_stored(&input) {
                for other in [input.to_lowercase(), input.to_uppercase()] {
                    let other = Nick::from_stored(&other).unwrap();
                    prop_assert_eq!(nick.key(), other.key());
                }
                prop_assert_eq!(nick.looks().into_iter().next(), Some(nick.key()));
            }
        }

        #[test]
        fn the_key_of_a_key_is_itself(input in any::<String>()) {
            if let Ok(nick) = Nick::from_stored(&input) {
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
