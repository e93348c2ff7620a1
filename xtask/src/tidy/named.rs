//! File names in the document that says where things are.

use super::file::File;

/// The document that says where things are.
const DOCUMENT: &str = "ARCHITECTURE.md";

/// Finds names of source files and folders in [`DOCUMENT`] that no file has, as `line: name`. A name may omit leading
/// folders; a name in capitals (`NAME.rs`) is a placeholder.
pub(super) fn missing(files: &[File]) -> Vec<String> {
    let Some(document) = files.iter().find(|file| file.path == DOCUMENT) else { return Vec::new() };
    let mut found = Vec::new();
    for (index, line) in document.text.lines().enumerate() {
        // Every second piece is between two backticks.
        for name in line.split('`').skip(1).step_by(2).filter(|name| is_path(name)) {
            let (name, is_folder) =
                name.strip_suffix('/').map_or((name, false), |name| (name, true));
            let wanted = if is_folder { format!("/{name}/") } else { format!("/{name}") };
            let has_it = |file: &File| {
                let path = format!("/{}", file.path);
                if is_folder { path.contains(&wanted) } else { path.ends_with(&wanted) }
            };
            if !files.iter().any(has_it) {
                found.push(format!("{}: {name}", index + 1));
            }
        }
    }
    found
}

fn is_path(name: &str) -> bool {
    let is_any =
        name.split(['/', '.']).any(|part| part.len() > 1 && part.chars().all(char::is_uppercase));
    (name.ends_with(".rs") || name.ends_with('/')) && !name.contains(' ') && !is_any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_file_has_are_found() {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let text = "`a/b.rs`, `b.rs`; `c.rs`\n`a/`, `d/`, `x/NAME.rs`, `cargo run a.rs`, `.b.rs`";
        let files = [file(DOCUMENT, text), file("crates/a/b.rs", "")];
        assert_eq!(missing(&files), ["1: c.rs", "2: d", "2: .b.rs"]);
    }
}
