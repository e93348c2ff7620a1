//! The layout of the screen.

use teahouse_editor::{Frame, Layout};

use super::flow::{Flow, Grid};
use super::talk::With;
use super::{Mode, Model, PROMPT_COLUMNS, Server};
use crate::screen::areas::{Areas, Wanted};
use crate::screen::limits::LINE_ROWS_MAX;

impl Model {
    /// The parts of the screen.
    #[must_use]
    pub(in crate::screen) fn areas(&self) -> Areas {
        let rows = self.editor().layout(&self.line_frame()).all_rows().len();
        let is_line_server = self.setup.server != Server::Api;
        let wanted = Wanted {
            rooms: if is_line_server { Some(false) } else { self.look.with_rooms },
            rooms_columns: self.rooms_columns(),
            members: if self.talk().with.room().is_some() {
                self.look.with_members
            } else {
                Some(false)
            },
            line_rows: u16::try_from(rows).unwrap_or(u16::MAX),
        };
        let areas = Areas::of(self.look.size, &wanted);
        match self.mode {
            Mode::Help { .. } => areas.single_page(),
            Mode::Line | Mode::Find { .. } | Mode::List(_) | Mode::SendPaste { .. } => areas,
        }
    }

    /// The frame of the line, without the prompt.
    pub(super) fn line_frame(&self) -> Frame {
        let columns = self.look.size.columns.saturating_sub(self.prompt_columns());
        let most = usize::from(self.look.size.rows / 3).clamp(1, LINE_ROWS_MAX);
        Frame {
            columns: usize::from(columns),
            rows_max: most,
            prompt_columns: 0,
            top: self.look.line_top,
        }
    }

    /// Columns of the prompt; none on a very narrow screen.
    #[must_use]
    pub(in crate::screen) fn prompt_columns(&self) -> u16 {
        if self.look.size.columns > 3 * PROMPT_COLUMNS { PROMPT_COLUMNS } else { 0 }
    }

    /// The layout of the line.
    #[must_use]
    pub(in crate::screen) fn line_layout(&self) -> Layout<'_> {
        self.editor().layout(&self.line_frame())
    }

    /// The rows of the conversation on the screen.
    #[must_use]
    pub(in crate::screen) fn flow(&self) -> Flow<'_> {
        let columns = usize::from(self.areas().messages.width);
        let grid = match self.talk().with {
            // The lines of a line server contain the names.
            With::Server(_) => Grid::without_nick_column(columns),
            With::Api | With::Room(_) | With::Person(_) => Grid::of(columns),
        };
        Flow { talk: self.talk(), grid, zone: &self.setup.zone }
    }
}
