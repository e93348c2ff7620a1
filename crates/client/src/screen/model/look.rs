//! What the terminal and the user determine about the screen.

use crate::screen::input::Size;

/// Whether the terminal has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::screen) enum Focus {
    /// The terminal has not reported it.
    Unknown,
    /// It has the focus.
    Here,
    /// It has lost the focus.
    Away,
}

/// What the terminal and the user determine about the screen.
#[derive(Debug)]
pub(in crate::screen) struct Look {
    pub size: Size,
    pub focus: Focus,
    pub has_mouse: bool,
    /// Whether the user chose to show the rooms; `None`: no choice.
    pub with_rooms: Option<bool>,
    /// The same for the members.
    pub with_members: Option<bool>,
    /// The topmost visible row of the line.
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
