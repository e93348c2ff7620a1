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
    let links = finder.links(text).filter(|link| is_web(link.as_str()));
    links.map(|link| link.start()..link.start() + web_bytes(link.as_str())).collect()
}

/// Whether an address may be handed to a browser: nothing but the web, whatever somebody writes.
#[must_use]
pub(crate) fn is_web(address: &str) -> bool {
    let begins = |scheme: &str| {
        address.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

/// Bytes of an address up to a mark that in Chinese or Japanese follows it without a space.
fn web_bytes(address: &str) -> usize {
    address
        .find(['。', '，', '、', '；', '！', '？', '）', '」', '』', '》', '】', '：'])
        .unwrap_or(address.len())
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
