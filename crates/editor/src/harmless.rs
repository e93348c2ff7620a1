//! Making text harmless where it enters the line: the line shows exactly what can be sent, and nothing in it acts on
//! the terminal. The table of characters is that of the chat.

use std::borrow::Cow;

use teahouse_core::harmless::{Fate, fate};

/// As [`teahouse_core::harmless::harmless`], with two differences: a tab becomes a space, because a line has no room
/// for one, and a character that would act on a terminal is dropped without a replacement character.
#[must_use]
pub fn harmless(input: &str) -> Cow<'_, str> {
    let stays = |c: char| fate(c) == Fate::Kept && c != '\t';
    if input.chars().all(stays) {
        return Cow::Borrowed(input);
    }
    let typed = input.chars().filter(|c| fate(*c) != Fate::Replaced);
    let typed: String = typed.map(|c| if c == '\t' { ' ' } else { c }).collect();
    Cow::Owned(teahouse_core::harmless::harmless(&typed).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_a_line_feed() {
        assert_eq!(harmless("a\r\nb\rc\nd\r\r\ne\u{2028}f\u{C}g"), "a\nb\nc\nd\n\ne\nf\ng");
    }

    #[test]
    fn a_tab_becomes_a_space_and_other_controls_are_dropped() {
        assert_eq!(harmless("a\tb\u{1b}[31m\u{7}\u{9b}2J\u{7f}"), "a b[31m2J");
        assert_eq!(harmless("\u{202e}evil\u{feff}"), "evil");
        assert_eq!(harmless("\u{202A}+49 30\u{202C}"), "+49 30");
    }

    #[test]
    fn words_in_any_script_stay_unchanged() {
        let words = "你好 か\u{3099} 👩\u{200D}👩\u{200D}👧 🇩🇪 ❤\u{FE0F}\nمرحبا שלום\u{200F} می\u{200C}خواهم";
        assert!(matches!(harmless(words), Cow::Borrowed(same) if same == words));
        let england = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
        assert_eq!(harmless(england), england);
    }
}
