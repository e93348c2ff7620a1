//! Errors in a peer's input. Each is a value with the words for the peer, and says whether the connection survives.

use crate::Input;
use crate::api::NotUnderstood;
use crate::line::LineError;
use crate::websocket::FrameError;

/// An error in a peer's input: the peer broke its protocol.
pub trait WireError: std::error::Error {
    /// Whether the connection has to end, because nothing after the error can be understood.
    fn ends_connection(&self) -> bool;

    /// Appends the end of the connection to `input`, if the error ends it. Call this after the reply to the peer.
    fn end_connection(&self, input: &mut Vec<Input>) {
        input.extend(self.ends_connection().then_some(Input::Broken));
    }
}

impl WireError for LineError {
    /// The next line can be read, because the end of this one is known.
    fn ends_connection(&self) -> bool {
        match self {
            Self::NotWords(_) | Self::Utf16 | Self::TooLong { .. } => false,
        }
    }
}

impl WireError for NotUnderstood {
    /// The next request can be read, because it is a message of its own.
    fn ends_connection(&self) -> bool {
        false
    }
}

impl WireError for FrameError {
    /// The beginning of the next frame is not known.
    fn ends_connection(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ClientMessage, RequestError, ValueError};
    use crate::decode::NotWords;

    #[test]
    fn each_error_has_words_and_says_whether_the_connection_survives() {
        let request = ClientMessage::parse(r#"{"ref":7,"op":"who","room":7}"#).unwrap_err();
        let cases: [(&dyn WireError, &str, bool); 6] = [
            (
                &LineError::NotWords(NotWords::NotUtf8),
                "that line is not UTF-8 and was not sent; set your terminal to UTF-8",
                false,
            ),
            (
                &LineError::NotWords(NotWords::Utf16),
                "that line was not sent: this is UTF-16; send UTF-8",
                false,
            ),
            (&LineError::Utf16, "nothing is taken: this is UTF-16; send UTF-8", false),
            (
                &LineError::TooLong { max: 65_536 },
                "a line longer than 65536 bytes was not sent; split it",
                false,
            ),
            (&request, "`room`: invalid type: integer `7`, expected a string", false),
            (&FrameError::TooLong, "the message is too long", true),
        ];
        for (error, words, ends) in cases {
            assert_eq!((error.to_string().as_str(), error.ends_connection()), (words, ends));
            let mut input = Vec::new();
            error.end_connection(&mut input);
            assert_eq!(input, if ends { vec![Input::Broken] } else { Vec::new() });
        }
    }

    #[test]
    fn errors_in_a_request_say_how_to_correct_it() {
        let value = |error: ValueError| RequestError::from(error);
        let cases = [
            (RequestError::NotJson("EOF".to_owned()), "no JSON: EOF"),
            (RequestError::NotObject, "not a JSON object"),
            (RequestError::Missing, "missing"),
            (RequestError::NotString, "not a string"),
            (RequestError::Reference, "not a number or a string of at most 64 bytes"),
            (
                RequestError::UnknownOp { op: "dance".to_owned(), known: vec!["hello", "join"] },
                "there is no \"dance\"; known: hello, join",
            ),
            (RequestError::Field("missing field `room`".to_owned()), "missing field `room`"),
            (RequestError::InAlready, "you are in already"),
            (RequestError::NotIn, "say hello first"),
            (value(ValueError::Range { found: 0, max: 200 }), "it is 0; it must be from 1 to 200"),
            (
                value(ValueError::Parts),
                "only one of before, after, around and before_time_ms may be given",
            ),
            (value(ValueError::TooLong { bytes: 9, max: 8 }), "it has 9 bytes; the limit is 8"),
            (value(ValueError::Digits { count: 32 }), "it must be 32 hexadecimal digits"),
        ];
        for (error, words) in cases {
            assert_eq!(error.to_string(), words);
        }
    }
}
