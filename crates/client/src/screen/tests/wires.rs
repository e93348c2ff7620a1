//! The bytes that a terminal is sent, read by a terminal that is emulated.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::played::Played;
use crate::screen::{Charset, Palette, Steady, Theme, draw};

const COLUMNS: u16 = 70;
const ROWS: u16 = 14;

/// A terminal that is emulated, with the interface drawn into it again and again.
struct Emulated {
    terminal: Terminal<Steady<Shared>>,
    wire: Shared,
    parser: vt100::Parser,
    /// A wide symbol that this terminal paints as narrow as the other.
    narrow: Option<(&'static str, &'static str)>,
}

/// Bytes on their way.
#[derive(Clone, Default)]
struct Shared(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Emulated {
    fn new() -> Self {
        let wire = Shared::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, COLUMNS, ROWS));
        let backend = Steady::new(wire.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let (rows, columns) = (ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap());
        let parser = vt100::Parser::new(rows, columns, 0);
        Self { terminal, wire, parser, narrow: None }
    }

    /// Draws, and gives what was sent and what should be seen.
    fn draw(&mut self, played: &mut Played) -> (Vec<u8>, Buffer) {
        played.model.follow_caret();
        let theme = Theme::of(Palette::Dark, Charset::Full);
        self.terminal.backend_mut().begin_frame().unwrap();
        let mut wanted = Buffer::default();
        let drawn = self.terminal.draw(|frame| {
            if let Some(caret) = draw(&played.model, &theme, frame.buffer_mut()) {
                frame.set_cursor_position(caret);
            }
            wanted = frame.buffer_mut().clone();
        });
        drawn.unwrap();
        self.terminal.backend_mut().end_frame().unwrap();
        let sent = std::mem::take(&mut *self.wire.0.borrow_mut());
        match self.narrow {
            None => self.parser.process(&sent),
            Some((wide, narrow)) => {
                let painted = str::from_utf8(&sent).unwrap().replace(wide, narrow);
                self.parser.process(painted.as_bytes());
            }
        }
        (sent, wanted)
    }

    /// Every cell of the emulated screen is what was drawn, and the cursor is at the caret.
    #[track_caller]
    fn check(&mut self, played: &mut Played) -> usize {
        let (sent, wanted) = self.draw(played);
        let screen = self.parser.screen();
        for y in 0..ROWS {
            let mut x = 0;
            while x < COLUMNS {
                let symbol = wanted[(x, y)].symbol();
                let cell = screen.cell(y, x).unwrap();
                // Of a cluster an emulator may keep only the beginning.
                let shown = if cell.has_contents() { cell.contents() } else { " " };
                assert!(
                    shown == symbol || symbol.starts_with(shown) && shown != " ",
                    "at {x},{y} {shown:?} instead of {symbol:?}:\n{}",
                    screen.contents()
                );
                x += u16::try_from(teahouse_editor::width(symbol).max(1)).unwrap();
            }
        }
        let (_, caret) = played.drawn();
        let (y, x) = screen.cursor_position();
        assert_eq!(caret, Some(ratatui::layout::Position::new(x, y)));
        sent.len()
    }
}

const LINES: &[&str] = &[
    "plain words",
    "你好，大家！今天喝什么茶？",
    "👩\u{200D}👩\u{200D}👧 family, and more",
    "❤\u{FE0F} heart 👍🏽 thumb 🇩🇪 flag",
    "か\u{3099}き\u{3099} e\u{301}e\u{301}",
    "… — “quotes” ·",
    "한국어 ᄒ\u{1161}ᆫ",
];

#[test]
fn what_a_terminal_shows_is_what_was_drawn_frame_after_frame() {
    let mut played = Played::in_tea(COLUMNS, ROWS);
    let mut emulated = Emulated::new();
    emulated.check(&mut played);
    for position in 1..=60 {
        let words = LINES[usize::try_from(position).unwrap() % LINES.len()];
        played.said(
            position,
            ["bob", "小明", "ann"][usize::try_from(position % 3).unwrap()],
            words,
        );
        emulated.check(&mut played);
    }
}

#[test]
fn beside_a_wide_symbol_that_a_terminal_paints_narrow_nothing_is_left_of_what_was_there() {
    for wide in ["☰", "👍", "🪐"] {
        let mut played = Played::in_tea(COLUMNS, ROWS);
        let mut emulated = Emulated { narrow: Some((wide, "=")), ..Emulated::new() };
        played.said(1, "bob", "xyz");
        emulated.draw(&mut played);
        played.said(2, "bob", &format!("{wide}z"));
        emulated.draw(&mut played);
        let shown = emulated.parser.screen().contents();
        assert!(shown.contains("  = z") && !shown.contains("=y"), "{wide}:\n{shown}");
    }
}

#[test]
fn the_caret_stands_after_what_is_typed_whatever_it_is() {
    let mut played = Played::in_tea(COLUMNS, ROWS);
    let mut emulated = Emulated::new();
    for words in LINES {
        played.type_in(words);
        emulated.check(&mut played);
        played.key(crate::screen::Key::Left);
        emulated.check(&mut played);
        played.ctrl('u');
        emulated.check(&mut played);
    }
}

#[test]
fn typing_sends_a_few_bytes_and_doing_nothing_hardly_any() {
    let mut played = Played::in_tea(COLUMNS, ROWS);
    for position in 1..=20 {
        played.said(position, "bob", "plain words, some of them");
    }
    let mut emulated = Emulated::new();
    emulated.check(&mut played);
    assert!(emulated.check(&mut played) < 60);
    played.type_in("a");
    assert!(emulated.check(&mut played) < 90);
}
