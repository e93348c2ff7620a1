//! Error texts of the operating system, for people.

/// The text of an error, in lower case and without "(os error N)", which helps no person.
#[must_use]
pub fn without_os_code(error: &(impl std::error::Error + ?Sized)) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct System(&'static str);

    #[test]
    fn the_error_number_of_the_system_is_left_out() {
        let refused = System("Connection refused (os error 111)");
        assert_eq!(without_os_code(&refused), "connection refused");
        assert_eq!(without_os_code(&System("No route")), "no route");
    }
}
