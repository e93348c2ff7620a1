//! The telnet commands (RFC 854, RFC 855) that a stock client may send between lines. Every option is declined, so that
//! both sides send plain text, and commands never become text.
//!
//! Declining is necessary: after Ctrl-C, a stock client discards all output until its `DO TIMING-MARK` (RFC 860) is
//! answered.

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const ERASE_LINE: u8 = 248;
const ERASE_CHARACTER: u8 = 247;
const ARE_YOU_THERE: u8 = 246;
const SE: u8 = 240;

/// The state of the parser: text, or a part of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Telnet {
    #[default]
    Text,
    Command,
    /// After `DO`, `DONT`, `WILL` or `WONT`: the option comes next.
    Option(u8),
    /// Within a subnegotiation, which is discarded, however long it is.
    Subnegotiation,
    SubnegotiationCommand,
}

/// What one byte means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A byte of text.
    Text(u8),
    /// Part of a command.
    Taken,
    /// The last byte of a command that needs a reaction.
    Command(Command),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Answer([u8; 3]),
    AreYouThere,
    EraseCharacter,
    EraseLine,
}

impl Telnet {
    pub(super) fn handle_byte(&mut self, byte: u8) -> Step {
        let (next, step) = match (*self, byte) {
            (Self::Text, IAC) => (Self::Command, Step::Taken),
            (Self::Text, _) => return Step::Text(byte),
            (Self::Command, IAC) => (Self::Text, Step::Text(IAC)),
            (Self::Command, DO | DONT | WILL | WONT) => (Self::Option(byte), Step::Taken),
            (Self::Command, SB) => (Self::Subnegotiation, Step::Taken),
            (Self::Command, ARE_YOU_THERE) => (Self::Text, Step::Command(Command::AreYouThere)),
            (Self::Command, ERASE_CHARACTER) => {
                (Self::Text, Step::Command(Command::EraseCharacter))
            }
            (Self::Command, ERASE_LINE) => (Self::Text, Step::Command(Command::EraseLine)),
            (Self::Command, _) => (Self::Text, Step::Taken),
            (Self::Option(DO), option) => {
                (Self::Text, Step::Command(Command::Answer([IAC, WONT, option])))
            }
            (Self::Option(WILL), option) => {
                (Self::Text, Step::Command(Command::Answer([IAC, DONT, option])))
            }
            (Self::Option(_), _) => (Self::Text, Step::Taken),
            (Self::Subnegotiation, IAC) => (Self::SubnegotiationCommand, Step::Taken),
            (Self::Subnegotiation, _) => (Self::Subnegotiation, Step::Taken),
            (Self::SubnegotiationCommand, SE) => (Self::Text, Step::Taken),
            (Self::SubnegotiationCommand, _) => (Self::Subnegotiation, Step::Taken),
        };
        *self = next;
        step
    }
}
