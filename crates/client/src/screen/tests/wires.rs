//! The bytes sent to the terminal, interpreted by an emulated terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::harness::Harness;
use crate::screen::{Charset, Palette, Steady, Theme, draw};

const COLUMNS: u16 = 70;
const ROWS: u16 = 14;

/// An emulated terminal, into which frames of the interface are drawn.
struct Emulated {
    terminal: Terminal<Steady<Shared>>,
    wire: Shared,
    parser: vt100::Parser,
    /// A wide symbol, and a narrow one that this terminal paints instead.
    narrow: Option<(&'static str, &'static str)>,
}

/// The bytes written and not yet interpreted.
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

    /// Draws a frame. Returns the bytes sent and the expected screen.
    fn draw(&mut self, harness: &mut Harness) -> (Vec<u8>, Buffer) {
        harness.model.follow_caret();
        let theme = Theme::of(Palette::Dark, Charset::Full);
        self.terminal.backend_mut().begin_frame().unwrap();
        let mut wanted = Buffer::default();
        let drawn = self.terminal.draw(|frame| {
            if let Some(caret) = draw(&harness.model, &theme, frame.buffer_mut()) {
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

    /// Draws a frame, and checks that every cell of the emulated screen is as drawn and the cursor is at the caret. Returns
    /// the number of bytes sent.
    #[track_caller]
    fn check(&mut self, harness: &mut Harness) -> usize {
        let (sent, wanted) = self.draw(harness);
        let screen = self.parser.screen();
        for y in 0..ROWS {
            let mut x = 0;
            while x < COLUMNS {
                let symbol = wanted[(x, y)].symbol();
                let cell = screen.cell(y, x).unwrap();
                // The emulator may keep only the beginning of a cluster.
                let shown = if cell.has_contents() { cell.contents() } else { " " };
                assert!(
                    shown == symbol || symbol.starts_with(shown) && shown != " ",
                    "at {x},{y} {shown:?} instead of {symbol:?}:\n{}",
                    screen.contents()
                );
                x += u16::try_from(teahouse_editor::width(symbol).max(1)).unwrap();
            }
        }
        let (_, caret) = harness.draw();
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
fn a_terminal_shows_every_frame_as_it_was_drawn() {
    let mut harness = Harness::in_tea(COLUMNS, ROWS);
    let mut emulated = Emulated::new();
    emulated.check(&mut harness);
    for position in 1..=60 {
        let words = LINES[usize::try_from(position).unwrap() % LINES.len()];
        harness.receive_message(
            position,
            ["bob", "小明", "ann"][usize::try_from(position % 3).unwrap()],
            words,
        );
        emulated.check(&mut harness);
    }
}

#[test]
fn no_old_content_remains_beside_a_wide_symbol_painted_narrow() {
    for wide in ["☰", "👍", "🪐"] {
        let mut harness = Harness::in_tea(COLUMNS, ROWS);
        let mut emulated = Emulated { narrow: Some((wide, "=")), ..Emulated::new() };
        harness.receive_message(1, "bob", "xyz");
        emulated.draw(&mut harness);
        harness.receive_message(2, "bob", &format!("{wide}z"));
        emulated.draw(&mut harness);
        let shown = emulated.parser.screen().contents();
        assert!(shown.contains("  = z") && !shown.contains("=y"), "{wide}:\n{shown}");
    }
}

#[test]
fn the_caret_stands_after_any_typed_text() {
    let mut harness = Harness::in_tea(COLUMNS, ROWS);
    let mut emulated = Emulated::new();
    for words in LINES {
        harness.type_in(words);
        emulated.check(&mut harness);
        harness.key(crate::screen::Key::Left);
        emulated.check(&mut harness);
        harness.ctrl('u');
        emulated.check(&mut harness);
    }
}

#[test]
fn typing_sends_few_bytes_and_an_unchanged_frame_hardly_any() {
    let mut harness = Harness::in_tea(COLUMNS, ROWS);
    for position in 1..=20 {
        harness.receive_message(position, "bob", "plain words, some of them");
    }
    let mut emulated = Emulated::new();
    emulated.check(&mut harness);
    assert!(emulated.check(&mut harness) < 60);
    harness.type_in("a");
    assert!(emulated.check(&mut harness) < 90);
}
