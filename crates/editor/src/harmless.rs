//! Text made harmless where it enters the line: what the line shows is what can be sent, and none of it
//! acts on the terminal that shows it.

use std::borrow::Cow;

/// Makes CR LF, CR and the other line ends of Unicode a line feed and a tab a space, and takes out all
/// other control characters, bidi controls, invisible tags and the byte-order mark: the characters the
/// chat would not let pass either.
#[must_use]
pub fn harmless(input: &str) -> Cow<'_, str> {
    if input.chars().all(is_harmless) {
        return Cow::Borrowed(input);
    }
    let mut output = String::with_capacity(input.len());
    let mut after_return = false;
    for c in input.chars() {
        match c {
            '\n' if after_return => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => output.push('\n'),
            '\t' => output.push(' '),
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
        '\u{61C}' | '\u{200E}' | '\u{200F}' => false,
        '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{206F}' => false,
        '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' => false,
        _ => !c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_becomes_a_line_feed() {
        assert_eq!(harmless("a\r\nb\rc\nd\r\r\ne\u{2028}f"), "a\nb\nc\nd\n\ne\nf");
    }

    #[test]
    fn a_tab_becomes_a_space_and_other_controls_go() {
        assert_eq!(harmless("a\tb\u{1b}[31m\u{7}\u{9b}2J\u{7f}"), "a b[31m2J");
        assert_eq!(harmless("\u{202e}evil\u{feff}"), "evil");
    }

    #[test]
    fn words_in_any_script_stay_as_they_are() {
        let words = "你好 か\u{3099} 👩\u{200D}👩\u{200D}👧 🇩🇪 ❤\u{FE0F}\nمرحبا";
        assert!(matches!(harmless(words), Cow::Borrowed(same) if same == words));
    }
}
