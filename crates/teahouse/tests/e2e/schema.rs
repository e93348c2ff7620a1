//! What the server really sends, checked against the descriptions of the api in the repository.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::visitor::{Answer, ServerSentEvent};

static SOCKET: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../docs/api.schema.json")).unwrap()
});
static OPENAPI: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap());
static SERVER_MESSAGE: LazyLock<Validator> = LazyLock::new(|| validator(&SOCKET["server"]));
static CLIENT_MESSAGE: LazyLock<Validator> = LazyLock::new(|| validator(&SOCKET["client"]));
static EVENT: LazyLock<Validator> = LazyLock::new(|| definition("Event"));
static PRESENCE: LazyLock<Validator> = LazyLock::new(|| definition("Presence"));

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).unwrap()
}

/// The schema of one type that the server sends.
fn definition(name: &str) -> Validator {
    let definitions = &SOCKET["server"]["$defs"];
    validator(&json!({ "$ref": format!("#/$defs/{name}"), "$defs": definitions }))
}

fn check(validator: &Validator, value: &Value) {
    let wrong: Vec<String> = validator.iter_errors(value).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{value} is not as described: {wrong:?}");
}

/// Checks a message that came over the WebSocket.
pub(crate) fn check_sent(message: &Value) {
    check(&SERVER_MESSAGE, message);
}

/// Whether a request matches the schema.
pub(crate) fn matches_request_schema(request: &Value) -> bool {
    CLIENT_MESSAGE.is_valid(request)
}

/// Checks a server-sent event.
pub(crate) fn check_server_sent_event(event: &ServerSentEvent) {
    let ServerSentEvent { name, id, data } = event;
    match name.as_str() {
        "event" => {
            check(&EVENT, data);
            let epoch = data["epoch"].as_str().unwrap();
            let id_of_event = format!("{epoch}-{}-{}", data["position"], data["time_ms"]);
            assert_eq!(id.as_deref(), Some(id_of_event.as_str()));
        }
        "presence" => check(&PRESENCE, data),
        "begin" => assert!(data["complete"].is_boolean() && data["position"].is_u64(), "{data}"),
        "notice" => assert!(data["text"].is_string(), "{data}"),
        other => panic!("{other:?} is not described"),
    }
}

/// Checks an answer over HTTP: the description of its address must have its status and its body.
pub(crate) fn check_answer(method: &str, target: &str, answer: &Answer) {
    let path = target.split('?').next().unwrap();
    let method = if method == "HEAD" { "get" } else { &method.to_lowercase() };
    let Some(operation) = operation(path, method) else {
        assert!(matches!(answer.status, 404 | 405), "{target} is not described: {answer:?}");
        return;
    };
    let responses = &operation["responses"];
    let response = responses.get(answer.status.to_string()).unwrap_or(&responses["default"]);
    let is_done = answer.status < 300;
    assert!(
        !is_done || responses.get(answer.status.to_string()).is_some(),
        "{method} {target}: {answer:?}"
    );
    if answer.header("content-type") != "application/json" {
        assert!(response["content"].get("application/json").is_none() || answer.body.is_empty());
        return;
    }
    let mut schema = response["content"]["application/json"]["schema"].clone();
    assert!(schema.is_object(), "JSON of {method} {target} is not described: {answer:?}");
    schema["components"] = OPENAPI["components"].clone();
    if !answer.body.is_empty() {
        check(&validator(&schema), &answer.json());
    }
}

fn operation(path: &str, method: &str) -> Option<&'static Value> {
    let is_path = |pattern: &str| {
        let (expected, parts): (Vec<&str>, Vec<&str>) =
            (pattern.split('/').collect(), path.split('/').collect());
        let is_part = |(a, b): (&&str, &&str)| a == b || (*a == "{room}" && !b.is_empty());
        expected.len() == parts.len() && expected.iter().zip(&parts).all(is_part)
    };
    let paths = OPENAPI["paths"].as_object().unwrap();
    // An address of fixed words has precedence over one with a room in it.
    let exact = paths.get(path).filter(|found| found.get(method).is_some());
    let found = exact.or_else(|| {
        let mut matching = paths.iter().filter(|(pattern, _)| is_path(pattern));
        matching.find_map(|(_, found)| found.get(method).map(|_| found))
    });
    found.map(|found| &found[method])
}
