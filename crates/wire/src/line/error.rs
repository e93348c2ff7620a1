//! What is no line.

use thiserror::Error;

use crate::decode::NotWords;

/// Why bytes are no line. The next line is heard all the same, but where all is UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// A line whose bytes are no words.
    #[error("{}", of_a_line(*.0))]
    NotWords(NotWords),
    /// All of it is UTF-16.
    #[error("nothing is taken: {}", NotWords::Utf16)]
    Utf16,
    /// A line that has too many bytes.
    #[error("a line longer than {max} bytes was not sent; split it")]
    TooLong {
        /// How many it may have.
        max: usize,
    },
}

fn of_a_line(not_words: NotWords) -> String {
    match not_words {
        NotWords::NotUtf8 => {
            "that line is not UTF-8 and was not sent; set your terminal to UTF-8".to_owned()
        }
        NotWords::Utf16 => format!("that line was not sent: {not_words}"),
    }
}
