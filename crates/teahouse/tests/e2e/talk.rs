//! Talking: what members see of each other, in one room and in several.

use teahouse_wire::command::VERBS;

use crate::peer::Peer;
use crate::server::TestServer;

#[test]
fn two_members_talk_and_nobody_hears_themselves() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    ann.expect("guest2 entered");
    ann.say("hello bob");
    bob.expect("<ann> hello bob");
    bob.say("hello ann");
    // The next message that ann sees is bob's: her own did not come back.
    let line = ann.expect("hello");
    assert_eq!(line, "<bob> hello ann");
}

#[test]
fn a_join_a_leave_and_an_abrupt_reset_are_announced() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    ann.expect("guest2 entered #lobby");
    ann.expect("guest2 is now known as bob");
    bob.say("/quit");
    ann.expect("bob is offline");
    assert_eq!(bob.rest().last().map(String::as_str), Some("-- goodbye"));

    let carl = server.join_as("carl");
    ann.expect("is now known as carl");
    carl.reset();
    ann.expect("carl is offline");

    let dora = server.join_as("dora");
    dora.finish();
    ann.expect("dora is offline");
}

#[test]
fn three_rooms_are_three_conversations() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    for peer in [&mut ann, &mut bob] {
        peer.say("/join tea");
        peer.expect("you are in #tea");
        peer.say("/join #茶");
        peer.expect("you are in #茶");
    }
    ann.say("喝茶");
    assert_eq!(bob.expect("喝茶"), "<ann> 喝茶");
    ann.say("/room tea");
    ann.expect("#tea");
    ann.say("in tea");
    assert_eq!(bob.expect("in tea"), "[#tea] <ann> in tea");
    ann.say("/leave");
    ann.expect("you left #tea");
    bob.expect("ann left #tea");
    bob.say("/room tea");
    bob.say("only for tea");
    bob.say("/room lobby");
    ann.expect_none_before("only for tea", &mut bob, "for everyone");
}

#[test]
fn a_line_right_after_join_is_said_in_the_room_joined() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.say("/join tea");
    ann.expect("you are in #tea");
    let mut bob = server.join_as("bob");
    bob.send(b"/join tea\nhello tea\n");
    assert_eq!(ann.expect("hello tea"), "<bob> hello tea");
}

#[test]
fn a_private_message_is_delivered_or_refused_with_a_reason() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    let mut carl = server.join_as("carl");
    ann.say("/msg bob between us");
    assert_eq!(bob.expect("between us"), "[private] <ann> between us");
    carl.expect_none_before("between us", &mut bob, "for all to hear");
    ann.say("/msg zoe hello?");
    ann.expect("-- error: nobody here is called zoe");
    bob.say("/ignore ann");
    bob.expect("-- you no longer hear ann; /ignore ann to undo");
    ann.say("/msg bob are you there");
    ann.expect("bob does not take messages from you");
    ann.say("said to everyone");
    carl.expect("<ann> said to everyone");
    bob.expect_none_before("said to everyone", &mut carl, "and this too");
}

#[test]
fn chinese_text_cut_at_every_byte_arrives_whole() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    let words = "你好，茶馆！今天喝什么茶？👩‍👩‍👧";
    for byte in words.bytes() {
        ann.send(&[byte]);
    }
    ann.send(b"\n");
    assert_eq!(bob.expect("你好"), format!("<ann> {words}"));
    for cut in 1..words.len() {
        let (head, tail) = words.as_bytes().split_at(cut);
        ann.send(head);
        ann.send(tail);
        ann.send(b"\r\n");
        assert_eq!(bob.expect("你好"), format!("<ann> {words}"));
    }
}

