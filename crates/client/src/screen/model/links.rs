//! Finds links in messages.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};

/// The byte ranges of the links in a text: web addresses with their scheme.
#[must_use]
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    if !text.contains("://") {
        return Vec::new();
    }
    let plain = finder_text(text);
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let web = finder.links(&plain).filter(|link| is_web(link.as_str()));
    web.map(|link| link.start()..link.end()).collect()
}

/// The text for the link finder, byte for byte: within an address, letters beyond ASCII become ASCII letters, also in
/// the last part of a host (`.рф`), and characters that end an address become spaces.
fn finder_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut is_in_link = false;
    for c in text.chars() {
        let shown = match c {
            _ if ends_link(c) => ' ',
            _ if c.is_ascii() || !is_in_link => {
                plain.push(c);
                is_in_link = is_in_link || plain.ends_with("://");
                continue;
            }
            _ => 'a',
        };
        is_in_link = is_in_link && shown != ' ';
        plain.extend(std::iter::repeat_n(shown, c.len_utf8()));
    }
    plain
}

/// Whether an address may be opened in a browser: only http and https, whatever a message contains.
#[must_use]
pub(crate) fn is_web(address: &str) -> bool {
    let begins = |scheme: &str| {
        address.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

/// Whether a character ends an address: Chinese and Japanese punctuation, in its own blocks and in that of the
/// quotation marks, sentence punctuation of other scripts, spaces and invisible characters. Letters of any script may
/// be part of an address.
fn ends_link(c: char) -> bool {
    match c {
        // 々〆〇 and the kana marks are letters.
        '\u{3005}'..='\u{3007}' | '\u{3031}'..='\u{3035}' | '\u{303B}' => false,
        '\u{3000}'..='\u{303F}' | '\u{30FB}' => true,
        // Full-width forms of ASCII punctuation, and half-width forms of CJK punctuation.
        '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' => true,
        '\u{FF3B}'..='\u{FF3D}' | '\u{FF5B}'..='\u{FF65}' => true,
        // Its vertical and small forms.
        '\u{FE10}'..='\u{FE1F}' | '\u{FE30}'..='\u{FE6B}' => true,
        // — ― ‘ ’ “ ” ‥ … ⋯
        '\u{2014}' | '\u{2015}' | '\u{2018}'..='\u{201F}' => true,
        '\u{2025}' | '\u{2026}' | '\u{22EF}' => true,
        '«' | '»' | '‹' | '›' => true,
        // Armenian, Hebrew, Arabic, Devanagari, Burmese, Ethiopic, Khmer.
        '\u{55D}' | '\u{589}' | '\u{5C3}' | '\u{60C}' | '\u{61B}' | '\u{61F}' | '\u{6D4}' => true,
        '\u{964}' | '\u{965}' | '\u{104A}' | '\u{104B}' | '\u{1362}'..='\u{1368}' => true,
        '\u{17D4}' | '\u{17D5}' => true,
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{61C}' => true,
        other => other.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links_in(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_link_ends_where_a_reader_expects() {
        assert_eq!(links_in("see https://tea.example/a(b). ok"), ["https://tea.example/a(b)"]);
        assert_eq!(links_in("见 https://tea.example/茶，好"), ["https://tea.example/茶"]);
        for end in [
            "（绿茶）",
            "《茶经》",
            "“好”",
            "‘好’",
            "…",
            "……",
            "—好",
            "\u{3000}好",
            "。",
            "；",
            "！",
            "？",
            "：",
            "～",
            "「茶」",
            "【茶】",
            "〈茶〉",
            "・茶",
            "｜",
            ".（注）",
            "‥",
            "»",
            "، نعم",
            "؟",
            "।",
            "។",
            "﹐好",
            "\u{200E}",
        ] {
            let text = format!("看 https://tea.example/a?b=c{end}");
            assert_eq!(links_in(&text), ["https://tea.example/a?b=c"], "{text}");
        }
        assert_eq!(
            links_in("看https://a.example/茶，https://b.example/々。（http://c.example）http://"),
            ["https://a.example/茶", "https://b.example/々", "http://c.example"]
        );
        for whole in [
            "https://zh.wikipedia.org/wiki/茶_(饮料)",
            "https://en.wikipedia.org/wiki/Tea_(disambiguation)",
            "http://例え.jp/テスト",
            "https://пример.рф/путь?a=б",
            "https://中国互联网络信息中心.中国",
            "https://한국인터넷정보센터.한국/",
            "https://a.example/ช่า",
        ] {
            assert_eq!(links_in(&format!("看{whole}，（{whole}）")), [whole, whole]);
        }
        assert_eq!(
            links_in("(http://a.example) http://b.example!"),
            ["http://a.example", "http://b.example"]
        );
    }

    #[test]
    fn only_the_web_is_a_link() {
        assert!(
            links_in("file:///etc/passwd javascript://x mailto:a@b.example ssh://h").is_empty()
        );
        assert!(is_web("HTTPS://tea.example") && !is_web("file://x") && !is_web("é"));
    }

    proptest! {
        #[test]
        fn a_link_is_a_part_of_the_text_and_of_the_web(
            text in "(https?://|HTTP://|ssh://|://|[a-z.:/()@#?!, -]|[茶é🙂Жก]|[，。»…]|\\PC){0,24}"
        ) {
            for range in find(&text) {
                prop_assert!(text.get(range.clone()).is_some_and(is_web), "{text:?} {range:?}");
                prop_assert!(!text[range].contains(ends_link), "{text:?}");
            }
        }
    }
}
