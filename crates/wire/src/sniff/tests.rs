//! First bytes and first lines, and the protocols that they are recognized as.

mod samples;

use proptest::prelude::*;

use super::*;
use samples::{FOREIGN, PEOPLE, PROGRAMS, WORDS};

fn shown(first: &[u8]) -> String {
    first.escape_ascii().to_string()
}

#[test]
fn lines_of_people_are_messages_and_lines_of_programs_are_not() {
    for end in ["\n", "\r\n"] {
        for line in PEOPLE {
            let first = format!("{line}{end}");
            assert_eq!(sniff(first.as_bytes()), Sniff::Is(Protocol::Line), "{line}");
        }
        for (line, protocol) in PROGRAMS {
            let first = format!("{line}{end}");
            assert_eq!(sniff(first.as_bytes()), Sniff::Is(protocol), "{line}");
        }
    }
    for line in PEOPLE {
        assert_eq!(sniff_all(line.as_bytes()), Protocol::Line, "{line} without an end");
    }
}

#[test]
fn the_first_line_decides_by_its_shape() {
    for (first, protocol) in FOREIGN {
        assert_eq!(sniff(first), Sniff::Is(*protocol), "{}", shown(first));
        assert_eq!(sniff_all(first), *protocol, "{}", shown(first));
    }
    for first in WORDS {
        assert_eq!(sniff_all(first), Protocol::Line, "{}", shown(first));
        let is_count = *first == b"*1\n";
        let expected = if is_count { Sniff::Undecided } else { Sniff::Is(Protocol::Line) };
        assert_eq!(sniff(first), expected, "{}", shown(first));
    }
    assert_eq!(sniff(b"\xff\xfb\x1f"), Sniff::Is(Protocol::Telnet));
}

#[test]
fn a_line_without_an_end_is_undecided_unless_it_can_only_be_one_protocol() {
    for first in [
        &b""[..],
        b"\n",
        b"\r\n \r\n",
        b"\xEF\xBB",
        b"G",
        b"GET ",
        b"GET well",
        b"SSH",
        b"\x16",
        b"NICK ann",
        b"PROPFIND /",
        b"hello",
        b"\0\r\nQU",
    ] {
        assert_eq!(sniff(first), Sniff::Undecided, "{}", shown(first));
    }
    assert_eq!(sniff(b"GET /lo"), Sniff::Is(Protocol::Http));
    assert_eq!(sniff(&[b'x'; FIRST_BYTES_MAX]), Sniff::Is(Protocol::Line));
    let blank = [b"*1".as_slice(), &[b'\n'; FIRST_BYTES_MAX]].concat();
    assert_eq!(sniff(&blank[..FIRST_BYTES_MAX]), Sniff::Undecided);
    assert_eq!(sniff(&blank), Sniff::Is(Protocol::Line));
    let long = [b"PROPFIND /".as_slice(), &[b'x'; FIRST_BYTES_MAX]].concat();
    assert_eq!(sniff(&long), Sniff::Is(Protocol::Http));
    let paste = [b"ERROR /var/log was lost: ".as_slice(), &[b'x'; FIRST_BYTES_MAX]].concat();
    assert_eq!(sniff(&paste), Sniff::Is(Protocol::Line));
    // Bytes after the examined ones decide nothing, however they are cut.
    let late = [b"USER x 0 * :".as_slice(), &[b'x'; FIRST_BYTES_MAX], b"\r\n"].concat();
    assert_eq!(sniff(&late), Sniff::Is(Protocol::Line));
}

#[test]
fn blank_lines_and_a_byte_order_mark_have_no_meaning() {
    for (first, blank) in [
        (&b"hello"[..], 0),
        (b"  hello", 0),
        (b"\r\n\nhello", 3),
        (b"\r\0hello", 2),
        (b" \t\r\n  hello", 4),
        (b"\xEF\xBB\xBF\r\nhello", 5),
        (b"\0hello", 0),
    ] {
        assert_eq!(blank_bytes(first), blank, "{}", shown(first));
    }
}

#[test]
fn blank_bytes_may_be_dropped_except_for_the_last_line_end() {
    for (first, spent) in [
        (&b"\r\n\r\n"[..], 3),
        (b"\r\0\r\0", 2),
        (b"\r\0\n", 2),
        (b"\n \t", 0),
        (b"\xEF\xBB\xBF", 0),
        (b"\xEF\xBB\xBF\n", 3),
        (b"hello", 0),
    ] {
        assert_eq!(droppable_bytes(first), spent, "{}", shown(first));
    }
}

