//! Unseen sessions and visitors.

use super::*;

#[test]
fn an_unseen_session_receives_the_room_and_is_in_no_list_until_it_appears_or_acts() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         probe> listen lobby
         | to probe: welcome guest1
         | probe in #lobby at 0 of 2
         ann> who lobby
         | to ann: members ann of 1, page 1/1
         ann> rooms
         | to ann: rooms #lobby:1 of 1, page 1/1
         probe> rooms
         | to probe: rooms #lobby:1 of 1, page 1/1
         probe> type lobby
         probe> exit
         | probe out of #lobby
         | probe ended Quit
         bob> listen lobby
         | to bob: welcome guest2
         | bob in #lobby at 0 of 2
         bob> appear
         | to #lobby but bob: guest2 entered
         bob> appear
         eve> listen lobby
         | to eve: welcome guest3
         | eve in #lobby at 0 of 3
         eve> say lobby hello
         | to #lobby but eve: guest3 entered
         | created #lobby as 1
         | #lobby 1 guest3 said Some(\"hello\")
         ann> who lobby
         | to ann: members ann guest2 guest3 of 3, page 1/1
         eve> exit
         | eve out of #lobby
         | to #lobby but eve: guest3 offline Quit
         | eve ended Quit
         zoe> listen quiet
         | to zoe: welcome guest4
         | zoe in #quiet at 0 of 1
         ann> rooms
         | to ann: rooms #lobby:2 #quiet:0 of 2, page 1/1
         zoe> exit
         | zoe out of #quiet
         | zoe ended Quit
         ann> rooms
         | to ann: rooms #lobby:2 of 1, page 1/1",
    );
}

#[test]
fn visitors_post_read_and_follow_without_being_seen() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ci> post lobby build done
         | created #lobby as 1
         | #lobby 1 guest1 said Some(\"build done\")
         | to ci: posted at 1 as guest1
         ci> postas robot lobby again
         | #lobby 2 robot said Some(\"again\")
         | to ci: posted at 2 as robot
         ci> postas Ann lobby it is me
         | to ci: refused NickTaken { nick: Nick(\"Ann\"), holder: Nick(\"ann\") }
         ci> post#3 lobby once
         | #lobby 3 guest2 said Some(\"once\")
         | to ci: posted at 3 as guest2
         ci> post#3 lobby once
         | to ci: duplicate of 3
         ci> look lobby
         | to ci: may read #lobby to 3
         ci> look nowhere
         | to ci: refused NoSuchRoom { room: RoomName(\"nowhere\") }
         ci> look
         | to ci: may read everywhere
         ci> say lobby not so
         eye> follow lobby
         | eye in #lobby at 3 of 1
         ann> who lobby
         | to ann: members ann of 1, page 1/1
         eye> exit lost
         | eye out of #lobby
         | eye ended Lost
         eye> follow nowhere
         | to eye: refused NoSuchRoom { room: RoomName(\"nowhere\") }
         ci> post new first words
         | created #new as 2
         | #new 1 guest3 said Some(\"first words\")
         | to ci: posted at 1 as guest3",
    );
}

#[test]
fn a_room_that_is_followed_stays_the_same_room() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         eye> follow lobby
         | eye in #lobby at 0 of 1
         ann> leave lobby
         | ann out of #lobby
         | to #lobby but ann: ann left
         ann> join lobby
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say lobby hello
         | created #lobby as 1
         | #lobby 1 ann said Some(\"hello\")",
    );
}
