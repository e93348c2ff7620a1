//! The memory that a client needs to read long messages of a malicious server. There is only one test, because the
//! allocator counts for the whole process.

use peak_alloc::PeakAlloc;
use teahouse_wire::api::{HistoryPage, ServerMessage, received};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The size of a message: a quarter of the most that our client accepts, which would cost four times as much.
const BYTES: usize = 1024 * 1024;
/// The most bytes held at once for each byte of a message, while a growing list is copied. A name of one letter has four
/// bytes in JSON and takes 24.
const BYTES_PER_BYTE_MAX: usize = 10;

const EVENT: &str = r#"{"type":"event","room":"tea","position":1,"epoch":"0123456789abcdef","time_ms":0,"sender":{"nick":"bob","session":"2"},"kind":"said","text":"hi""#;
const LIST_EVENT: &str = r#"{"room":"a","position":1,"epoch":"0123456789abcdef","time_ms":1,"sender":{"nick":"a","session":""},"kind":"said"}"#;

/// A message of [`BYTES`], with `many` repeated between `start` and `end`.
fn filled(start: &str, many: &str, end: &str) -> String {
    let count = (BYTES - start.len() - end.len()) / many.len();
    format!("{start}{}{end}", many.repeat(count))
}

/// Reads a text. Returns `read` or the error, and the most bytes that were held meanwhile.
fn measure<T, E: ToString>(read: impl FnOnce() -> Result<T, E>) -> (String, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let read = read().map_err(|error| error.to_string());
    let held = ALLOCATOR.peak_usage() - before;
    let words = read.map_or_else(|error| error, |_| "read".to_owned());
    assert!(words.len() < 2_000, "the error has {} bytes", words.len());
    (words, held)
}

#[test]
fn reading_a_message_needs_a_few_times_its_bytes_whatever_a_server_sends() {
    let later = |many: &str| filled(&format!(r#"{EVENT},"later":[{}"#, &many[1..]), many, "]}");
    let too_long = |bytes| format!("a string has {bytes}");
    let half = "\u{7f}".repeat(520_000);
    let cases = [
        (later(",0"), "read"),
        (later(",[]"), "read"),
        (later(r#",{"a":{}}"#), "read"),
        (filled(EVENT, r#","a":0"#, "}"), "read"),
        (filled(&format!(r#"{EVENT},"later":"#), "[", ""), "no JSON: EOF while parsing a list"),
        (filled(&format!(r#"{EVENT},"later":""#), "a", r#""}"#), &too_long(10_484)),
        (filled(&format!(r#"{EVENT},"later":""#), r"\u00e4", r#""}"#), &too_long(10_484)),
        (filled(r#"{"type":""#, r"\u0000", r#""}"#), "read"),
        (format!(r#"{EVENT},"id":"{half}"}}"#), "`id`: it must be 32 hexadecimal digits"),
        (EVENT.replace(r#":1,"#, &format!(":\"{half}\",")) + "}", "`position`: invalid type"),
        (filled(r#"{"type":"ignoring","nicks":["a""#, r#","a""#, "]}"), "read"),
        (
            filled(
                r#"{"type":"rooms","total":1,"page":1,"pages":1,"rooms":[{"name":"a","members":1}"#,
                r#",{"name":"a","members":1}"#,
                "]}",
            ),
            "read",
        ),
        (
            filled(
                &format!(r#"{{"type":"found","words":"","events":[{LIST_EVENT}"#),
                &format!(",{LIST_EVENT}"),
                "]}",
            ),
            "read",
        ),
        (filled("[0", ",0", "]"), "not a JSON object; it begins with \"[0,0,0"),
        (filled("", "<", ""), "no JSON: expected value at line 1 column 1; it begins with \"<<<"),
    ];
    for (json, expected) in &cases {
        let start = &json[..60];
        let (words, held) = measure(|| ServerMessage::parse(json));
        assert!(words.starts_with(expected), "{words}, of {start}");
        assert!(held <= BYTES_PER_BYTE_MAX * BYTES, "{held} bytes are held for {start}");
    }
    let page = filled(
        &format!(r#"{{"room":"a","epoch":"0123456789abcdef","head":1,"events":[{LIST_EVENT}"#),
        &format!(",{LIST_EVENT}"),
        "]}",
    );
    let (words, held) = measure(|| received::<HistoryPage>(page.as_bytes()));
    assert_eq!(words, "read");
    assert!(held <= BYTES_PER_BYTE_MAX * BYTES, "{held} bytes are held for an answer over HTTP");
}
