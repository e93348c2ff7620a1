//! A backend that draws cells so that no column ever drifts.
//!
//! Terminals disagree on the width of some clusters: families joined by ZWJ, skin tones, hearts made emoji by VS16,
//! characters that are wide in Chinese fonts. So the cursor is placed anew after everything that is not plain ASCII,
//! and a row that has, or had, a doubtful cluster is drawn as a whole from left to right: what a terminal painted too
//! wide is overwritten by the cells after it.

use std::io::{self, Write};

use crossterm::cursor::MoveTo;
use crossterm::queue;
use crossterm::style::{Attribute, Colors, Print, SetAttribute, SetColors};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, IntoCrossterm, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// A backend that remembers what is on the screen.
pub struct Steady<W: Write> {
    inner: CrosstermBackend<W>,
    cells: Vec<Cell>,
    size: Size,
    /// Where the cursor was last placed.
    cursor: Position,
}

/// Which cells of a row have to be drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stale {
    Nothing,
    Some,
    Whole,
}

impl<W: Write> Steady<W> {
    /// A backend for a screen of unknown contents.
    pub fn new(writer: W) -> Self {
        let inner = CrosstermBackend::new(writer);
        Self { inner, cells: Vec::new(), size: Size::ZERO, cursor: Position::ORIGIN }
    }

    /// Begins a frame. Terminals that can show it at once, at [`Steady::end_frame`].
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn begin_frame(&mut self) -> io::Result<()> {
        queue!(self.inner, BeginSynchronizedUpdate)
    }

    /// Shows the frame.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn end_frame(&mut self) -> io::Result<()> {
        queue!(self.inner, EndSynchronizedUpdate)?;
        Write::flush(&mut self.inner)
    }

    fn forget_cells(&mut self) {
        self.cells.clear();
        self.size = Size::ZERO;
    }

    /// Makes the remembered screen large enough for this cell. Returns the cell's index.
    fn index(&mut self, x: u16, y: u16) -> usize {
        if x >= self.size.width || y >= self.size.height {
            let size =
                Size { width: self.size.width.max(x + 1), height: self.size.height.max(y + 1) };
            let mut cells = vec![Cell::EMPTY; usize::from(size.width) * usize::from(size.height)];
            let (old, new) = (usize::from(self.size.width), usize::from(size.width));
            for row in 0..usize::from(self.size.height) {
                cells[row * new..row * new + old]
                    .clone_from_slice(&self.cells[row * old..(row + 1) * old]);
            }
            self.cells = cells;
            self.size = size;
        }
        usize::from(y) * usize::from(self.size.width) + usize::from(x)
    }

    /// Remembers a cell. Returns the one before. The cells that a wide cell covers become empty, as in the terminal.
    fn put(&mut self, index: usize, cell: &Cell) -> Cell {
        let row_end = (index / usize::from(self.size.width) + 1) * usize::from(self.size.width);
        let end = index + teahouse_editor::width(cell.symbol()).max(1);
        self.cells[index + 1..end.clamp(index + 1, row_end)].fill(Cell::EMPTY);
        std::mem::replace(&mut self.cells[index], cell.clone())
    }

    /// Draws the marked cells of a row.
    fn draw_row(&mut self, y: u16, marked: &[bool], ink: &mut Ink) -> io::Result<()> {
        let width = usize::from(self.size.width);
        let start = usize::from(y) * width;
        let mut x = 0;
        while x < width {
            let cell = &self.cells[start + x];
            let columns = teahouse_editor::width(cell.symbol()).max(1);
            if marked[x] {
                let column = u16::try_from(x).unwrap_or(u16::MAX);
                ink.put(&mut self.inner, Position::new(column, y), cell)?;
            }
            x += columns;
        }
        Ok(())
    }
}

/// Whether terminals may disagree on the width of a cell's content: a cluster of many characters, or a symbol or
/// emoji, which became wide in different versions of Unicode.
fn is_doubtful(symbol: &str) -> bool {
    if symbol.is_ascii() {
        return false;
    }
    let mut chars = symbol.chars();
    let first = chars.next();
    chars.next().is_some()
        || (teahouse_editor::width(symbol) > 1 && !first.is_some_and(is_always_wide))
}

/// Whether a character belongs to a script that is wide in every terminal, and is no symbol.
fn is_always_wide(c: char) -> bool {
    match c {
        // The hexagrams of the I Ching are wide since Unicode 16.
        '\u{4DC0}'..='\u{4DFF}' => false,
        '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' => true,
        '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFE6}' | '\u{20000}'..='\u{3FFFF}' => true,
        _ => false,
    }
}

