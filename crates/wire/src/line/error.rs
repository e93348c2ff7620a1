//! Input that is not a line.

use thiserror::Error;

use crate::decode::NotWords;

/// Why bytes are not a line. The next line is read as usual, except when the whole input is UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// The bytes of a line are not text.
    #[error("{}", describe(*.0))]
    NotWords(NotWords),
    /// The whole input is UTF-16.
    #[error("nothing is taken: {}", NotWords::Utf16)]
    Utf16,
    /// A line has too many bytes.
    #[error("a line longer than {max} bytes was not sent; split it")]
    TooLong {
        /// The most bytes that a line may have.
        max: usize,
    },
}

fn describe(not_words: NotWords) -> String {
    match not_words {
        NotWords::NotUtf8 => {
            "that line is not UTF-8 and was not sent; set your terminal to UTF-8".to_owned()
        }
        NotWords::Utf16 => format!("that line was not sent: {not_words}"),
    }
}
