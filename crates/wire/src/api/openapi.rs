//! The machine-readable descriptions of the api, generated from its types and its table of endpoints: JSON Schema for the
//! WebSocket, OpenAPI 3.1 for HTTP. `cargo xtask schema` writes them to `docs/`.

use schemars::generate::SchemaSettings;
use schemars::{SchemaGenerator, schema_for};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::http::{ENDPOINTS, Endpoint, Media, Row, room_schema, text_schema};
use super::message::ServerMessage;
use super::request::ClientMessage;

/// The JSON Schema of the messages on the WebSocket, in both directions.
#[must_use]
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Teahouse api, version 1",
        "description": "The messages of a client (`client`) and of the server (`server`), each one JSON text in one \
                        WebSocket message.",
        "client": schema_for!(ClientMessage),
        "server": schema_for!(ServerMessage),
    })
}

/// The OpenAPI description of the api over HTTP.
#[must_use]
pub fn openapi(version: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let failure = generator.subschema_for::<Failure>();
    let mut paths = Map::new();
    for row in ENDPOINTS {
        let operation = operation(row, &failure, &mut generator);
        let path = paths.entry(row.path).or_insert_with(|| json!({}));
        path[row.method.to_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Teahouse",
            "version": version,
            "description": "Send, read, search and follow the messages of a Teahouse chat server.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": { "schemas": generator.take_definitions(true) },
    })
}

fn operation(row: &Row, failure: &schemars::Schema, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = Vec::new();
    if row.path.contains("{room}") {
        parameters.push(json!({
            "name": "room", "in": "path", "required": true, "schema": room_schema(generator),
            "description": "The name of a room, without `#`, in characters of one script.",
        }));
    }
    if let Some(query) = row.query {
        let query = in_query(&query(generator));
        parameters.extend(if row.endpoint == Endpoint::Messages { one_part(query) } else { query });
    }
    let status = match row.method {
        _ if row.endpoint == Endpoint::Socket => "101",
        _ if row.endpoint == Endpoint::Post => "201",
        _ => "200",
    };
    let mut answer = json!({ "description": "Success." });
    if let Some(content) = content(&row.gives, generator) {
        answer["content"] = content;
    }
    let mut operation = json!({
        "operationId": format!("{:?}", row.endpoint),
        "summary": row.what,
        "parameters": parameters,
        "responses": {
            status: answer,
            "default": {
                "description": "The request failed, for this reason.",
                "content": { "application/json": { "schema": failure } },
            },
        },
    });
    if row.endpoint == Endpoint::Post {
        let mut again = operation["responses"][status].clone();
        again["description"] = "A message with this id was stored before.".into();
        operation["responses"]["200"] = again;
    }
    if let Some(mut content) = content(&row.takes, generator) {
        if matches!(row.takes, Media::Text) {
            content["text/plain"]["schema"] = text_schema(generator).to_value();
        }
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

/// The fields of a struct as query parameters.
fn in_query(schema: &schemars::Schema) -> Vec<Value> {
    let value = schema.as_value();
    let required: Vec<&str> = value["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(fields) = value["properties"].as_object() else { return Vec::new() };
    fields
        .iter()
        .map(|(name, field)| {
            let mut schema = field.clone();
            let what = schema.as_object_mut().and_then(|field| field.remove("description"));
            json!({
                "name": name, "in": "query", "required": required.contains(&name.as_str()),
                "description": what.unwrap_or_default(), "schema": schema,
            })
        })
        .collect()
}

/// Puts the parameters that select a part of the history, of which at most one may be given, into one parameter of type
/// object that is written as separate query parameters: OpenAPI has no other way to say "at most one".
fn one_part(query: Vec<Value>) -> Vec<Value> {
    let (parts, mut rest): (Vec<Value>, Vec<Value>) =
        query.into_iter().partition(|field| field["name"] != "limit");
    let mut properties = Map::new();
    for mut part in parts {
        let (name, what) = (part["name"].take(), part["description"].take());
        let mut schema = part["schema"].take();
        schema["description"] = what;
        properties.insert(name.as_str().unwrap_or_default().to_owned(), schema);
    }
    rest.push(json!({
        "name": "part", "in": "query", "required": false, "style": "form", "explode": true,
        "description": "The part of the history; without it, the newest events.",
        "schema": {
            "type": "object", "properties": properties,
            "maxProperties": 1, "additionalProperties": false,
        },
    }));
    rest
}

fn content(media: &Media, generator: &mut SchemaGenerator) -> Option<Value> {
    Some(match media {
        Media::Nothing => return None,
        Media::Text => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Media::Stream => json!({ "text/event-stream": { "schema": { "type": "string" } } }),
        Media::AnyJson => json!({ "application/json": { "schema": { "type": "object" } } }),
        Media::Json(schema) => json!({ "application/json": { "schema": schema(generator) } }),
    })
}