#[test]
fn each_protocol_is_refused_in_a_form_its_program_shows() {
    let refused = |protocol, first: &[u8]| {
        String::from_utf8_lossy(&refusal(protocol, first, false).unwrap()).into_owned()
    };
    assert_eq!(refusal(Protocol::Line, b"", true), None);
    assert_eq!(refusal(Protocol::Http, b"GET / HTTP/1.1\r\n", false), None, "it is spoken");
    for spoken in
        ["GET /", "GET /lobby", "GET / HTTP/1.1\r\n\r\n", "GET /a b\r\n", "GET HTTP/1.1\r\n"]
    {
        assert_eq!(refusal(Protocol::Http, spoken.as_bytes(), false), None, "{spoken} may go on");
    }
    for bare in ["GET /\r\n", "\u{feff}\r\nget  /lobby \n"] {
        let answer = refused(Protocol::Http, bare.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        assert!(answer.contains("says its version"), "{answer}");
    }
    let late = refusal(Protocol::Http, b"GET / HTTP/1.1\r\n", true).unwrap();
    assert!(late.starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    assert_eq!(
        refused(Protocol::Irc, b"NICK ann\r\n"),
        "ERROR :IRC is not spoken here yet; join with nc or telnet\r\n"
    );
    let sip = refused(Protocol::LikeHttp, b"OPTIONS sip:nm SIP/2.0\r\nVia: x\r\n");
    assert!(sip.starts_with("SIP/2.0 501 Not Implemented\r\n"), "{sip}");
    let tabs = refused(Protocol::LikeHttp, b"OPTIONS\tsip:\"nm\tSIP/2.0 \t\r\nVia: x\r\n");
    assert_eq!(tabs, sip);
    let text = refused(Protocol::Proxy, b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nhello\n");
    assert!(text.starts_with("-- error: a PROXY header"), "{text}");
    let http =
        refused(Protocol::Proxy, b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nGET / HTTP/1.1\r\n");
    assert!(http.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{http}");
    assert!(!http.contains("192.0.2.7"), "{http}");
}

/// Bytes that may occur in a first line or around it.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = FOREIGN.iter().map(|(first, _)| first.to_vec());
    let words = PEOPLE.iter().map(|line| line.as_bytes().to_vec());
    let programs = PROGRAMS.iter().map(|(line, _)| line.as_bytes().to_vec());
    let joints =
        ["\r\n", "\n", "\r", " ", "\t", "\0", "\u{feff}", "GET ", "/", " HTTP/1.1", "*1", "$4"];
    let joints = joints.iter().map(|joint| joint.as_bytes().to_vec());
    let bits = proptest::sample::select(joints.clone().collect::<Vec<_>>());
    let lines = proptest::sample::select(known.chain(words).chain(programs).collect::<Vec<_>>());
    prop_oneof![3 => bits, 2 => lines, 1 => proptest::collection::vec(any::<u8>(), 0..8)]
}

proptest! {
    // Many cases, because the failures that these tests look for are rare. Each test takes a tenth of a second.
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_decision_on_a_prefix_holds_for_the_whole(
        pieces in proptest::collection::vec(piece(), 1..5),
    ) {
        let all = pieces.concat();
        let mut decided = None;
        for cut in 0..=all.len() {
            let part = &all[..cut];
            match (sniff(part), decided) {
                (Sniff::Is(now), None) => decided = Some(now),
                (now, Some(before)) => prop_assert_eq!(
                    now, Sniff::Is(before), "{} bytes of {}", cut, shown(&all)
                ),
                (Sniff::Undecided, None) => {}
            }
        }
        if let Some(decided) = decided {
            prop_assert_eq!(sniff_all(&all), decided, "the end of {}", shown(&all));
        }
    }

    #[test]
    fn dropping_blank_bytes_changes_nothing(
        has_mark in any::<bool>(),
        blanks in proptest::collection::vec(proptest::sample::select(b"\r\n\0 \t".to_vec()), 0..12),
        pieces in proptest::collection::vec(piece(), 0..3),
        more in piece(),
    ) {
        let mark = if has_mark { "\u{feff}" } else { "" };
        let all = [mark.as_bytes(), &blanks, &pieces.concat()].concat();
        let rest = &all[droppable_bytes(&all)..];
        prop_assert_eq!(sniff(rest), sniff(&all), "{}", shown(&all));
        let (all, rest) = ([all.as_slice(), &more].concat(), [rest, &more].concat());
        prop_assert_eq!(sniff(&rest), sniff(&all), "{}", shown(&all));
        prop_assert_eq!(&rest[blank_bytes(&rest)..], &all[blank_bytes(&all)..], "{}", shown(&all));
    }

    #[test]
    fn an_early_decision_holds_when_more_bytes_come(
        at in 0..FOREIGN.len(),
        cut in 0_usize..64,
        more in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let (first, protocol) = FOREIGN[at];
        let part = &first[..cut.min(first.len())];
        if let Sniff::Is(early) = sniff(part) {
            prop_assert_eq!(early, protocol, "{}", shown(part));
        }
        let all = [first, &more].concat();
        prop_assert_eq!(sniff(&all), Sniff::Is(protocol));
    }

    #[test]
    fn any_bytes_are_decided_and_refused_or_accepted(
        first in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let protocol = sniff_all(&first);
        let words = refusal(protocol, &first, true);
        prop_assert_eq!(words.is_none(), matches!(protocol, Protocol::Line | Protocol::Telnet));
    }
}
