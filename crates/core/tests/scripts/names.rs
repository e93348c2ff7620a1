//! Nicks that are free, taken or refused.

use super::*;

#[test]
fn a_nick_that_is_taken_or_looks_like_one_is_refused() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         eve> enter Ann
         | to eve: welcome guest1, Ann is taken
         | eve in #lobby at 0 of 2
         | to #lobby but eve: guest1 entered
         eve> nick ann
         | to eve: refused NickTaken { nick: Nick(\"ann\"), holder: Nick(\"ann\") }
         ann> nick ANN
         | to ann: ann is ANN
         | to #lobby but ann: ann is ANN
         eve> nick guest2
         | to eve: guest1 is guest2
         | to #lobby but eve: guest1 is guest2
         bob> enter
         | to bob: welcome guest3
         | bob in #lobby at 0 of 3
         | to #lobby but bob: guest3 entered",
    );
}

#[test]
fn a_nick_that_looks_like_one_in_another_case_or_script_is_refused() {
    check(
        "ann> enter Bill
         | to ann: welcome Bill
         | ann in #lobby at 0 of 1
         | to #lobby but ann: Bill entered
         eve> enter BiII
         | to eve: welcome guest1, BiII is taken
         | eve in #lobby at 0 of 2
         | to #lobby but eve: guest1 entered
         ann> nick Вера
         | to ann: Bill is Вера
         | to #lobby but ann: Bill is Вера
         eve> nick Bepa
         | to eve: refused NickTaken { nick: Nick(\"Bepa\"), holder: Nick(\"Вера\") }
         ann> nick ВЕРА
         | to ann: Вера is ВЕРА
         | to #lobby but ann: Вера is ВЕРА
         ann> nick stern
         | to ann: ВЕРА is stern
         | to #lobby but ann: ВЕРА is stern
         eve> nick Bepa
         | to eve: guest1 is Bepa
         | to #lobby but eve: guest1 is Bepa
         bob> enter stem
         | to bob: welcome stem
         | bob in #lobby at 0 of 3
         | to #lobby but bob: stem entered",
    );
}

#[test]
fn an_unseen_session_gives_up_its_nick_when_it_is_wanted() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         probe> listen lobby
         | to probe: welcome guest1
         | probe in #lobby at 0 of 2
         ann> tell guest1 psst
         | to ann: refused NoSuchNick { nick: Nick(\"guest1\") }
         ann> ignore guest1
         | ann filters [guest1]
         | to ann: ignores [guest1]: not guest1, who is not here
         ann> ignore guest1
         | ann filters []
         | to ann: ignores []: guest1 again
         ann> nick guest1
         | to probe: guest1 is guest2
         | to ann: ann is guest1
         | to #lobby but ann: ann is guest1
         bob> enter Guest2
         | to probe: guest2 is guest3
         | to bob: welcome Guest2
         | bob in #lobby at 0 of 2
         | to #lobby but bob: Guest2 entered
         zoe> postas guest3 lobby hello
         | created #lobby as 1
         | #lobby 1 guest3 said Some(\"hello\")
         | to zoe: posted at 1 as guest3
         ann> ignore guest3
         | ann filters [guest3]
         | to ann: ignores [guest3]: not guest3, who is not here
         probe> tell guest1 boo
         | to #lobby but probe: guest3 entered
         | to probe: refused Ignored { nick: Nick(\"guest1\") }
         ",
    );
}
