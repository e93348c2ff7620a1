-- A database as the server 0.1.0 made it, with what was said in it.
PRAGMA application_id = 0x54656148;
PRAGMA user_version = 1;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', x'00112233445566778899aabbccddeeff'), ('boot', 7);

CREATE TABLE room (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    topic      TEXT,
    created_ms INTEGER NOT NULL
);
CREATE TABLE event (
    seq        INTEGER PRIMARY KEY,
    room       INTEGER NOT NULL REFERENCES room (id),
    position   INTEGER NOT NULL,
    time_ms    INTEGER NOT NULL,
    session    INTEGER NOT NULL,
    nick       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    text       TEXT,
    message_id BLOB
);
CREATE UNIQUE INDEX event_position ON event (room, position);
CREATE INDEX event_message_id ON event (seq) WHERE message_id IS NOT NULL;
CREATE VIRTUAL TABLE words USING fts5 (
    room, text,
    content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co So'"
);

INSERT INTO room VALUES (1, 'lobby', NULL, 1000);
INSERT INTO event VALUES
    (1, 1, 1, 1000, 9, 'ann', 'said', 'green tea', x'01010101010101010101010101010101'),
    -- Once was not always once.
    (2, 1, 2, 2000, 9, 'ann', 'said', 'green tea', x'01010101010101010101010101010101'),
    (3, 1, 3, 3000, 9, 'ann', 'said', '喝茶 ＡＢＣ', NULL);
INSERT INTO words (rowid, room, text) VALUES
    (1, 'r1', 'green tea'), (2, 'r1', 'green tea'), (3, 'r1', ' 喝  茶  ＡＢＣ');