/// The known position of the cursor, and the style it writes with.
#[derive(Default)]
struct Ink {
    at: Option<Position>,
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Ink {
    fn put<W: Write>(&mut self, to: &mut W, point: Position, cell: &Cell) -> io::Result<()> {
        if self.at != Some(point) {
            queue!(to, MoveTo(point.x, point.y))?;
        }
        self.style(to, cell)?;
        let symbol = cell.symbol();
        if is_doubtful(symbol) {
            // Blanks erase the old content, which a terminal that paints the cluster too narrow would leave.
            let blank = " ".repeat(teahouse_editor::width(symbol));
            queue!(to, Print(blank), MoveTo(point.x, point.y))?;
        }
        queue!(to, Print(symbol))?;
        self.at = symbol.is_ascii().then(|| Position::new(point.x + 1, point.y));
        Ok(())
    }

    fn style<W: Write>(&mut self, to: &mut W, cell: &Cell) -> io::Result<()> {
        if cell.modifier != self.modifier {
            // Terminals differ in removing a single attribute; all of them can reset.
            queue!(to, SetAttribute(Attribute::Reset))?;
            for (modifier, attribute) in ATTRIBUTES {
                if cell.modifier.contains(*modifier) {
                    queue!(to, SetAttribute(*attribute))?;
                }
            }
            (self.fg, self.bg, self.modifier) = (Color::Reset, Color::Reset, cell.modifier);
        }
        if (cell.fg, cell.bg) != (self.fg, self.bg) {
            set_colours(to, cell.fg, cell.bg)?;
            (self.fg, self.bg) = (cell.fg, cell.bg);
        }
        Ok(())
    }
}

/// Sets the colours. The first sixteen have codes of their own (ECMA-48, 8.3.117): a terminal with only these would
/// take the codes of the 256 colours for blinking.
fn set_colours<W: Write>(to: &mut W, fg: Color, bg: Color) -> io::Result<()> {
    match (fg_number(fg), bg == Color::Reset) {
        (Some(fg), true) if cfg!(unix) => queue!(to, Print(format!("\u{1b}[{fg};49m"))),
        _ => queue!(to, SetColors(Colors::new(fg.into_crossterm(), bg.into_crossterm()))),
    }
}

fn fg_number(color: Color) -> Option<u8> {
    match color {
        Color::Reset => Some(39),
        Color::Black => Some(30),
        Color::Red => Some(31),
        Color::Green => Some(32),
        Color::Yellow => Some(33),
        Color::Blue => Some(34),
        Color::Magenta => Some(35),
        Color::Cyan => Some(36),
        Color::Gray => Some(37),
        Color::DarkGray => Some(90),
        Color::LightRed => Some(91),
        Color::LightGreen => Some(92),
        Color::LightYellow => Some(93),
        Color::LightBlue => Some(94),
        Color::LightMagenta => Some(95),
        Color::LightCyan => Some(96),
        Color::White => Some(97),
        Color::Rgb(..) | Color::Indexed(_) => None,
    }
}

/// The attributes that themes use.
const ATTRIBUTES: &[(Modifier, Attribute)] = &[
    (Modifier::BOLD, Attribute::Bold),
    (Modifier::DIM, Attribute::Dim),
    (Modifier::ITALIC, Attribute::Italic),
    (Modifier::UNDERLINED, Attribute::Underlined),
    (Modifier::REVERSED, Attribute::Reverse),
];

impl<W: Write> Backend for Steady<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let content: Vec<_> = content.collect();
        for (x, y, _) in &content {
            self.index(*x, *y);
        }
        let width = usize::from(self.size.width);
        let mut marked = vec![false; self.cells.len()];
        let mut stale = vec![Stale::Nothing; usize::from(self.size.height)];
        for (x, y, cell) in content {
            let index = self.index(x, y);
            let was = self.put(index, cell);
            marked[index] = true;
            let row = &mut stale[usize::from(y)];
            if is_doubtful(was.symbol()) || is_doubtful(cell.symbol()) {
                *row = Stale::Whole;
            } else if *row == Stale::Nothing {
                *row = Stale::Some;
            }
        }
        let mut ink = Ink::default();
        for (y, stale) in (0..self.size.height).zip(stale) {
            let row = usize::from(y) * width..(usize::from(y) + 1) * width;
            let has_doubt = self.cells[row.clone()].iter().any(|cell| is_doubtful(cell.symbol()));
            match stale {
                Stale::Nothing => {}
                Stale::Some if !has_doubt => self.draw_row(y, &marked[row], &mut ink)?,
                Stale::Some | Stale::Whole => self.draw_row(y, &vec![true; width], &mut ink)?,
            }
        }
        queue!(self.inner, SetAttribute(Attribute::Reset))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        // Every frame places the cursor, and input methods lose a cursor that is hidden.
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        queue!(self.inner, crossterm::cursor::Show)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // A query would be answered among the keys, which are read elsewhere.
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        queue!(self.inner, MoveTo(self.cursor.x, self.cursor.y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.forget_cells();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.forget_cells();
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.inner)
    }
}
