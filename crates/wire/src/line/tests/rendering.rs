//! Facts and answers as people read them.

use super::*;

#[test]
fn each_line_of_an_event_has_the_mark_of_its_sender() {
    let tea = room("tea");
    let said = event(EventKind::Said, Some("hi"));
    assert_eq!(rendered(|out| render_event(&said, None, out)), "<ann> hi\n");
    assert_eq!(rendered(|out| render_event(&said, Some(&tea), out)), "[#tea] <ann> hi\n");
    let two = event(EventKind::Said, Some("one\n-- ann is offline"));
    assert_eq!(
        rendered(|out| render_event(&two, None, out)),
        "<ann> one\n<ann> -- ann is offline\n"
    );
    let acted = event(EventKind::Acted, Some("waves"));
    assert_eq!(rendered(|out| render_event(&acted, None, out)), "* ann waves\n");
    let topic = event(EventKind::Topic, Some("tea"));
    assert_eq!(rendered(|out| render_event(&topic, None, out)), "-- ann set the topic: tea\n");
    let cleared = event(EventKind::Topic, None);
    assert_eq!(rendered(|out| render_event(&cleared, None, out)), "-- ann cleared the topic\n");
}

#[test]
fn presence_is_rendered_as_notices() {
    let tea = room("tea");
    let line_of = |presence: Presence| rendered(|out| render_presence(&presence, &tea, None, out));
    assert_eq!(line_of(Presence::Entered { nick: nick("ann") }), "-- ann entered #tea\n");
    assert_eq!(line_of(Presence::Left { nick: nick("ann") }), "-- ann left #tea\n");
    let offline = |cause| line_of(Presence::Offline { nick: nick("ann"), cause });
    assert_eq!(offline(ExitCause::Quit), "-- ann is offline\n");
    assert_eq!(offline(ExitCause::Lost), "-- ann is offline (connection lost)\n");
    assert_eq!(offline(ExitCause::Idle), "-- ann is offline (silent too long)\n");
    let renamed = Presence::Renamed { from: nick("ann"), to: nick("zoe") };
    assert_eq!(line_of(renamed), "-- ann is now known as zoe\n");
    let folded = Presence::Folded {
        entered: vec![nick("ann"), nick("bob")],
        entered_count: 9,
        gone: vec![nick("carl")],
        gone_count: 1,
        members: 60,
    };
    assert_eq!(line_of(folded), "-- #tea: ann, bob and 7 others entered; carl went; 60 here\n");
    let counted = Presence::Folded {
        entered: vec![],
        entered_count: 40,
        gone: vec![],
        gone_count: 0,
        members: 5213,
    };
    assert_eq!(line_of(counted), "-- #tea: 40 entered; 5213 here\n");
}

#[test]
fn history_is_shown_with_times_and_a_search_with_rooms() {
    let tea = room("tea");
    let events = [event(EventKind::Said, Some("one\ntwo"))];
    let page = |title, room| {
        let shown = events.iter().map(|event| EventView::of(event, room));
        rendered(|out| render_history((title, None), shown, &clock(), out))
    };
    assert_eq!(
        page(HistoryTitle::Latest(&tea), None),
        "-- the last 1 message in #tea (times: UTC)\n[05:59] <ann> one\n[05:59] <ann> two\n"
    );
    assert_eq!(
        page(HistoryTitle::Found { words: "one", is_cut: false }, Some(&tea)),
        "-- 1 message found for one, newest first (times: UTC)\n\
         [05:59] [#tea] <ann> one\n[05:59] [#tea] <ann> two\n"
    );
}

#[test]
fn a_search_that_was_cut_says_how_to_continue_and_continues() {
    let mut session = session();
    assert_eq!(
        input_in(&mut session, b"/search\n"),
        ["-- error: the last search has nothing older; /search WORDS finds messages\n"]
    );
    let question =
        |before| Question::Search { words: "one".to_owned(), room: None, before, count: 20 };
    let span = HistorySpan { room: RoomId(1), name: room("tea"), upto: Position(9) };
    let granted = ReadGrant { question: question(None), scope: Scope::Rooms(vec![span]) };
    let events = vec![event(EventKind::Said, Some("one"))];
    let mut found = |more: Option<u64>| {
        let excerpt = Excerpt { events: events.clone(), more: more.map(Sequence), first: None };
        session.handle_found(&granted.question, &excerpt);
        let shown = rendered(|out| render_page(&granted, &excerpt, &clock(), out));
        (shown, input_in(&mut session, b"/search\n"))
    };
    let title = "-- 1 message found for one, newest first (times: UTC)\n[05:59] [#tea] <ann> one\n";
    let (shown, input) = found(Some(812));
    assert_eq!(shown, format!("{title}-- there may be older ones; /search alone shows them\n"));
    let older =
        format!("{:?}", Request::from(Query::Read { question: question(Some(Sequence(812))) }));
    assert_eq!(input, [older]);
    let (shown, input) = found(None);
    assert_eq!(shown, title);
    assert!(input[0].contains("nothing older"), "{input:?}");
}

#[test]
fn a_page_of_history_that_is_full_before_its_count_says_how_to_continue() {
    let span = HistorySpan { room: RoomId(1), name: room("tea"), upto: Position(9) };
    let page = |first, count| {
        let question = Question::Latest { room: room("tea"), count };
        let granted = ReadGrant { question, scope: Scope::Rooms(vec![span.clone()]) };
        let events = vec![event(EventKind::Said, Some("one"))];
        let excerpt = Excerpt { events, more: None, first: Some(Position(first)) };
        rendered(|out| render_page(&granted, &excerpt, &clock(), out))
    };
    assert!(page(1, 2).ends_with("one\n-- a page is full; /history before 05:59 goes on\n"));
    assert!(page(1, 1).ends_with("one\n"));
    assert_eq!(
        page(7, 2),
        "-- the last 1 message in #tea (times: UTC)\n\
         -- messages 1 to 6 of #tea are gone\n[05:59] <ann> one\n",
        "there is nothing older to continue with"
    );
}

#[test]
fn a_page_without_messages_says_whether_there_were_any() {
    let tea = room("tea");
    let page =
        |title, gone| rendered(|out| render_history((title, gone), [].into_iter(), &clock(), out));
    assert_eq!(page(HistoryTitle::Latest(&tea), None), "-- nothing has been said in #tea yet\n");
    assert_eq!(
        page(HistoryTitle::Latest(&tea), Some(1)),
        "-- nothing that was said in #tea is kept\n-- message 1 of #tea is gone\n"
    );
    assert_eq!(
        page(HistoryTitle::Before(&tea), Some(6)),
        "-- nothing that was said in #tea before that is kept\n-- messages 1 to 6 of #tea are gone\n"
    );
}
