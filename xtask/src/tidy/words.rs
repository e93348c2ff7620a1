//! One word for each concept: synonyms that have been given up do not come back.

use super::File;
use super::tokens;

/// A word that is not used, and what is said instead. Names count as the words they are made of.
const GIVEN_UP: &[(&str, &str)] = &[
    ("house", "server; `house` is for what people in a room read"),
    ("houses", "servers"),
    ("whoever", "a session, a connection, a client or a person"),
    ("whomever", "a session, a connection, a client or a person"),
    ("half said", "partial input"),
    ("hearer", "member"),
    ("speaker", "author, or protocol session"),
    ("founding", "stored room"),
    ("newcomer", "a connection that has not entered"),
    ("newcomers", "connections that have not entered"),
    ("turned away", "rejected"),
    ("leave to read", "permission to read"),
    ("look after", "settle, or serve"),
];

/// Names that settings and the api have, and keep.
const KEPT: &[&str] = &["newcomers_per_address", "NotInTheHouse"];

/// Finds such words in names and comments of source files, and in the prose of documents. Not in literals: those are
/// what people and programs read.
pub(super) fn are_the_fields(file: &File) -> Vec<(usize, String)> {
    let text = if file.is(".rs") && !file.path.ends_with("tidy/words.rs") {
        tokens::without_literals(&file.text)
    } else if file.is(".md") {
        without_quotes(&file.text)
    } else {
        return Vec::new();
    };
    let lines = text.lines().enumerate();
    lines.flat_map(|(index, line)| found(line).map(move |what| (index + 1, what))).collect()
}

fn found(line: &str) -> impl Iterator<Item = String> {
    let words = words(line);
    let is_in = move |word: &str| words.contains(&format!(" {word} "));
    let given_up = GIVEN_UP.iter().filter(move |(word, _)| is_in(word));
    given_up.map(|(word, instead)| format!("{word:?}: say {instead}"))
}

/// The words of a line, in lower case, with one space around each; names taken apart.
fn words(line: &str) -> String {
    let line = KEPT.iter().fold(line.to_owned(), |line, kept| line.replace(kept, " "));
    let mut words = String::from(" ");
    let mut was_lower = false;
    for c in line.chars() {
        let is_between = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if is_between && !words.ends_with(' ') {
            words.push(' ');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words + " "
}

/// A document without what it quotes: blocks of code, code within a line, and words in quotation marks.
fn without_quotes(text: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if !is_code && !is_fence {
            let unquoted =
                |part: &str, mark| part.split(mark).step_by(2).collect::<Vec<_>>().join(" ");
            prose += &unquoted(&unquoted(line, '`'), '"');
        }
        prose.push('\n');
    }
    prose
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        are_the_fields(&file).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn words_that_were_given_up_are_found_in_names_and_comments_and_not_in_literals() {
        let text = "//! A House.\nlet is_in_house = 1;\nstruct TeaHouse;\nlet a = \"the house\n is full\";\n\
            // Whoever asks.\nlet half_said_bytes = Code::NotInTheHouse;\nlet teahouse = household();\n";
        assert_eq!(lines("crates/wire/src/a.rs", text), [1, 2, 3, 6, 7]);
    }

    #[test]
    fn in_documents_what_is_quoted_is_not_looked_at() {
        let text =
            "The house.\nIt says `the house` and \"the house\".\n```\nhouse\n```\nWhoever.\n";
        assert_eq!(lines("docs/a.md", text), [1, 6]);
        assert_eq!(lines("teahouse.example.toml", text), [0; 0]);
    }
}
