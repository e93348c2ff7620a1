//! Which characters the terminal can show. All that is drawn goes through here, ours and what people write.

use std::borrow::Cow;

use teahouse_editor::width;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Characters that can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// All.
    #[default]
    Full,
    /// All but those that draw lines and boxes, which the locale does not want.
    Lineless,
    /// ASCII. Of an accented letter the letter is shown, of everything else that it is there.
    Ascii,
}

/// What we draw with, and what stands for it. No nick begins with one of these.
const LINES: &[(&str, &str)] = &[("─", "-"), ("│", "|"), ("┴", "+"), ("▌", ">"), ("▶", ">")];
/// What else of ours there is in ASCII.
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
    /// The text in characters that can be shown, as wide as it is.
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

/// The letter of an accented one; question marks for what has none.
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
    fn what_cannot_be_shown_is_shown_as_far_as_it_can_and_as_wide() {
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
