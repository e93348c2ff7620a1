//! Text made harmless where it enters the line: what the line shows is what can be sent, and none of it
//! acts on the terminal that shows it.
//!
//! The table is that of the chat, which this crate does not know: a test of the client, which knows both,
//! holds them equal.

use std::borrow::Cow;

const BLACK_FLAG: char = '\u{1F3F4}';
const CANCEL_TAG: char = '\u{E007F}';
/// Tags between a black flag and its end: a country and a part of it (UTS #51, `gbeng`).
const FLAG_TAGS: std::ops::RangeInclusive<usize> = 3..=6;

/// Makes CR LF, CR and the other line ends of Unicode a line feed and a tab a space, and takes out all
/// other control characters, bidi controls and invisible tags but those of flags: the characters the chat
/// would not let pass either.
#[must_use]
pub fn harmless(input: &str) -> Cow<'_, str> {
    if input.chars().all(is_harmless) {
        return Cow::Borrowed(input);
    }
    let mut output = String::with_capacity(input.len());
    let mut rest = input.chars();
    let mut after_return = false;
    while let Some(c) = rest.next() {
        match c {
            '\n' if after_return => {}
            '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => output.push('\n'),
            '\t' => output.push(' '),
            BLACK_FLAG => {
                output.push(c);
                let tags = flag_tags(rest.as_str());
                output.push_str(tags);
                rest = rest.as_str()[tags.len()..].chars();
            }
            _ if is_harmless(c) => output.push(c),
            _ => {}
        }
        after_return = c == '\r';
    }
    Cow::Owned(output)
}

fn is_harmless(c: char) -> bool {
    match c {
        '\n' => true,
        '\u{AD}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{206F}' => false,
        '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' => false,
        _ => !c.is_control(),
    }
}

/// The tags that make a black flag, before them, the flag of a part of a country; empty when they do not.
fn flag_tags(after_flag: &str) -> &str {
    let is_letter = |c: &char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let count = after_flag.chars().take_while(is_letter).count();
    let end = count * CANCEL_TAG.len_utf8();
    let is_flag = FLAG_TAGS.contains(&count) && after_flag[end..].starts_with(CANCEL_TAG);
    if is_flag { &after_flag[..end + CANCEL_TAG.len_utf8()] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_a_line_feed() {
        assert_eq!(harmless("a\r\nb\rc\nd\r\r\ne\u{2028}f\u{C}g"), "a\nb\nc\nd\n\ne\nf\ng");
    }

    #[test]
    fn a_tab_becomes_a_space_and_other_controls_go() {
        assert_eq!(harmless("a\tb\u{1b}[31m\u{7}\u{9b}2J\u{7f}"), "a b[31m2J");
        assert_eq!(harmless("\u{202e}evil\u{feff}"), "evil");
        assert_eq!(harmless("\u{202A}+49 30\u{202C}"), "+49 30");
    }

    #[test]
    fn words_in_any_script_stay_as_they_are() {
        let words = "你好 か\u{3099} 👩\u{200D}👩\u{200D}👧 🇩🇪 ❤\u{FE0F}\nمرحبا שלום\u{200F} می\u{200C}خواهم";
        assert!(matches!(harmless(words), Cow::Borrowed(same) if same == words));
        let england = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}";
        assert_eq!(harmless(england), england);
    }
}
