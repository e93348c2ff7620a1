//! `docs/api.md` shows everything that the api has, its examples match the api's types, and the READMEs list every
//! command.

#![allow(clippy::unwrap_used, reason = "a panic shows where the test failed")]

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use teahouse_wire::api::http::{ENDPOINTS, Found, Post, Posted, status};
use teahouse_wire::api::{
    self, ClientMessage, Code, Failure, HistoryPage, RoomsPage, ServerMessage,
};
use teahouse_wire::command::{VERBS, Verb};
use teahouse_wire::websocket::CloseCode;

const PAGE: &str = include_str!("../../../docs/api.md");

/// The JSON examples of the page, each with the type that it claims to be.
fn examples() -> Vec<(&'static str, &'static str)> {
    let blocks = PAGE.split("```json ").skip(1);
    let examples: Vec<_> =
        blocks.map(|block| block.split("```").next().unwrap().split_once('\n').unwrap()).collect();
    assert!(examples.len() > 40, "{} examples were found", examples.len());
    examples
}

fn of(kind: &str) -> Vec<Value> {
    let examples = examples().into_iter().filter(|(of, _)| *of == kind);
    examples.map(|(_, json)| serde_json::from_str(json).unwrap()).collect()
}

/// Checks that an example is a value of a type, without lost or added fields.
fn reads_as<T: DeserializeOwned + Serialize>(json: &str) {
    let value: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"));
    is_written_as(value, json);
}

/// Checks that a value is written as the example.
fn is_written_as(value: impl Serialize, json: &str) {
    assert_eq!(
        serde_json::to_value(value).unwrap(),
        serde_json::from_str::<Value>(json).unwrap(),
        "the type does not have all fields of the example"
    );
}

/// The values that a schema lists for a field, or for the whole value.
fn listed(schema: &Value, field: Option<&str>) -> BTreeSet<String> {
    let variants = schema["oneOf"].as_array().unwrap().iter();
    let one = |variant: &Value| match field {
        Some(field) => variant["properties"][field]["const"].as_str().map(str::to_owned),
        None => variant["const"].as_str().map(str::to_owned),
    };
    let listed: BTreeSet<String> = variants.filter_map(one).collect();
    assert!(listed.len() > 2, "{listed:?} in {schema}");
    listed
}

fn shown(kind: &str, field: &str) -> BTreeSet<String> {
    of(kind).iter().filter_map(|example| example[field].as_str().map(str::to_owned)).collect()
}

/// The rows of all tables of the page, as cells.
fn rows() -> Vec<Vec<&'static str>> {
    let rows = PAGE.lines().filter(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The other cells of the row that begins with this cell.
fn row(first: &str) -> Vec<&'static str> {
    let row = rows().into_iter().find(|cells| cells[0] == first);
    row.unwrap_or_else(|| panic!("no table has a row {first:?}"))[1..].to_vec()
}

#[test]
fn every_example_has_the_type_that_it_claims() {
    for (kind, json) in examples() {
        match kind {
            "request" => {
                let message =
                    ClientMessage::parse(json).unwrap_or_else(|error| panic!("{error} in {json}"));
                is_written_as(message, json);
            }
            "message" => {
                let message =
                    ServerMessage::parse(json).unwrap_or_else(|error| panic!("{error} in {json}"));
                is_written_as(message, json);
            }
            "Post" => reads_as::<Post>(json),
            "Posted" => reads_as::<Posted>(json),
            "HistoryPage" => reads_as::<HistoryPage>(json),
            "RoomsPage" => reads_as::<RoomsPage>(json),
            "Found" => reads_as::<Found>(json),
            "Failure" => reads_as::<Failure>(json),
            other => panic!("{other} is no type of the api"),
        }
    }
}

#[test]
fn every_request_and_every_message_is_shown() {
    let schema = api::json_schema();
    assert_eq!(shown("request", "op"), listed(&schema["client"], Some("op")));
    assert_eq!(shown("message", "type"), listed(&schema["server"], Some("type")));
    let definitions = &schema["server"]["$defs"];
    let changes = shown("message", "change");
    let presence = &definitions["Presence"];
    assert_eq!(changes, listed(presence, Some("change")));
    assert_eq!(shown("message", "kind"), listed(&definitions["Kind"], None));
}

#[test]
fn every_code_and_cause_is_in_its_table() {
    let schema = api::json_schema();
    let definitions = &schema["server"]["$defs"];
    for name in listed(&definitions["Code"], None) {
        let code: Code = serde_json::from_value(name.clone().into()).unwrap();
        assert_eq!(row(&format!("`{name}`"))[0], status(code).to_string(), "{name}");
    }
    for name in listed(&definitions["Cause"], None) {
        let cause: api::Cause = serde_json::from_value(name.clone().into()).unwrap();
        let reconnect = if cause.reconnect() { "yes" } else { "no" };
        assert_eq!(row(&format!("`{name}`"))[1], reconnect, "{name}");
    }
    let mut shown = BTreeSet::new();
    for code in CloseCode::ALL {
        let advice = row(&code.number().to_string())[1];
        let reconnect = if code.reconnect() { "yes" } else { "no" };
        assert!(advice.starts_with(reconnect), "{code:?}: {advice}");
        shown.insert(code.number());
    }
    assert_eq!(shown.len(), CloseCode::ALL.len());
}

#[test]
fn every_close_code_of_the_code_is_in_the_list_of_all() {
    let source = include_str!("../src/websocket/close.rs");
    let body = source.split("pub fn number(self)").nth(1).unwrap().split("\n    }\n").next();
    let numbers = body.unwrap().matches("=>").count();
    assert_eq!(numbers, CloseCode::ALL.len());
}

#[test]
fn every_address_is_in_the_table_and_has_a_command() {
    for endpoint in ENDPOINTS {
        row(&format!("`{} {}`", endpoint.method, endpoint.path));
        let path = endpoint.path.replace("{room}", "lobby");
        let is_socket = path.ends_with("/socket");
        let is_shown = PAGE.lines().any(|line| {
            let is_at = |part: &str| {
                part.split(['"', '?']).any(|part| part == format!("localhost:5000{path}"))
            };
            line.starts_with("curl ") && line.split(' ').any(is_at)
        });
        assert!(is_shown || is_socket, "no curl command for {path}");
    }
}

#[test]
fn both_readmes_list_every_command() {
    let english = include_str!("../../../README.md");
    let chinese = include_str!("../../../README.zh-CN.md");
    let mut usages: Vec<String> = VERBS.iter().map(Verb::usage).collect();
    usages.push("//WORDS".to_owned());
    let listed = |page: &str| {
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `/"));
        let usages = rows.map(|row| format!("/{}", row.split('`').next().unwrap()));
        usages.map(|usage| usage.replace("\\|", "|")).collect::<Vec<_>>()
    };
    assert_eq!(listed(english), usages);
    let name = |usage: &String| {
        let end = |c: char| !c.is_ascii_lowercase() && c != '/';
        usage.split(end).next().unwrap().to_owned()
    };
    let in_chinese = listed(chinese);
    assert_eq!(
        in_chinese.iter().map(name).collect::<Vec<_>>(),
        usages.iter().map(name).collect::<Vec<_>>()
    );
}
