//! The terminal's answer to the query for its background colour (xterm's `OSC 11`). The answer arrives among the
//! keys, early, late or in pieces; it is filtered out here, so that no part of it is ever typed.

use std::mem;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use tokio::time::Instant;

/// The query. A terminal that does not know it ignores it up to its end.
pub(super) const QUESTION: &str = "\u{1b}]11;?\u{1b}\\";
/// How long the first drawing waits for an answer: long enough for most networks.
pub(super) const ANSWER_WAIT: Duration = Duration::from_millis(100);
/// After this time without a next piece, the held events are no answer, or it is never finished.
const PIECE_WAIT: Duration = Duration::from_millis(50);

/// The possible beginnings of the answer, after `ESC ]`.
const PREFIXES: &[&str] = &["11;rgb:", "11;rgba:"];
/// The most characters of the colour: four numbers of four digits, and three slashes.
const COLOUR_CHARS_MAX: usize = 19;

/// Whether the screen is light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Background {
    Light,
    Dark,
}

/// The result of an event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sorted {
    /// The user's events, in order.
    pub events: Vec<Event>,
    /// The terminal's answer.
    pub background: Option<Background>,
}

/// Filters answers out of the keys.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// The events that may be the beginning of an answer.
    held: Vec<Event>,
    /// The text of the held events, from `]` on.
    text: String,
    /// Whether the held events end with an escape, which may be the first half of the terminator.
    has_escape: bool,
    since: Option<Instant>,
}

/// A key as a part of an answer.
enum Piece {
    Escape,
    /// `ESC ]`, read as one key.
    Begin,
    Char(char),
    /// BEL, or `ESC \` read as one key.
    End,
    Other,
}

impl Answers {
    /// Sorts the next event into the user's events or the answer.
    pub(super) fn sort(&mut self, event: Event, now: Instant) -> Sorted {
        let mut sorted = Sorted::default();
        let Some(piece) = piece(&event) else {
            // An event that is no key may come between two pieces.
            sorted.events.push(event);
            return sorted;
        };
        if self.is_due(now) {
            sorted.events = self.release();
        }
        let is_first = self.held.is_empty();
        let is_continued = match piece {
            Piece::Escape if self.text.is_empty() => is_first,
            Piece::Escape => !mem::replace(&mut self.has_escape, true),
            Piece::Begin if is_first => self.push(']'),
            Piece::Char('\\') if self.has_escape => return self.end(event, sorted),
            Piece::Char(c) if !is_first && !self.has_escape => self.push(c),
            Piece::End if !self.text.is_empty() => return self.end(event, sorted),
            Piece::Begin | Piece::Char(_) | Piece::End | Piece::Other => false,
        };
        if !is_continued {
            sorted.events.append(&mut self.release());
        }
        if is_continued || self.begins_with(&piece) {
            self.since = Some(now);
            self.held.push(event);
        } else {
            // It is the user's, whatever came before it.
            sorted.events.push(event);
        }
        sorted
    }

    /// Whether an answer may begin with this piece.
    fn begins_with(&mut self, piece: &Piece) -> bool {
        match piece {
            Piece::Escape => true,
            Piece::Begin => self.push(']'),
            Piece::Char(_) | Piece::End | Piece::Other => false,
        }
    }

    /// When the held events are released if nothing follows.
    pub(super) fn due(&self) -> Option<Instant> {
        self.since.filter(|_| !self.held.is_empty()).map(|since| since + PIECE_WAIT)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| now >= due)
    }

    /// Releases the held events; drops them if they can only be an answer.
    pub(super) fn release(&mut self) -> Vec<Event> {
        let text = mem::take(&mut self.text);
        let held = mem::take(&mut self.held);
        self.has_escape = false;
        let is_answer = PREFIXES
            .iter()
            .any(|prefix| text.strip_prefix(']').is_some_and(|text| text.starts_with(prefix)));
        if is_answer { Vec::new() } else { held }
    }

    /// Adds a character to the text if an answer can continue with it. Returns whether it did.
    fn push(&mut self, c: char) -> bool {
        let is_allowed = self.can_push(c);
        if is_allowed {
            self.text.push(c);
        }
        is_allowed
    }

    fn can_push(&self, c: char) -> bool {
        let text = format!("{}{c}", self.text);
        let Some(text) = text.strip_prefix(']') else { return false };
        let is_colour = |rest: &str| {
            rest.len() <= COLOUR_CHARS_MAX
                && rest.chars().all(|c| c.is_ascii_hexdigit() || c == '/')
        };
        PREFIXES.iter().any(|prefix| {
            prefix.starts_with(text) || text.strip_prefix(prefix).is_some_and(is_colour)
        })
    }

    fn end(&mut self, event: Event, mut sorted: Sorted) -> Sorted {
        self.held.push(event);
        let colour =
            PREFIXES.iter().find_map(|prefix| self.text.strip_prefix(']')?.strip_prefix(prefix));
        sorted.background = colour.and_then(background);
        sorted.events.append(&mut self.release());
        sorted
    }
}

/// The piece that an event may be; `None` when it is no key press.
fn piece(event: &Event) -> Option<Piece> {
    let Event::Key(key) = event else { return None };
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let held = key.modifiers.difference(KeyModifiers::SHIFT);
    if key.code == KeyCode::Esc && held.is_empty() {
        return Some(Piece::Escape);
    }
    let KeyCode::Char(c) = key.code else { return Some(Piece::Other) };
    Some(match c {
        ']' if held == KeyModifiers::ALT => Piece::Begin,
        '\\' if held == KeyModifiers::ALT => Piece::End,
        'g' if held == KeyModifiers::CONTROL => Piece::End,
        c if held.is_empty() => Piece::Char(c),
        _ => Piece::Other,
    })
}

