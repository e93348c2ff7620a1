//! Messages by their senders' ids: what makes one that is sent again known again, however long ago it was
//! (promise P3). Asked on the hub's thread, once for each message with an id.

use rusqlite::{Connection, OptionalExtension, Row, params};
use teahouse_core::{MessageKey, Position, Said};

use super::{row, schema};

/// Finds what was said under an id.
#[derive(Debug)]
pub(super) struct SentMessages {
    /// Whether there are messages with an id of which nobody knows whose it is.
    has_authorless: bool,
}

impl SentMessages {
    pub(super) fn load(connection: &Connection) -> Result<Self, rusqlite::Error> {
        let upto: i64 = schema::meta(connection, "authorless_upto")?;
        Ok(Self { has_authorless: upto > 0 })
    }

    /// What its author said with this id; else what somebody said with it before authors were kept.
    pub(super) fn find(
        &self,
        connection: &Connection,
        key: &MessageKey,
    ) -> Result<Option<Said>, rusqlite::Error> {
        let MessageKey { room, author, id } = key;
        let mut rows = connection.prepare_cached(
            "SELECT position, kind, text FROM event
             WHERE room = ?1 AND author = ?2 AND message_id = ?3",
        )?;
        let found = rows.query_row(params![room.0, author.0, id.0], |row| said(row, true));
        if let Some(said) = found.optional()? {
            return Ok(Some(said));
        }
        if !self.has_authorless {
            return Ok(None);
        }
        let mut rows = connection.prepare_cached(
            "SELECT position, kind, text FROM event
             WHERE room = ?1 AND author IS NULL AND message_id = ?2 LIMIT 1",
        )?;
        rows.query_row(params![room.0, id.0], |row| said(row, false)).optional()
    }
}

fn said(row: &Row<'_>, is_of_author: bool) -> Result<Said, rusqlite::Error> {
    let position: i64 = row.get(0)?;
    let (kind, text) = (row::kind(row, 1), row::text(row, 2));
    Ok(Said { position: Position(position.cast_unsigned()), kind, text, is_of_author })
}
