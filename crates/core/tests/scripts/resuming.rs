//! Connections that break, and sessions that are resumed.

use super::*;

#[test]
fn a_session_that_resumes_in_time_was_never_away_for_the_others() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> resume 7 bob
         | to bob: welcome bob
         bob> join lobby
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         bob> ignore ann
         | bob filters [ann]
         | to bob: ignores [ann]: not ann
         bob> exit lost
         | bob out of #lobby
         | bob ended Lost, suspended
         ann> say lobby still there?
         | created #lobby as 1
         | #lobby 1 ann said Some(\"still there?\")
         ann> who lobby
         | to ann: members ann bob of 2, page 1/1
         ann> tell bob hello
         | to ann: refused Ignored { nick: Nick(\"bob\") }
         +29s
         bob2> resume 7
         | bob forgotten
         | to bob2: welcome back bob
         | bob2 filters [ann]
         bob2> join lobby
         | bob2 in #lobby at 1 of 2
         bob2> join lobby
         | to bob2: already in #lobby
         +60s
         bob2> say lobby yes
         | #lobby 2 bob said Some(\"yes\")",
    );
}

#[test]
fn a_session_that_is_not_resumed_is_offline_after_the_grace_period() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> resume 7 bob
         | to bob: welcome bob
         bob> join lobby
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         bob> exit lost
         | bob out of #lobby
         | bob ended Lost, suspended
         ann> tell bob hello
         | to ann: refused Away { nick: Nick(\"bob\") }
         +30s
         | to #lobby but bob: bob offline Lost
         | bob forgotten
         ann> nick bob
         | to ann: ann is bob
         | to #lobby but ann: ann is bob
         bob2> resume 7 bob
         | to bob2: welcome guest1, bob is taken
         bob2> exit
         | bob2 ended Quit",
    );
}

#[test]
fn resuming_a_connected_session_ends_its_connection_and_it_leaves_rooms_it_does_not_join_again() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> resume 7 bob
         | to bob: welcome bob
         bob> join lobby
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         bob> join tea
         | bob in #tea at 0 of 1
         | to #tea but bob: bob entered
         bob2> resume 7
         | bob out of #lobby
         | bob out of #tea
         | bob ended Replaced
         | to bob2: welcome back bob
         bob> say lobby from the old one
         bob2> join lobby
         | bob2 in #lobby at 0 of 2
         +30s
         | to #tea but bob2: bob left
         bob2> exit
         | bob2 out of #lobby
         | to #lobby but bob2: bob offline Quit
         | bob2 ended Quit",
    );
}