#[test]
fn no_text_can_act_on_another_terminal_or_forge_a_line() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    ann.send("a\x1b[2Jb\rc\u{9b}31md\u{202e}e\n".as_bytes());
    assert_eq!(bob.expect("<ann> a"), "<ann> a\u{fffd}[2Jb");
    assert_eq!(bob.expect("<ann> c"), "<ann> c\u{fffd}31mde");
    ann.send(b"latin \xe9 \xfe\n");
    ann.expect("UTF-8");
    ann.send(&[b'x'; 70_000]);
    ann.send(b"\n");
    ann.expect("65536");
    ann.say("still here");
    assert_eq!(bob.expect("<ann>"), "<ann> still here");
}

#[test]
fn a_new_member_is_shown_the_last_twenty_messages_with_their_times() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    for number in 1..=25 {
        ann.say(&format!("message {number}"));
    }
    bob.expect("message 25");
    let mut carl = Peer::connect(server.port);
    let rows: Vec<String> =
        std::iter::from_fn(|| Some(carl.expect("> message"))).take(20).collect();
    let expected: Vec<String> = (6..=25).map(|n| format!("<ann> message {n}")).collect();
    for (line, expected) in rows.iter().zip(&expected) {
        let (time, text) = line.split_at(line.find(" <").unwrap());
        assert_eq!(text.trim_start(), expected);
        assert!(time.starts_with('[') && time.ends_with(']'), "{line:?}");
    }
}

#[test]
fn history_is_paged_and_searched_and_includes_the_newest_message() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    ann.send("我们去吃火锅\nI like TEA\n茶很好\n/history 2\n".as_bytes());
    ann.expect("<ann> I like TEA");
    ann.expect("<ann> 茶很好");
    for (words, found) in [("火锅", "我们去吃火锅"), ("茶", "茶很好"), ("tea", "I like TEA")]
    {
        ann.say(&format!("/search {words}"));
        ann.expect(&format!("<ann> {found}"));
    }
    ann.say("/history before 1999-01-01");
    ann.expect("-- nothing was said in #lobby before that");
    ann.say("/search \"NEAR( AND * -");
    ann.expect("-- nothing found for \"NEAR( AND * -");
    ann.say("/topic all about tea");
    ann.expect("-- ann set the topic: all about tea");
    ann.say("/topic");
    ann.expect("-- #lobby is about: all about tea");
    let mut bob = Peer::connect(server.port);
    bob.expect("-- you are in #lobby — all about tea (1 other is here)");
}

#[test]
fn an_unknown_command_is_an_error_with_a_suggestion_and_is_not_said() {
    let server = TestServer::open();
    let mut ann = server.join_as("ann");
    let mut bob = server.join_as("bob");
    ann.say("/jion tea");
    ann.expect("/join");
    ann.say("//join is how you enter a room");
    assert_eq!(bob.expect("<ann>"), "<ann> /join is how you enter a room");
    ann.say("/help");
    for verb in VERBS {
        ann.expect(&verb.usage());
    }
    ann.say("/me pours tea");
    assert_eq!(bob.expect("pours"), "* ann pours tea");
    ann.say("/who");
    ann.expect("-- 2 are in #lobby");
    assert_eq!(ann.line().unwrap(), "--   ann  bob");
    ann.say("/rooms");
    ann.expect("-- 1 room");
    assert_eq!(ann.line().unwrap(), "--   #lobby (2)");
}

#[test]
fn a_flooding_member_is_slowed_then_refused_with_the_text_returned() {
    let server = TestServer::with(&[]);
    let mut bob = server.join_as("bob");
    let mut ann = server.join_as("ann");
    for number in 1..=40 {
        ann.say(&format!("flood {number}"));
    }
    let refused = ann.expect("flood");
    assert!(refused.contains("2 per second"), "{refused:?}");
    // Held lines are said in their turn, in order; refused ones never are.
    let passed: Vec<String> = std::iter::from_fn(|| Some(bob.expect("flood"))).take(15).collect();
    let numbers: Vec<u32> =
        passed.iter().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=15).collect::<Vec<u32>>());
}
