//! First bytes and first lines, and what they are taken for.

use proptest::prelude::*;

use super::*;

fn shown(first: &[u8]) -> String {
    first.escape_ascii().to_string()
}

/// First lines that are no person's words, whenever they come.
const FOREIGN: &[(&[u8], Protocol)] = &[
    (b"GET / HTTP/1.1\r\n", Protocol::Http),
    (b"GET /\r\n", Protocol::Http),
    (b"get /\n", Protocol::Http),
    (b"POST /lobby HTTP/1.1\r\n", Protocol::Http),
    (b"get / HTTP/1.1\r\n", Protocol::Http),
    (b"gEt /lobby http/1.1\r\n", Protocol::Http),
    (b"PROPFIND /dav HTTP/1.1\r\n", Protocol::Http),
    (b"TRACE / HTTP/1.1\r\n", Protocol::Http),
    (b"CONNECT h:443 HTTP/1.1\r\n", Protocol::Http),
    (b"connect h:443 HTTP/1.1\n", Protocol::Http),
    (b"M-SEARCH * HTTP/1.1\r\n", Protocol::Http),
    (b"GET http://h/ HTTP/1.0\r\n", Protocol::Http),
    (b"GET here HTTP/1.1\r\n", Protocol::Http),
    (b"GET /a b HTTP/1.1\r\n", Protocol::Http),
    (b"GET HTTP/1.1\r\n", Protocol::Http),
    (b"X!#$ /x HTTP/9.9\r\n", Protocol::Http),
    (b"\r\nGET / HTTP/1.1\r\n", Protocol::Http),
    (b"\n\n \nGET / HTTP/1.1\n", Protocol::Http),
    (b"\xEF\xBB\xBFGET / HTTP/1.1\r\n", Protocol::Http),
    (b"PRI * HTTP/2.0\r\n", Protocol::Http2),
    (b"OPTIONS sip:nm SIP/2.0\r\n", Protocol::LikeHttp),
    (b"DESCRIBE rtsp://h/ RTSP/1.0\r\n", Protocol::LikeHttp),
    (b"CAP LS 302\r\n", Protocol::Irc),
    (b"NICK ann\r\n", Protocol::Irc),
    (b"USER ann 0 * :Ann\r\n", Protocol::Irc),
    (b"SSH-2.0-x\r\n", Protocol::Ssh),
    (b"\x16\x03\x01", Protocol::Tls),
    (b"PROXY TCP4 192.0.2.7 192.0.2.1 51234 5000\r\n", Protocol::Proxy),
    (b"PROXY UNKNOWN\r\n", Protocol::Proxy),
    (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C", Protocol::Proxy),
    (b"EHLO client.example\r\n", Protocol::Smtp),
    (b"ehlo x\r\n", Protocol::Smtp),
    (b"HELO x\r\n", Protocol::Smtp),
    (b"helo mail.example\r\n", Protocol::Smtp),
    (b"MAIL FROM:<a@b>\r\n", Protocol::Smtp),
    (b"\x04\x01\x00\x50\xC0\x00\x02\x07\x00", Protocol::Socks4),
    (b"\x05\x01\x00", Protocol::Socks5),
    (b"\x05\x02\x00\x02", Protocol::Socks5),
    (b"*1\r\n$4\r\nPING\r\n", Protocol::Redis),
    (b"CONFIG SET dir /tmp\r\n", Protocol::Redis),
    (b"SLAVEOF h 6379\r\n", Protocol::Redis),
    // A name server's question, Postgres, SMB, MQTT, RDP.
    (b"\x00\x1e\x00\x06\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version", Protocol::Binary),
    (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", Protocol::Binary),
    (b"\x00\x00\x00\xa4\xff\x53\x4d\x42", Protocol::Binary),
    (b"\x10\x0c\x00\x04MQTT", Protocol::Binary),
    (b"\x03\x00\x00\x13\x0e\xe0", Protocol::Binary),
    (b"\x80\x9e\x01\x03\x01\n", Protocol::Binary),
];

/// First lines that people type.
const WORDS: &[&[u8]] = &[
    b"hello\n",
    b"get well soon\n",
    b"get /some rest\n",
    b"GET well\n",
    b"GET well soon\n",
    b"HELO?\n",
    b"helo bob\n",
    b"PASS me the salt\n",
    b"what is HTTP/1.1\n",
    b"we use HTTP/2.0 here\n",
    b"and/or 1/2\n",
    b"see /etc/hosts\n",
    b"*1\n",
    b"*1\nno, *2\n",
    b"INFO\n",
    b"CONFIG is broken\n",
    b"PROXY voting is next week\n",
    b"mail from bob\n",
    b"mail from: bob\n",
    "mail fr水水\n".as_bytes(),
    b"/nick ann\n",
    b"NICK of time it is\n",
    "你好\n".as_bytes(),
    b"caf\xE9\n",
    b"\xFE\xFF\0h\0i\0\n",
    b"hello\nGET / HTTP/1.1\n",
    b"hello\r\0",
];

/// First lines that people may type into a new connection, and that are theirs.
const PEOPLE: [&str; 48] = [
    "I prefer HTTP/2",
    "I prefer HTTP/1.1",
    "I use TCP/4",
    "We use HTTP/1.1",
    "OK HTTP/2",
    "OK, HTTP/2 then",
    "LOVE HTTP/3",
    "WHY NOT HTTP/2",
    "so: HTTP/2",
    "LOL :) HTTP/2",
    "WOW :D we got HTTP/1.1",
    "I note: HTTP/1.1",
    "is it IPv6 or TCP/4",
    "half of it is 1/2",
    "TCP/IP",
    "read and/or write",
    "9/10",
    "GET well soon",
    "GET *all* of it",
    "GET httpd running please",
    "HEAD over here",
    "POST offices are shut today",
    "PUT it there",
    "DELETE that, please",
    "OPTIONS are good to have",
    "TRACE elements",
    "CONNECT four, anyone?",
    "SSH-keys are on the wiki",
    "SSH-Schlüssel verloren",
    "USER interface is really bad",
    "NICK of time it is",
    "PASS me the salt",
    "CAP or hat?",
    "PROXY voting is next week",
    "MAIL from the bank",
    "helo everybody",
    "QUIT smoking today",
    "HELP",
    "INFO",
    "PING",
    "ich mag HTTP/2",
    "J'aime HTTP/2",
    "Я люблю HTTP/1.1",
    "我 喜欢 HTTP/2",
    "今晚喝茶吗?",
    "안녕 HTTP/2",
    "مرحبا HTTP/2",
    "📎 see /etc/hosts",
];

/// First lines of programs that take a chat for something else, none of which anybody says.
const PROGRAMS: [(&str, Protocol); 48] = [
    ("GET / HTTP/1.1", Protocol::Http),
    ("GET / HTTP/2", Protocol::Http),
    ("GET / HTTP/1", Protocol::Http),
    ("GET HTTP/2", Protocol::Http),
    ("GET HTTP/1.0", Protocol::Http),
    ("ACL HTTP/1.1", Protocol::Http),
    ("head /x HTTP/1.0", Protocol::Http),
    ("HEAD /", Protocol::Http),
    ("put /lobby", Protocol::Http),
    ("post /lobby HTTP/1.1", Protocol::Http),
    ("DELETE /lobby HTTP/1.1", Protocol::Http),
    ("OPTIONS * HTTP/1.1", Protocol::Http),
    ("GET http://h/", Protocol::Http),
    ("GET https://h/ HTTP/1.1", Protocol::Http),
    ("GET HTTP://h/ HTTP/1.1", Protocol::Http),
    ("CONNECT h:443 HTTP/1.1", Protocol::Http),
    ("CONNECT [2001:db8::1]:443 HTTP/1.1", Protocol::Http),
    ("CONNECT h:443 HTTP/1", Protocol::Http),
    ("connect h:443 HTTP/1.0", Protocol::Http),
    ("PROPFIND / HTTP/1.1", Protocol::Http),
    ("MKCOL /a HTTP/1.1", Protocol::Http),
    ("REPORT /a b c HTTP/1.1", Protocol::Http),
    ("M-SEARCH * HTTP/1.1", Protocol::Http),
    ("NOTIFY * HTTP/1.1", Protocol::Http),
    ("BREW coffee://pot/1 HTTP/1.1", Protocol::Http),
    ("X / HTTP/1.1", Protocol::Http),
    ("GET index.html HTTP/1.1", Protocol::Http),
    ("FOO bar HTTP/1.1", Protocol::Http),
    ("PRI * HTTP/2.0", Protocol::Http2),
    ("OPTIONS sip:nm SIP/2.0", Protocol::LikeHttp),
    ("REGISTER sip:h SIP/2.0", Protocol::LikeHttp),
    ("DESCRIBE rtsp://h/ RTSP/1.0", Protocol::LikeHttp),
    ("OPTIONS * RTSP/1.0", Protocol::LikeHttp),
    ("REQMOD icap://h/s ICAP/1.0", Protocol::LikeHttp),
    ("FOO bar baz/1.1", Protocol::LikeHttp),
    ("CAP LS 302", Protocol::Irc),
    ("NICK ann", Protocol::Irc),
    ("PASS secret", Protocol::Irc),
    ("USER ann 0 * :Ann of the Teas", Protocol::Irc),
    ("USER guest tolmoon tolsun :Ronnie", Protocol::Irc),
    ("USER ann 8 * ann", Protocol::Irc),
    ("SSH-1.99-x", Protocol::Ssh),
    ("SSH-2.0-OpenSSH_9.9", Protocol::Ssh),
    ("PROXY TCP6 2001:db8::1 2001:db8::2 1 2", Protocol::Proxy),
    ("EHLO [192.0.2.1]", Protocol::Smtp),
    ("HELO", Protocol::Smtp),
    ("RCPT TO:<a@b>", Protocol::Smtp),
    ("CONFIG GET dir", Protocol::Redis),
];

#[test]
fn what_people_type_is_theirs_and_what_programs_send_is_not() {
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
fn what_has_no_end_yet_is_undecided_unless_it_can_only_be_one_thing() {
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
    // What stands behind as much as is looked at decides nothing, however it was cut.
    let late = [b"USER x 0 * :".as_slice(), &[b'x'; FIRST_BYTES_MAX], b"\r\n"].concat();
    assert_eq!(sniff(&late), Sniff::Is(Protocol::Line));
}

#[test]
fn blank_lines_and_a_byte_order_mark_say_nothing() {
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
fn blank_bytes_that_say_nothing_more_may_be_let_go() {
    for (first, spent) in [
        (&b"\r\n\r\n"[..], 3),
        (b"\r\0\r\0", 2),
        (b"\r\0\n", 2),
        (b"\n \t", 0),
        (b"\xEF\xBB\xBF", 0),
        (b"\xEF\xBB\xBF\n", 3),
        (b"hello", 0),
    ] {
        assert_eq!(spent_bytes(first), spent, "{}", shown(first));
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

/// Something that may stand in a first line or around it.
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
    // A tenth of a second each, and what they look for is rare.
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_decided_of_a_part_is_decided_of_the_whole(
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
    fn blank_bytes_that_are_let_go_change_nothing(
        has_mark in any::<bool>(),
        blanks in proptest::collection::vec(proptest::sample::select(b"\r\n\0 \t".to_vec()), 0..12),
        pieces in proptest::collection::vec(piece(), 0..3),
        more in piece(),
    ) {
        let mark = if has_mark { "\u{feff}" } else { "" };
        let all = [mark.as_bytes(), &blanks, &pieces.concat()].concat();
        let rest = &all[spent_bytes(&all)..];
        prop_assert_eq!(sniff(rest), sniff(&all), "{}", shown(&all));
        let (all, rest) = ([all.as_slice(), &more].concat(), [rest, &more].concat());
        prop_assert_eq!(sniff(&rest), sniff(&all), "{}", shown(&all));
        prop_assert_eq!(&rest[blank_bytes(&rest)..], &all[blank_bytes(&all)..], "{}", shown(&all));
    }

    #[test]
    fn what_is_decided_early_is_decided_the_same_with_more(
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
    fn any_bytes_are_decided_and_refused_or_taken(
        first in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let protocol = sniff_all(&first);
        let words = refusal(protocol, &first, true);
        prop_assert_eq!(words.is_none(), matches!(protocol, Protocol::Line | Protocol::Telnet));
    }
}
