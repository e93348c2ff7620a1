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
