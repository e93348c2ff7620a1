//! A request over HTTP: its method and target in the first line, and its body after it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use teahouse_wire::api::Failure;
use teahouse_wire::api::http::{
    self, Endpoint, EventsQuery, MessagesQuery, Post, PostQuery, RoomsQuery, Route, SearchQuery,
};

use crate::harmless::assert_harmless;

/// Checks that a request is read, or refused in harmless words.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (first, body) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    if let Ok(first) = std::str::from_utf8(first) {
        let (method, target) = first.split_once(' ').unwrap_or(("GET", first));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        check_route(method, path);
        check_query(query);
    }
    check_body(body);
}

fn check_route(method: &str, path: &str) {
    match http::route(method, path) {
        Route::To(Endpoint::FollowText, Some(room)) => {
            let address = format!("/{}", utf8_percent_encode(room.as_str(), NON_ALPHANUMERIC));
            let again = http::route("GET", &address);
            assert_eq!(again, Route::To(Endpoint::FollowText, Some(room)), "{address}");
        }
        Route::NoRoom(failure) => assert_harmless_failure(&failure),
        Route::To(..) | Route::OtherMethod(_) | Route::Nowhere => {}
    }
}

fn check_query(query: &str) {
    let failures = [
        http::query::<RoomsQuery>(query).err(),
        http::query::<MessagesQuery>(query).err(),
        http::query::<SearchQuery>(query).err(),
        http::query::<EventsQuery>(query).err(),
        http::query::<PostQuery>(query).err(),
        http::no_query(query, "it is one page").err(),
    ];
    failures.iter().flatten().for_each(assert_harmless_failure);
}

fn check_body(body: &[u8]) {
    match http::text_body(body) {
        Ok(text) => assert_harmless(text.as_str()),
        Err(failure) => assert_harmless_failure(&failure),
    }
    match http::body::<Post>(body) {
        Ok(post) => {
            let written = serde_json::to_vec(&post).expect("what was read can be written");
            let again: Post = http::body(&written).expect("what was written can be read");
            assert_eq!(format!("{again:?}"), format!("{post:?}"));
        }
        Err(failure) => assert_harmless_failure(&failure),
    }
}

/// Checks a failure, which people also read in a terminal (from `curl`).
fn assert_harmless_failure(failure: &Failure) {
    assert_harmless(&failure.message);
    failure.field.iter().for_each(|field| assert_harmless(field));
}
