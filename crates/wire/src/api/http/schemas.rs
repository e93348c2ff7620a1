//! The lengths and patterns by which the OpenAPI description limits names, texts and search words. The server accepts
//! everything that they allow, and more, because no pattern can say which scripts may be mixed.

use schemars::{Schema, SchemaGenerator, json_schema};
use teahouse_core::{Nick, RoomName, Text};

use crate::limits::SEARCH_BYTES_MAX;

/// The letters and digits of the most common scripts, one class per script: a name that mixes scripts may be refused.
/// The server accepts all other scripts as well.
pub(super) const NAME_OF_SCRIPTS: [&str; 5] =
    ["0-9A-Za-z_À-ÖØ-öø-ÿ", "0-9_一-鿿ぁ-ゖァ-ヺ", "0-9_가-힣", "0-9_а-яА-Я", "0-9_א-ת"];
/// Some of the visible characters: a text needs at least one.
pub(super) const VISIBLE: &str = "[!-~À-ÖØ-öø-ÿа-яА-Яא-תٱ-ۓअ-हก-ฮぁ-ゖァ-ヺ一-鿿가-힣😀-🙏]";

fn name_schema(characters_max: usize) -> Schema {
    let one_of = |letters: &&str| format!("[{letters}][{letters}.'-]{{0,{}}}", characters_max - 1);
    let names: Vec<String> = NAME_OF_SCRIPTS.iter().map(one_of).collect();
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": characters_max,
        "pattern": format!("^({})$", names.join("|")),
    })
}

/// The schema of a room's name in a request.
pub(in crate::api) fn room_schema(_: &mut SchemaGenerator) -> Schema {
    name_schema(RoomName::CHARS_MAX)
}

pub(super) fn nick_schema(_: &mut SchemaGenerator) -> Schema {
    name_schema(Nick::CHARS_MAX)
}

/// The schema of the text of a message in a request.
pub(in crate::api) fn text_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": Text::BYTES_MAX,
        "pattern": VISIBLE,
    })
}

pub(super) fn words_schema(_: &mut SchemaGenerator) -> Schema {
    let letter = "[0-9A-Za-z一-鿿]";
    json_schema!({
        "type": "string",
        "maxLength": SEARCH_BYTES_MAX,
        "pattern": format!("^({letter}{{1,10}} ?){{1,8}}$"),
    })
}