/// The background for a colour `ffff/ffff/ffff`, with any number of digits in each part.
fn background(colour: &str) -> Option<Background> {
    let part = |part: &str| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(part, 16).ok()?;
        (most > 0).then(|| f64::from(value) / f64::from(most))
    };
    let parts: Option<Vec<f64>> = colour.split('/').take(3).map(part).collect();
    let &[red, green, blue] = parts?.as_slice() else { return None };
    // The perceived brightness (ITU-R BT.601); texts of both palettes can be read on a medium background.
    let brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
    Some(if brightness > 0.5 { Background::Light } else { Background::Dark })
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    /// Bytes as the terminal library turns them into keys, cut before these indexes.
    fn keys(bytes: &str, cuts: &[usize]) -> Vec<Event> {
        let mut keys = Vec::new();
        let mut escaped = false;
        for (at, c) in bytes.char_indices() {
            if escaped && cuts.contains(&at) {
                keys.push(key(KeyCode::Esc, KeyModifiers::NONE));
                escaped = false;
            }
            let modifiers = if escaped { KeyModifiers::ALT } else { KeyModifiers::NONE };
            match c {
                '\u{1b}' => escaped = true,
                '\u{7}' => keys.push(key(KeyCode::Char('g'), KeyModifiers::CONTROL)),
                c => keys.push(key(KeyCode::Char(c), modifiers)),
            }
            escaped &= c == '\u{1b}';
        }
        if escaped {
            keys.push(key(KeyCode::Esc, KeyModifiers::NONE));
        }
        keys
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    fn sort(events: Vec<Event>) -> (Vec<Event>, Vec<Background>) {
        let mut answers = Answers::default();
        let now = Instant::now();
        let (mut left, mut backgrounds) = (Vec::new(), Vec::new());
        for event in events {
            let sorted = answers.sort(event, now);
            left.extend(sorted.events);
            backgrounds.extend(sorted.background);
        }
        left.extend(answers.release());
        (left, backgrounds)
    }

    #[test]
    fn an_answer_is_filtered_out_of_the_keys_wherever_it_is_cut() {
        for (answer, background) in [
            ("\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\", Background::Light),
            ("\u{1b}]11;rgb:1e1e/1e1e/1e1e\u{7}", Background::Dark),
            ("\u{1b}]11;rgba:fd/f6/e3/ff\u{1b}\\", Background::Light),
        ] {
            for cut in 0..answer.len() {
                let words = format!("ab{answer}cd");
                let (left, backgrounds) = sort(keys(&words, &[cut + 2]));
                assert_eq!(left, keys("abcd", &[]), "{answer:?} cut at {cut}");
                assert_eq!(backgrounds, [background]);
            }
        }
    }

    #[test]
    fn an_answer_right_after_an_escape_is_filtered_out_too() {
        for before in ["\u{1b}", "\u{1b}]1", "x\u{1b}]"] {
            let (left, backgrounds) =
                sort([keys(before, &[1]), keys("\u{1b}]11;rgb:0/0/0\u{7}", &[])].concat());
            assert_eq!(left, keys(before, &[1]), "{before:?}");
            assert_eq!(backgrounds, [Background::Dark]);
        }
    }

    #[test]
    fn keys_that_are_no_answer_are_typed() {
        for words in [
            "hello]11;rgb:",
            "\u{1b}]",
            "\u{1b}]x",
            "\u{1b}]12;rgb:",
            "\u{1b}",
            "\u{1b}\u{1b}a",
            "\u{1b}[",
            "]]\\",
            "\u{7}",
            "a\u{1b}\\b",
        ] {
            let (left, backgrounds) = sort(keys(words, &[]));
            assert_eq!(left, keys(words, &[]), "{words:?}");
            assert!(backgrounds.is_empty());
        }
    }

    #[test]
    fn an_unfinished_answer_is_not_typed() {
        let (left, backgrounds) = sort(keys("\u{1b}]11;rgb:ffff/ff", &[]));
        assert_eq!((left, backgrounds), (Vec::new(), Vec::new()));
        let (left, _) = sort(keys("\u{1b}]11;rgb:zebra", &[]));
        assert_eq!(left, keys("zebra", &[]));
    }

    #[test]
    fn events_other_than_keys_pass_between_the_pieces() {
        let resize = Event::Resize(80, 24);
        let answer = keys("\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\", &[]);
        for at in 0..=answer.len() {
            let mut events = answer.clone();
            events.insert(at, resize.clone());
            assert_eq!(sort(events), (vec![resize.clone()], vec![Background::Light]));
        }
    }

    #[test]
    fn a_key_is_held_back_for_a_moment_only() {
        let mut answers = Answers::default();
        let now = Instant::now();
        let escape = key(KeyCode::Esc, KeyModifiers::NONE);
        assert!(answers.sort(escape.clone(), now).events.is_empty());
        assert_eq!(answers.due(), Some(now + PIECE_WAIT));
        let other = key(KeyCode::Char(']'), KeyModifiers::NONE);
        let sorted = answers.sort(other.clone(), now + PIECE_WAIT);
        assert_eq!(sorted.events, [escape, other]);
    }
}
