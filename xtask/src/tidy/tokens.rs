//! Source text as words and marks, without comments, strings and tests: enough to count fields and to follow names.

/// The words (`use`, `crate`, `Shard`) and marks (`::`, `{`, `;`) of a source file, in order. Comments, literals and an
/// inline module of tests at the end are left out.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, is_token) = measure(rest, first);
        let (token, after) = rest.split_at(length);
        if is_token {
            tokens.push(token);
        }
        rest = after;
    }
    tokens
}

/// Source text without its literals, with its lines: what names and comments say.
pub(super) fn without_literals(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, is_token) = measure(rest, first);
        let (part, after) = rest.split_at(length);
        if is_token || part.starts_with("//") || part.trim().is_empty() {
            kept += part;
        } else {
            kept.extend(part.chars().filter(|c| *c == '\n'));
        }
        rest = after;
    }
    kept
}

/// The length in bytes of the first token, and whether it is a word or a mark.
fn measure(text: &str, first: char) -> (usize, bool) {
    let until = |end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
    let is_in_word = |c: char| c.is_alphanumeric() || c == '_';
    match first {
        _ if text.starts_with("//") => (until("\n"), false),
        _ if text.starts_with("r\"") => (2 + length_of(&text[2..], "\""), false),
        _ if text.starts_with("r#\"") => (3 + length_of(&text[3..], "\"#"), false),
        '"' => (1 + quoted(&text[1..], '"'), false),
        // A lifetime has no quote after its name.
        '\'' if text[1..].starts_with('\\') || text.chars().nth(2) == Some('\'') => {
            (1 + quoted(&text[1..], '\''), false)
        }
        _ if text.starts_with("::") => (2, true),
        _ if is_in_word(first) => (text.find(|c| !is_in_word(c)).unwrap_or(text.len()), true),
        _ => (first.len_utf8(), !first.is_whitespace()),
    }
}

fn length_of(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// Bytes up to and including the quote that ends a literal.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_marks_are_found_outside_literals_and_comments() {
        let text = "use a::b; // c\nlet d: &'e str = \"f \\\" g\"; 'h'; '\\''; r#\"i\"j\"#\n";
        let found = tokens(text).join(" ");
        assert_eq!(found, "use a :: b ; let d : & ' e str = ; ; ;");
        assert_eq!(tokens("a\n#[cfg(test)]\nmod tests {\n    b\n}\n"), ["a"]);
    }
}
