//! The dangerous characters are in one table, and no other code decides which characters are dangerous.

use super::file::File;

/// The file of the table.
const TABLE: &str = "crates/core/src/harmless.rs";

/// Signs of a second table: characters that reorder the text around them, tags, annotations, and functions of the
/// standard library, which know neither.
const SIGNS: &[&str] = &[
    "'\\u{2028",
    "'\\u{202A",
    "'\\u{202E",
    "'\\u{2066",
    "'\\u{2069",
    "'\\u{FFF9",
    "'\\u{E0000",
    "'\\u{E0001",
    "is_control(",
    "::is_control",
    "escape_debug(",
    "escape_default(",
];

/// Finds signs of a second table, outside tests.
pub(super) fn stand_in_one_table(file: &File) -> Vec<(usize, String)> {
    let is_ours = file.path.starts_with("crates/") && file.path.contains("/src/") && file.is(".rs");
    if !is_ours || file.path == TABLE || file.is_test() {
        return Vec::new();
    }
    let tests = file.text.find("#[cfg(test)]\nmod ").unwrap_or(file.text.len());
    let last = file.text[..tests].lines().count();
    let is_found = |line: &str| SIGNS.iter().any(|sign| line.contains(sign));
    let found = file.lines_where(is_found, |line| format!("{line}: {TABLE} knows that"));
    found.into_iter().filter(|(line, _)| *line <= last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_table_is_found_and_tests_and_the_first_table_are_not() {
        let found = |path: &str, text: &str| {
            let file = File { path: path.to_owned(), text: text.to_owned() };
            stand_in_one_table(&file).into_iter().map(|(line, _)| line).collect::<Vec<_>>()
        };
        let text =
            "//! X.\nmatch c { '\\u{202A}'..='\\u{202E}' => x }\nwords.any(char::is_control)\n";
        assert_eq!(found("crates/wire/src/a.rs", text), [2, 3]);
        assert_eq!(found(TABLE, text), [0; 0]);
        assert_eq!(found("crates/wire/tests/a.rs", text), [0; 0]);
        let tests = format!("//! X.\n#[cfg(test)]\nmod tests {{\n{text}");
        assert_eq!(found("crates/wire/src/a.rs", &tests), [0; 0]);
        assert_eq!(found("crates/client/src/a.rs", "'\\u{2025}' | '\\u{200B}' => true\n"), [0; 0]);
    }
}
