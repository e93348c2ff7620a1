//! Messages, private messages and ignore lists.

use super::*;

#[test]
fn people_enter_talk_and_leave() {
    check(
        "ann> enter
         | to ann: welcome guest1
         | ann in #lobby at 0 of 1
         | to #lobby but ann: guest1 entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         ann> nick ann
         | to ann: guest1 is ann
         | to #lobby but ann: guest1 is ann
         ann> say lobby hello
         | created #lobby as 1
         | #lobby 1 ann said Some(\"hello\")
         bob> me lobby waves
         | #lobby 2 bob acted Some(\"waves\")
         bob> exit lost
         | bob out of #lobby
         | to #lobby but bob: bob offline Lost
         | bob ended Lost
         bob> say lobby too late
         ann> exit
         | ann out of #lobby
         | to #lobby but ann: ann offline Quit
         | ann ended Quit",
    );
}

#[test]
fn private_messages_are_delivered_or_refused() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         ann> tell BOB hi
         | to bob: ann tells \"hi\"
         | to ann: delivered to bob
         ann> tell zoe hi
         | to ann: refused NoSuchNick { nick: Nick(\"zoe\") }
         ann> tell ann hi
         | to ann: refused Yourself
         bob> ignore ann
         | bob filters [ann]
         | to bob: ignores [ann]: not ann
         ann> nick zoe
         | to ann: ann is zoe
         | to #lobby but ann: ann is zoe
         ann> tell bob it is me
         | to ann: refused Ignored { nick: Nick(\"bob\") }
         ann> exit
         | ann out of #lobby
         | to #lobby but ann: zoe offline Quit
         | ann ended Quit
         ann2> enter ann
         | to ann2: welcome ann
         | ann2 in #lobby at 0 of 2
         | to #lobby but ann2: ann entered
         ann2> tell bob back again
         | to ann2: refused Ignored { nick: Nick(\"bob\") }
         bob> ignore
         | to bob: ignores [ann]
         bob> ignore ann
         | bob filters []
         | to bob: ignores []: ann again
         ann2> tell bob at last
         | to bob: ann tells \"at last\"
         | to ann2: delivered to bob
         bob> ignore bob
         | to bob: refused Yourself
         bob> ignore nobody
         | bob filters [nobody]
         | to bob: ignores [nobody]: not nobody, who is not here",
    );
}

#[test]
fn an_ignored_person_is_recognized_on_any_connection_and_under_any_nick() {
    check(
        "eve> resume 3 eve
         | to eve: welcome eve
         bob> resume 7 bob
         | to bob: welcome bob
         bob> ignore EVE
         | bob filters [eve]
         | to bob: ignores [eve]: not eve
         eve> exit lost
         | eve ended Lost, suspended
         eve2> resume 3
         | eve forgotten
         | to eve2: welcome back eve
         eve2> nick angel
         | to eve2: eve is angel
         eve2> tell bob it is me
         | to eve2: refused Ignored { nick: Nick(\"bob\") }
         bob> exit lost
         | bob ended Lost, suspended
         bob2> resume 7
         | bob forgotten
         | to bob2: welcome back bob
         | bob2 filters [eve]
         eve2> tell bob and now?
         | to eve2: refused Ignored { nick: Nick(\"bob\") }
         bob2> ignore angel
         | bob2 filters []
         | to bob2: ignores []: eve again
         eve2> tell bob at last
         | to bob2: angel tells \"at last\"
         | to eve2: delivered to bob",
    );
}

#[test]
fn a_nick_can_be_ignored_before_anybody_has_it() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> ignore Spam
         | ann filters [Spam]
         | to ann: ignores [Spam]: not Spam, who is not here
         spam> enter spam
         | to spam: welcome spam
         | spam in #lobby at 0 of 2
         | to #lobby but spam: spam entered
         spam> tell ann buy
         | to spam: refused Ignored { nick: Nick(\"ann\") }
         ann> ignore spam
         | ann filters []
         | to ann: ignores []: Spam again",
    );
}

#[test]
fn typing_is_announced_in_small_rooms_only() {
    let limits = Limits { announce_each_max: 2, ..Limits::default() };
    check_with(
        limits,
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> type lobby
         | to #lobby but ann: ann types
         ann> type tea
         | to ann: refused NotInRoom { room: RoomName(\"tea\") }
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         zoe> enter zoe
         | to zoe: welcome zoe
         | zoe in #lobby at 0 of 3
         ann> type lobby",
    );
}

#[test]
fn an_answer_carries_the_number_of_its_request() {
    let mut chat = configured_chat(Limits::default(), History::default());
    let mut effects = Vec::new();
    let mut ask = |session, request, action| {
        let (session, request) = (SessionId(session), RequestId(request));
        let origin = Origin(1);
        chat.apply(Proposal { session, origin, request, action }, &mut effects);
    };
    let enter = || Action::Enter { nick: None, room: None, resume_key: None };
    ask(1, 1, enter());
    ask(2, 2, enter());
    ask(1, 3, Action::Join { room: room("tea") });
    ask(1, 4, Action::Tell { nick: nick("guest2"), text: text("psst") });
    ask(1, 5, Action::Leave { room: room("tea") });
    let answered: Vec<(u64, u32)> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Answer { session, request, .. }
            | Effect::Joined { session, request, .. }
            | Effect::Left { session, request, .. } => Some((session.0, request.0)),
            Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Ignores { .. }
            | Effect::Event(_)
            | Effect::Presence { .. }
            | Effect::Ended { .. }
            | Effect::Opened { .. }
            | Effect::SessionForgotten { .. } => None,
        })
        .collect();
    // The private message to guest2 answers no request of guest2.
    assert_eq!(answered, [(1, 1), (2, 2), (1, 3), (2, 0), (1, 4), (1, 5)]);
}
