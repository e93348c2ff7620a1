//! The files that the rules check.

use std::process::Command;

use anyhow::{Context, Result};

/// A file of the repository.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

/// Every file that git tracks.
pub(super) fn files() -> Result<Vec<File>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("cannot run git")?;
    let names = String::from_utf8(output.stdout).context("file names are UTF-8")?;
    let read = |path: &str| {
        let text = std::fs::read_to_string(path).ok()?;
        Some(File { path: path.to_owned(), text })
    };
    Ok(names.lines().filter_map(read).collect())
}

impl File {
    pub(super) fn is(&self, ending: &str) -> bool {
        self.path.ends_with(ending)
    }

    pub(super) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    pub(super) fn is_of_server(&self) -> bool {
        self.path.starts_with("crates/server/") && self.is(".rs")
    }

    pub(super) fn lines_where(
        &self,
        is_found: impl Fn(&str) -> bool,
        what: impl Fn(&str) -> String,
    ) -> Vec<(usize, String)> {
        let lines = self.text.lines().enumerate().filter(|(_, line)| is_found(line));
        lines.map(|(index, line)| (index + 1, what(line.trim()))).collect()
    }
}
