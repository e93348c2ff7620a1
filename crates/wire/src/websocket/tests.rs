//! Messages from peers: complete, cut and invalid.

use proptest::prelude::*;

use super::*;

/// A client's frame: masked.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

fn decoded(bytes: &[u8], takes_deflate: bool) -> Vec<Received> {
    decoded_in_turns(&mut Decoder::new(1000, takes_deflate), bytes, u32::MAX)
}

/// Decodes bytes in turns of so many tokens.
fn decoded_in_turns(decoder: &mut Decoder, bytes: &[u8], tokens: u32) -> Vec<Received> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut work = Work::new(tokens);
        let taken = decoder.handle_bytes(rest, &mut work, &mut |received| all.push(received));
        assert!(taken == rest.len() || work.is_used_up());
        rest = &rest[taken..];
    }
    all
}

fn text(words: &str) -> Received {
    Received::Text(words.to_owned())
}

#[test]
fn messages_come_complete_or_in_fragments_with_a_ping_between() {
    let bytes = [
        masked(0x81, "你好".as_bytes()),
        masked(0x01, b"in "),
        masked(0x89, b"?"),
        masked(0x80, b"parts"),
        masked(0x88, &[3, 232]),
        masked(0x81, b"after the close"),
    ];
    let expected = [text("你好"), Received::Ping(b"?".to_vec()), text("in parts"), Received::Close];
    assert_eq!(decoded(&bytes.concat(), false), expected);
}

#[test]
fn a_key_is_16_bytes_in_base64() {
    for right in
        ["dGhlIHNhbXBsZSBub25jZQ==", "AQIDBAUGBwgJCgsMDQ4PEC==", "++++++++++++++++/////w=="]
    {
        assert!(is_key(right.as_bytes()), "{right}");
    }
    for wrong in [
        "",
        "x",
        "==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "AAAAAAAAAAAAAAAAAAAA",
        "!!!!!!!!!!!!!!!!!!!!!!==",
    ] {
        assert!(!is_key(wrong.as_bytes()), "{wrong}");
    }
}

#[test]
fn each_error_closes_the_connection_with_its_code() {
    let within = [masked(0x01, b"half"), masked(0x81, b"another")].concat();
    let long = [masked(0x01, &[b'x'; 600]), masked(0x80, &[b'x'; 600])].concat();
    let cases: [(Vec<u8>, FrameError, CloseCode); 10] = [
        (vec![0x81, 0x02, b'h', b'i'], FrameError::NotMasked, CloseCode::Protocol),
        (masked(0xC1, b"compressed without asking"), FrameError::ReservedBit, CloseCode::Protocol),
        (masked(0x83, b"reserved opcode"), FrameError::NotFrame, CloseCode::Protocol),
        (
            masked(0x80, b"continuation of nothing"),
            FrameError::ContinuesNothing,
            CloseCode::Protocol,
        ),
        (within, FrameError::WithinAnother, CloseCode::Protocol),
        (masked(0x09, b"a ping in parts"), FrameError::LongControl, CloseCode::Protocol),
        (masked(0x82, b"binary"), FrameError::Binary, CloseCode::Unsupported),
        (masked(0x81, &[0xFF]), FrameError::NotUtf8, CloseCode::BadText),
        (masked(0x81, &[b'x'; 1001]), FrameError::TooLong, CloseCode::TooBig),
        (long, FrameError::TooLong, CloseCode::TooBig),
    ];
    for (bytes, error, code) in cases {
        assert_eq!(decoded(&bytes, false), [Received::Wrong(error)]);
        assert_eq!(error.close_code(), code);
    }
    let compressed = masked(0xC1, b"not deflated");
    assert_eq!(decoded(&compressed, true), [Received::Wrong(FrameError::NotDeflated)]);
    // A length is refused as soon as the header announces it, before any of the payload is held.
    let announced = [0x81, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    let mut decoder = Decoder::new(1000, false);
    let mut all = Vec::new();
    decoder.handle_bytes(&announced, &mut Work::unbounded(), &mut |received| all.push(received));
    assert_eq!(all, [Received::Wrong(FrameError::TooLong)]);
    assert_eq!(decoder.partial.capacity(), 0);
}

#[test]
fn a_close_frame_is_valid_unless_its_code_or_its_reason_is_wrong() {
    let close = |payload: &[u8]| decoded(&masked(0x88, payload), false);
    let with = |code: u16, reason: &[u8]| [&code.to_be_bytes(), reason].concat();
    for right in [
        Vec::new(),
        with(1000, b""),
        with(1001, "再见".as_bytes()),
        with(3000, b"x"),
        with(4999, b""),
    ] {
        assert_eq!(close(&right), [Received::Close], "{right:?}");
    }
    let wrong = |payload: &[u8]| match close(payload).as_slice() {
        [Received::Wrong(error)] => *error,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(b"x"), FrameError::HalfCloseCode);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        assert_eq!(wrong(&with(code, b"")), FrameError::NotCloseCode, "{code}");
    }
    assert_eq!(wrong(&with(1000, b"\xFF")), FrameError::ReasonNotUtf8);
    assert_eq!(FrameError::ReasonNotUtf8.close_code(), CloseCode::BadText);
}

