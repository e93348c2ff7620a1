//! What the terminal and the person want the screen to be.

use crate::screen::input::Size;

/// Whether the terminal has the person's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Focus {
    /// The terminal never said.
    Unknown,
    /// It has.
    Here,
    /// It has not.
    Away,
}

/// What the terminal and the person want the screen to be.
#[derive(Debug)]
pub(in crate::screen) struct Look {
    pub size: Size,
    pub focus: Focus,
    pub has_mouse: bool,
    /// Whether rooms were asked to be shown or hidden.
    pub with_rooms: Option<bool>,
    /// Whether members were.
    pub with_members: Option<bool>,
    /// The topmost row of the line that is shown.
    pub line_top: usize,
}

impl Look {
    pub(super) fn of(size: Size) -> Self {
        Self {
            size,
            focus: Focus::Unknown,
            has_mouse: true,
            with_rooms: None,
            with_members: None,
            line_top: 0,
        }
    }
}
