//! What the system says of an error, for people.

/// Without the "(os error N)" that helps nobody.
pub(crate) fn without_os_code(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}
