//! The screen as cells, drawn so that no column ever drifts.
//!
//! Terminals disagree on how many columns some clusters take: families joined by ZWJ, skin tones, hearts made
//! emoji by VS16, characters that are wide in Chinese fonts. So after everything that is not plain ASCII the
//! cursor is placed anew, and a row that has, or had, a cluster of many characters is drawn as a whole, from
//! left to right: what a terminal painted too wide is overwritten by what belongs there.

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
    /// Where the cursor was placed last.
    cursor: Position,
}

/// What of a row is to be drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stale {
    Nothing,
    Some,
    Whole,
}

impl<W: Write> Steady<W> {
    /// A screen of which nothing is known yet.
    pub fn new(writer: W) -> Self {
        let inner = CrosstermBackend::new(writer);
        Self { inner, cells: Vec::new(), size: Size::ZERO, cursor: Position::ORIGIN }
    }

    /// What follows, up to [`Steady::end_frame`], is shown at once by terminals that can.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin_frame(&mut self) -> io::Result<()> {
        queue!(self.inner, BeginSynchronizedUpdate)
    }

    /// Shows what was drawn.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end_frame(&mut self) -> io::Result<()> {
        queue!(self.inner, EndSynchronizedUpdate)?;
        Write::flush(&mut self.inner)
    }

    fn forget(&mut self) {
        self.cells.clear();
        self.size = Size::ZERO;
    }

    /// Makes the remembered screen large enough for this cell, and gives its index.
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

    /// Remembers a cell, and gives what was there. What a wide one covers is as empty as the terminal takes
    /// it to be.
    fn put(&mut self, index: usize, cell: &Cell) -> Cell {
        let row_end = (index / usize::from(self.size.width) + 1) * usize::from(self.size.width);
        let end = index + teahouse_editor::width(cell.symbol()).max(1);
        self.cells[index + 1..end.clamp(index + 1, row_end)].fill(Cell::EMPTY);
        std::mem::replace(&mut self.cells[index], cell.clone())
    }

    /// Draws the cells of a row that are marked, or all of them.
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

/// Whether terminals may disagree on the width of what a cell shows: of many characters together, and of symbols
/// and emoji, which became wide one after the other.
fn is_doubtful(symbol: &str) -> bool {
    if symbol.is_ascii() {
        return false;
    }
    let mut chars = symbol.chars();
    let first = chars.next();
    chars.next().is_some()
        || (teahouse_editor::width(symbol) > 1 && !first.is_some_and(is_always_wide))
}

/// Whether a character is of a script that is wide everywhere, and no symbol among them.
fn is_always_wide(c: char) -> bool {
    match c {
        // The hexagrams of the I Ching are wide since Unicode 16.
        '\u{4DC0}'..='\u{4DFF}' => false,
        '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' => true,
        '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFE6}' | '\u{20000}'..='\u{3FFFF}' => true,
        _ => false,
    }
}

/// Where the cursor is for certain, and what it writes with.
#[derive(Default)]
struct Ink {
    at: Option<Position>,
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Ink {
    fn put<W: Write>(&mut self, to: &mut W, place: Position, cell: &Cell) -> io::Result<()> {
        if self.at != Some(place) {
            queue!(to, MoveTo(place.x, place.y))?;
        }
        self.style(to, cell)?;
        let symbol = cell.symbol();
        if is_doubtful(symbol) {
            // A terminal that paints it too narrow shows nothing of what was there before.
            let blank = " ".repeat(teahouse_editor::width(symbol));
            queue!(to, Print(blank), MoveTo(place.x, place.y))?;
        }
        queue!(to, Print(symbol))?;
        self.at = symbol.is_ascii().then(|| Position::new(place.x + 1, place.y));
        Ok(())
    }

    fn style<W: Write>(&mut self, to: &mut W, cell: &Cell) -> io::Result<()> {
        if cell.modifier != self.modifier {
            // Taking one attribute away is not the same everywhere; taking all away is.
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

/// Sets the colours. The sixteen of old have numbers of their own (ECMA-48, 8.3.117): a terminal that has no others
/// takes those of 256 for blinking.
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
        // It is placed by every frame, and a cursor that blinks away is lost to input methods.
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        queue!(self.inner, crossterm::cursor::Show)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // A terminal that is asked answers among the keys, which somebody else reads.
        Ok(self.cursor)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor = position.into();
        queue!(self.inner, MoveTo(self.cursor.x, self.cursor.y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.forget();
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.forget();
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