#[test]
fn a_compressed_message_can_be_read_without_earlier_ones() {
    let words = "tea for two and two for tea, ".repeat(20);
    let mut deflater = Deflater::default();
    let mut once = Vec::new();
    deflater.render_text(words.as_bytes(), &mut once);
    let mut again = Vec::new();
    deflater.render_text(words.as_bytes(), &mut again);
    assert_eq!(once, again, "nothing of the first is needed for the second");
    assert_eq!(once[0], 0xC1, "final, compressed, text");
    assert!(once.len() < words.len() / 4);
    assert_eq!(once[1] & 0x80, 0, "a server's frames are not masked");
    let payload = &once[2..];
    assert_eq!(deflate::inflate(payload, 1000).unwrap(), words.as_bytes());
    assert_eq!(decoded(&masked(0xC1, payload), true), [text(&words)]);
    let mut short = Vec::new();
    deflater.render_text(b"hi", &mut short);
    assert_eq!(short, [0x81, 2, b'h', b'i']);
}

#[test]
fn a_small_message_cannot_inflate_without_bound() {
    let mut deflater = Deflater::default();
    let mut bomb = Vec::new();
    deflater.render_text(&vec![b'x'; 60_000], &mut bomb);
    let all = decoded(&masked(0xC1, &bomb[2..]), true);
    assert_eq!(all, [Received::Wrong(FrameError::TooLong)]);
}

#[test]
fn a_turn_reads_its_number_of_frames_and_at_most_one_compressed_message() {
    let mut deflater = Deflater::default();
    let mut compressed = Vec::new();
    deflater.render_text(&[b'x'; 5000], &mut compressed);
    let compressed = masked(0xC1, &compressed[2..]);
    let bytes = [masked(0x89, b""), masked(0x81, b"a"), compressed.clone(), compressed].concat();
    let mut decoder = Decoder::new(64 * 1024, true);
    decoder.trust_deflate();
    let mut rest = bytes.as_slice();
    let mut turns = Vec::new();
    while !rest.is_empty() {
        let (mut work, mut count) = (Work::new(3), 0);
        rest = &rest[decoder.handle_bytes(rest, &mut work, &mut |_| count += 1)..];
        turns.push((count, work.spent()));
    }
    assert_eq!(turns, [(3, 7), (1, 5)], "a ping, a text, 1 + 4 KiB; then 1 + 4 KiB");
}

