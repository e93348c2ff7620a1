//! Replaces characters that the terminal cannot show. All drawn text passes through here, the interface's and people's.

use std::borrow::Cow;

use teahouse_editor::width;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The characters that the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// All.
    #[default]
    Full,
    /// All except those that draw lines and boxes, because the locale is not UTF-8.
    Lineless,
    /// ASCII. An accented letter loses its accent, everything else becomes question marks.
    Ascii,
}

/// Line characters of the interface, and their replacements. No nick begins with a replacement.
const LINES: &[(&str, &str)] = &[("─", "-"), ("│", "|"), ("┴", "+"), ("▌", ">"), ("▶", ">")];
/// Other signs of the interface, and their replacements in ASCII.
const SIGNS: &[(&str, &str)] = &[
    ("⇄", "="),
    ("·", "-"),
    ("…", "~"),
    ("↓", "v"),
    ("↑", "^"),
    ("←", "<"),
    ("→", ">"),
    ("●", "*"),
    ("○", "o"),
    ("◌", "o"),
    ("›", ">"),
    ("⏎", "/"),
    ("“", "\""),
    ("”", "\""),
    ("‘", "'"),
    ("’", "'"),
    ("–", "-"),
    ("—", "-"),
];

impl Charset {
    /// The text in characters that can be shown, of the same width.
    #[must_use]
    pub(in crate::screen) fn render(self, text: &str) -> Cow<'_, str> {
        if self == Self::Full || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        text.graphemes(true).map(|cluster| self.render_cluster(cluster)).collect::<String>().into()
    }

    fn render_cluster(self, cluster: &str) -> Cow<'_, str> {
        let stand_in = |table: &[(&str, &'static str)]| {
            table.iter().find(|(sign, _)| *sign == cluster).map(|(_, ascii)| Cow::Borrowed(*ascii))
        };
        match self {
            _ if cluster.is_ascii() => Cow::Borrowed(cluster),
            Self::Full => Cow::Borrowed(cluster),
            Self::Lineless if is_line(cluster) => stand_in(LINES).unwrap_or(Cow::Borrowed("+")),
            Self::Lineless => Cow::Borrowed(cluster),
            Self::Ascii => {
                stand_in(LINES).or_else(|| stand_in(SIGNS)).unwrap_or_else(|| ascii(cluster))
            }
        }
    }
}

/// Whether this draws lines, boxes or blocks of one column.
fn is_line(cluster: &str) -> bool {
    let is_drawing = |c: char| matches!(c, '\u{2500}'..='\u{259F}' | '▶');
    cluster.chars().all(is_drawing) && width(cluster) == 1
}

/// The letter without its accent; question marks for everything else.
fn ascii(cluster: &str) -> Cow<'_, str> {
    let columns = width(cluster);
    let base = cluster.nfkd().next().filter(|c| c.is_ascii_graphic() || *c == ' ');
    match base {
        Some(c) if columns == 1 => Cow::Owned(c.to_string()),
        Some(_) | None => Cow::Owned("?".repeat(columns)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_cannot_be_shown_have_replacements_of_the_same_width() {
        let text = "─│ café “naïve” Straße 你好 👩\u{200D}👩\u{200D}👧 x…";
        assert_eq!(Charset::Full.render(text), text);
        assert_eq!(Charset::Lineless.render(text), text.replace('─', "-").replace('│', "|"));
        assert_eq!(Charset::Ascii.render(text), "-| cafe \"naive\" Stra?e ???? ?? x~");
        for text in [text, "e\u{301}\u{200B}", "ᄀᄀᄀ", "🇩🇪", "שלום", "░▒▓"] {
            for charset in [Charset::Lineless, Charset::Ascii] {
                assert_eq!(width(&charset.render(text)), width(text), "{text}");
            }
            assert!(Charset::Ascii.render(text).is_ascii());
        }
    }
}
