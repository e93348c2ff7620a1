//! Finds messages by their ids, so that a repeated message is recognised however old it is (promise P3). Called on the
//! hub's thread, once for each message with an id.

use rusqlite::{Connection, OptionalExtension, params};
use teahouse_core::{KnownMessage, MessageKey, Position};

use super::row;

/// The message of this author with this id; if there is none, a message with this id from before authors were stored.
pub(super) fn find(
    connection: &Connection,
    key: &MessageKey,
) -> Result<Option<KnownMessage>, rusqlite::Error> {
    let MessageKey { room, author, id } = key;
    let mut rows = connection.prepare_cached(
        "SELECT position, kind, text, author IS NOT NULL FROM event
         WHERE room = ?1 AND message_id = ?2 AND (author = ?3 OR author IS NULL)
         ORDER BY author IS NULL LIMIT 1",
    )?;
    let found = rows.query_row(params![room.0, id.0, author.0], |row| {
        let position: i64 = row.get(0)?;
        let (kind, text) = (row::kind(row, 1), row::text(row, 2));
        let (position, is_of_author) = (Position(position.cast_unsigned()), row.get(3)?);
        Ok(KnownMessage { position, kind, text, is_of_author })
    });
    found.optional()
}
