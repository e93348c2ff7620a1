//! The ends of lines, their text, and telnet commands.

use super::*;

#[test]
fn every_kind_of_line_end_ends_a_line() {
    let messages = ["#lobby \"a\"", "#lobby \"b\"", "#lobby \"c\"", "#lobby \"d\""];
    assert_eq!(input(b"a\nb\r\nc\r\0d\n"), messages);
    assert_eq!(input(b"\n\r\n   \n"), [""; 0]);
    assert_eq!(input(b"one\rtwo\r"), ["#lobby \"one\"", "#lobby \"two\""]);
    assert_eq!(input(b"a\r\r\n\rb\n"), ["#lobby \"a\"", "#lobby \"b\""]);
}

#[test]
fn a_line_without_an_end_counts_when_the_peer_has_finished() {
    let mut session = session();
    assert_eq!(input_in(&mut session, b"build done"), [""; 0]);
    let mut input = Vec::new();
    session.handle_end(&clock(), &mut input);
    assert_eq!(input.iter().map(display).collect::<Vec<_>>(), ["#lobby \"build done\"", "quit"]);
}

#[test]
fn a_line_that_is_too_long_or_not_utf8_is_refused_and_the_session_continues() {
    let long = [vec![b'x'; LINE_BYTES_MAX + 1], b"\nok\n".to_vec()].concat();
    assert_eq!(
        input(&long),
        ["-- error: a line longer than 65536 bytes was not sent; split it\n", "#lobby \"ok\""]
    );
    let just = [vec![b'x'; LINE_BYTES_MAX], b"\n".to_vec()].concat();
    assert_eq!(input(&just), ["-- error: not sent: it has 65536 bytes; the limit is 16384\n"]);
    assert_eq!(
        input(b"caf\xe9\nok\n"),
        [
            "-- error: that line is not UTF-8 and was not sent; set your terminal to UTF-8\n",
            "#lobby \"ok\""
        ]
    );
}

#[test]
fn byte_order_marks_and_utf16_are_recognized() {
    assert_eq!(input(b"\xEF\xBB\xBF/quit\n"), ["quit"]);
    assert_eq!(input("\u{202A}/quit\n\u{200B}\u{200E}/quit\n".as_bytes()), ["quit", "quit"]);
    assert_eq!(input(b"ok\0\n\0\n"), ["#lobby \"ok\""], "zeros are padding");
    let all = "-- error: nothing is taken: this is UTF-16; send UTF-8\n";
    assert_eq!(input(b"\xFF\xFE\x60\x4F\x7D\x59\n\0h\0i\0\n\0"), [all]);
    assert_eq!(input(b"\xFE\xFF\x4F\x60\0\n"), [all]);
    assert_eq!(
        input(b"h\0i\0\n"),
        ["-- error: that line was not sent: this is UTF-16; send UTF-8\n"]
    );
}

#[test]
fn the_editing_keys_of_telnet_edit_the_line() {
    assert_eq!(input(b"helo\x08lo\n"), ["#lobby \"hello\""]);
    assert_eq!(
        input("吃👩\u{200D}👩\u{200D}👧\x7f茶e\u{301}\x7f\n".as_bytes()),
        ["#lobby \"吃茶\""]
    );
    assert_eq!(input(b"\x08\x7f\x17\x15ok\n"), ["#lobby \"ok\""]);
    assert_eq!(input(b"/nick me \x17\x17\x17one two  \x17three\n"), ["#lobby \"one three\""]);
    assert_eq!(input(b"secret\x15ok\n"), ["#lobby \"ok\""]);
    assert_eq!(input(b"ab\xE5\x90\x08\x08c\n"), ["#lobby \"ac\""], "an incomplete character");
    // Bold letters for a printer (letter, backspace, letter) become plain ones.
    assert_eq!(input(b"N\x08NA\x08A\n"), ["#lobby \"NA\""]);
}

#[test]
fn an_invisible_message_is_refused_and_a_line_of_white_space_is_ignored() {
    let nothing = "-- error: not sent: there is nothing in it\n";
    for words in [
        "\u{200B}",
        "\u{2800}",
        "\u{3164}",
        "\u{FE0F}",
        "\u{301}",
        "\u{7}\u{1B}",
        "\u{AD}",
        "/me \u{7}",
    ] {
        assert_eq!(input(format!("{words}\n").as_bytes()), [nothing], "{words:?}");
    }
    assert_eq!(input("\u{FEFF}\n\u{3000}\n\u{B}\n".as_bytes()), [""; 0]);
}

#[test]
fn telnet_options_are_declined_and_commands_are_not_text() {
    // IAC IP, IAC DO TIMING-MARK: stock telnet sends these on Ctrl-C.
    assert_eq!(input(b"a\xff\xf4\xff\xfd\x06b\n"), ["[255, 252, 6]", "#lobby \"ab\""]);
    assert_eq!(
        input(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0hi\n"),
        ["[255, 254, 31]", "#lobby \"hi\""]
    );
    assert_eq!(input("你好\u{ff}".as_bytes()), [""; 0]);
    assert_eq!(
        input(
            "吃x"
                .as_bytes()
                .iter()
                .copied()
                .chain(*b"\xff\xf7\xff\xf7ok\n")
                .collect::<Vec<_>>()
                .as_slice()
        ),
        ["#lobby \"ok\""]
    );
    assert_eq!(
        input(b"gone\xff\xf8ok\xff\xf6\n"),
        ["-- yes, the house is here\n", "#lobby \"ok\""]
    );
}
