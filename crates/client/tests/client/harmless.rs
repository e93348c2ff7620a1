//! The editing line accepts the same characters as a message.

use teahouse_core::harmless::{Fate, fate, harmless};

#[test]
fn the_editing_line_and_the_chat_know_the_same_characters() {
    let mut wrong = Vec::new();
    for c in '\0'..=char::MAX {
        let edited = teahouse_editor::harmless(&c.to_string()).into_owned();
        // The editing line shows a tab as a space, and removes terminal control without a replacement character.
        let expected = match fate(c) {
            Fate::Kept if c == '\t' => " ".to_owned(),
            Fate::Replaced => String::new(),
            Fate::Kept | Fate::LineEnd | Fate::Dropped | Fate::Tag => {
                harmless(&c.to_string()).into_owned()
            }
        };
        if edited != expected {
            wrong.push(c);
        }
    }
    assert_eq!(wrong, [] as [char; 0]);
    for flag in ["gbeng", "usca", "gb", "gbenglx", "GBENG"] {
        let tag = |c: char| char::from_u32(0xE0000 + u32::from(c)).unwrap();
        let words: String = "\u{1F3F4}".chars().chain(flag.chars().map(tag)).collect();
        for words in [format!("{words}\u{E007F}x"), words] {
            assert_eq!(teahouse_editor::harmless(&words), harmless(&words), "{flag}");
        }
    }
}
