//! The descriptions of the api in `docs/` are up to date with its types and its table of endpoints.

use serde_json::Value;
use teahouse_wire::api;

fn check(name: &str, committed: &str, generated: &Value) {
    assert!(
        serde_json::from_str(committed).ok().as_ref() == Some(generated),
        "docs/{name} is out of date; generate it again: cargo xtask schema"
    );
}

#[test]
fn the_json_schema_is_up_to_date() {
    check("api.schema.json", include_str!("../../../docs/api.schema.json"), &api::json_schema());
}

#[test]
fn the_openapi_description_is_up_to_date() {
    let generated = api::openapi(env!("CARGO_PKG_VERSION"));
    check("openapi.json", include_str!("../../../docs/openapi.json"), &generated);
}

#[test]
fn the_description_requires_only_what_the_server_requires() {
    let openapi = api::openapi("");
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().unwrap().iter();
            let required = parameters.filter(|parameter| parameter["required"] == true);
            for parameter in required {
                let name = parameter["name"].as_str().unwrap();
                assert!(matches!(name, "room" | "words"), "{name} of {method} {path}");
                let is_needed = name == "words" || parameter["in"] == "path";
                assert!(is_needed, "{name} of {method} {path}");
            }
        }
    }
    let post = &openapi["components"]["schemas"]["Post"];
    assert_eq!(post["required"], serde_json::json!(["text"]));
    assert_eq!(post["additionalProperties"], false, "unknown fields are refused");
}