#[test]
fn a_compressed_message_before_hello_may_only_be_small() {
    let mut deflater = Deflater::default();
    let mut compressed = Vec::new();
    deflater.render_text(&[b'x'; 5000], &mut compressed);
    let bytes = masked(0xC1, &compressed[2..]);
    let all = decoded_in_turns(&mut Decoder::new(64 * 1024, true), &bytes, 9);
    let error = FrameError::TooLongBeforeHello { max: 4096 };
    assert_eq!(all, [Received::Wrong(error)]);
    assert_eq!(
        (error.close_code(), error.to_string().as_str()),
        (CloseCode::TooBig, "a compressed message before `hello` says at most 4096 bytes"),
    );
}

#[test]
fn an_offer_is_accepted_unless_it_demands_a_smaller_window() {
    assert!(offers_deflate("permessage-deflate; client_max_window_bits"));
    assert!(offers_deflate("x-other, permessage-deflate"));
    assert!(offers_deflate(
        "permessage-deflate; client_no_context_takeover; client_max_window_bits=9"
    ));
    assert!(!offers_deflate("permessage-deflate; server_max_window_bits=9"));
    assert!(!offers_deflate("permessage-deflate; server_no_context_takeover=1"));
    assert!(!offers_deflate("permessage-deflate; new_thing"));
    assert!(offers_deflate("permessage-deflate; new_thing, permessage-deflate"));
    assert!(!offers_deflate("x-webkit-deflate-frame"));
}

#[test]
fn a_frame_that_comes_byte_by_byte_is_not_copied_for_each_byte() {
    let mut decoder = Decoder::new(64 * 1024, false);
    let bytes = masked(0x81, &[b'x'; 60_000]);
    let mut all = Vec::new();
    let (mut copies, mut address) = (0, decoder.partial.as_ptr());
    for byte in &bytes {
        decoder.handle_bytes(std::slice::from_ref(byte), &mut Work::unbounded(), &mut |received| {
            all.push(received)
        });
        copies += usize::from(std::mem::replace(&mut address, decoder.partial.as_ptr()) != address);
    }
    assert!(copies < 40, "{copies} times");
    assert_eq!(all, [text(&"x".repeat(60_000))]);
    assert_eq!(decoder.partial.capacity(), 0);
    // The bytes after a long frame are held in a small buffer.
    decoder.handle_bytes(&bytes[..50_000], &mut Work::unbounded(), &mut |_| {});
    decoder.handle_bytes(
        &[&bytes[50_000..], &[0x81]].concat(),
        &mut Work::unbounded(),
        &mut |_| {},
    );
    assert_eq!(decoder.partial_input_bytes(), 1);
    assert!(decoder.partial.capacity() < 64, "{}", decoder.partial.capacity());
}

/// Frames of every kind, most of them valid.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let compressed = {
        let mut out = Vec::new();
        Deflater::default().render_text(&[b'x'; 300], &mut out);
        out[2..].to_vec()
    };
    let words = "[a-z茶]{0,60}".prop_map(String::into_bytes);
    let first =
        proptest::sample::select(vec![0x81, 0x81, 0x81, 0x01, 0x00, 0x80, 0x89, 0x8A, 0x09, 0x82]);
    prop_oneof![
        12 => (first, words).prop_map(|(first, payload)| masked(first, &payload)),
        2 => Just(masked(0xC1, &compressed)),
        1 => (900_usize..1100).prop_map(|length| masked(0x81, &vec![b'x'; length])),
        1 => (999_u16..1016).prop_map(|code| masked(0x88, &code.to_be_bytes())),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_are_decoded_the_same(
        frames in proptest::collection::vec(any_frame(), 1..12),
        cuts in proptest::collection::vec(1_usize..40, 1..20),
        tokens in 1_u32..5,
    ) {
        let whole = frames.concat();
        let mut decoder = Decoder::new(1000, true);
        let mut in_parts = Vec::new();
        let mut rest = whole.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (part, after) = rest.split_at((*cut).min(rest.len()));
            in_parts.extend(decoded_in_turns(&mut decoder, part, tokens));
            rest = after;
        }
        prop_assert_eq!(in_parts, decoded(&whole, true));
    }
}
