//! Links in what people say.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};

/// Where links are in a text: addresses of the web, with their scheme.
#[must_use]
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    if !text.contains("://") {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut found = Vec::new();
    let mut from = 0;
    // Behind a mark that ends a link another one may begin.
    while let Some(link) = finder.links(&text[from..]).find(|link| is_web(link.as_str())) {
        let start = from + link.start();
        from = start + web_bytes(link.as_str());
        // What ended with the mark may have an ASCII full stop before it.
        let whole = finder.links(&text[start..from]).next();
        found.extend(whole.map(|link| start..start + link.end()));
    }
    found
}

/// Whether an address may be handed to a browser: nothing but the web, whatever somebody writes.
#[must_use]
pub(crate) fn is_web(address: &str) -> bool {
    let begins = |scheme: &str| {
        address.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

/// Bytes of an address up to a mark that in Chinese, Japanese or Korean follows it without a space.
fn web_bytes(address: &str) -> usize {
    address.find(ends_link).unwrap_or(address.len())
}

/// Whether a character of a text is none of an address: the punctuation of Chinese and Japanese, in its own
/// blocks and in that of the quotation marks, and every space. Letters of any script may stand in addresses.
fn ends_link(c: char) -> bool {
    match c {
        // 々〆〇 and the kana marks are letters.
        '\u{3005}'..='\u{3007}' | '\u{3031}'..='\u{3035}' | '\u{303B}' => false,
        '\u{3000}'..='\u{303F}' | '\u{30FB}' => true,
        // Full-width forms of ASCII punctuation, and half-width forms of CJK punctuation.
        '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' => true,
        '\u{FF3B}'..='\u{FF3D}' | '\u{FF5B}'..='\u{FF65}' => true,
        // — ― ‘ ’ “ ” … ⋯
        '\u{2014}' | '\u{2015}' | '\u{2018}'..='\u{201F}' | '\u{2026}' | '\u{22EF}' => true,
        other => other.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn links_end_where_people_mean_them_to_end() {
        assert_eq!(found("see https://tea.example/a(b). ok"), ["https://tea.example/a(b)"]);
        assert_eq!(found("见 https://tea.example/茶，好"), ["https://tea.example/茶"]);
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
        ] {
            let text = format!("看 https://tea.example/a?b=c{end}");
            assert_eq!(found(&text), ["https://tea.example/a?b=c"], "{text}");
        }
        assert_eq!(
            found("看https://a.example/茶，https://b.example/々。（http://c.example）http://"),
            ["https://a.example/茶", "https://b.example/々", "http://c.example"]
        );
        assert_eq!(
            found("(http://a.example) http://b.example!"),
            ["http://a.example", "http://b.example"]
        );
    }

    #[test]
    fn only_the_web_is_a_link() {
        assert!(found("file:///etc/passwd javascript://x mailto:a@b.example ssh://h").is_empty());
        assert!(is_web("HTTPS://tea.example") && !is_web("file://x") && !is_web("é"));
    }
}
