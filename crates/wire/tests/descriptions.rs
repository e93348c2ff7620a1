//! The descriptions of the api in `docs/` are those that its types and its table of addresses make.

use serde_json::Value;
use teahouse_wire::api;

fn check(name: &str, kept: &str, made: &Value) {
    assert!(
        serde_json::from_str(kept).ok().as_ref() == Some(made),
        "docs/{name} is not what the types of the api make; to write it again: cargo xtask schema"
    );
}

#[test]
fn the_json_schema_is_the_one_that_the_types_make() {
    check("api.schema.json", include_str!("../../../docs/api.schema.json"), &api::json_schema());
}

#[test]
fn the_openapi_description_is_the_one_that_the_table_makes() {
    let made = api::openapi(env!("CARGO_PKG_VERSION"));
    check("openapi.json", include_str!("../../../docs/openapi.json"), &made);
}

#[test]
fn what_may_be_left_out_of_a_request_is_not_required_by_the_description() {
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
    assert_eq!(post["additionalProperties"], false, "a field that is not known is refused");
}
