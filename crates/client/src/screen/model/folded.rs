//! Consecutive presence changes, folded into one line.

use std::fmt;

use teahouse_core::Nick;
use teahouse_wire::api::Change;

use crate::screen::limits::{FOLDED_CHANGES_MAX, FOLDED_NAMES_MAX};

/// The presence change of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Entered,
    Left,
    EnteredAndLeft,
    LeftAndReturned,
}

/// Folded presence changes. Beyond a limit, persons are counted and not named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    moves: Vec<(Nick, Move)>,
    /// The old and the new nick of each rename.
    renamed: Vec<(Nick, Nick)>,
    more_entered: usize,
    more_left: usize,
}

impl Folded {
    /// Whether a change can be added to this line. Renames stand last in the line, so a later change of a nick that a
    /// rename gave or took needs a line of its own.
    #[must_use]
    pub(crate) fn can_add(&self, change: &Change) -> bool {
        let has_name =
            |nick: &Nick| self.renamed.iter().any(|(from, to)| from == nick || to == nick);
        match change {
            Change::Entered { nick } | Change::Left { nick } | Change::Offline { nick, .. } => {
                !has_name(nick)
            }
            Change::Folded { entered, gone, .. } => !entered.iter().chain(gone).any(has_name),
            Change::Renamed { .. } | Change::Typing { .. } | Change::Unknown => true,
        }
    }

    /// Adds a change. Returns whether changes of this kind are shown.
    pub(crate) fn add(&mut self, change: &Change) -> bool {
        match change {
            Change::Entered { nick } => self.add_entered(nick),
            Change::Left { nick } | Change::Offline { nick, .. } => self.add_left(nick),
            Change::Renamed { from, to } => self.add_renamed(from, to),
            Change::Typing { .. } | Change::Unknown => return false,
            Change::Folded { entered, entered_count, gone, gone_count, .. } => {
                entered.iter().for_each(|nick| self.add_entered(nick));
                gone.iter().for_each(|nick| self.add_left(nick));
                self.more_entered =
                    self.more_entered.saturating_add(entered_count.saturating_sub(entered.len()));
                self.more_left =
                    self.more_left.saturating_add(gone_count.saturating_sub(gone.len()));
            }
        }
        true
    }

    fn add_entered(&mut self, nick: &Nick) {
        let is_full = self.is_full();
        match self.moves.iter_mut().find(|(who, _)| who == nick) {
            Some((_, how @ (Move::Left | Move::EnteredAndLeft))) => *how = Move::LeftAndReturned,
            Some((_, Move::Entered | Move::LeftAndReturned)) => {}
            None if is_full => self.more_entered = self.more_entered.saturating_add(1),
            None => self.moves.push((nick.clone(), Move::Entered)),
        }
    }

    fn add_left(&mut self, nick: &Nick) {
        let is_full = self.is_full();
        match self.moves.iter_mut().find(|(who, _)| who == nick) {
            Some((_, how @ (Move::Entered | Move::LeftAndReturned))) => *how = Move::EnteredAndLeft,
            Some((_, Move::Left | Move::EnteredAndLeft)) => {}
            None if is_full => self.more_left = self.more_left.saturating_add(1),
            None => self.moves.push((nick.clone(), Move::Left)),
        }
    }

    fn add_renamed(&mut self, from: &Nick, to: &Nick) {
        if !self.is_full() {
            self.renamed.push((from.clone(), to.clone()));
        }
    }

    fn is_full(&self) -> bool {
        self.moves.len() + self.renamed.len() >= FOLDED_CHANGES_MAX
    }

    /// The bytes counted towards the limit of the window.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        self.moves.len() * size_of::<(Nick, Move)>()
            + self.renamed.len() * size_of::<(Nick, Nick)>()
    }

    fn names(&self, wanted: Move) -> Vec<&str> {
        let moves = self.moves.iter().filter(|(_, how)| *how == wanted);
        moves.map(|(nick, _)| nick.as_str()).collect()
    }
}

/// `ann, bob came · carl left · dora is eva now`
impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (how, more, verb) in [
            (Move::Entered, self.more_entered, "came"),
            (Move::Left, self.more_left, "left"),
            (Move::EnteredAndLeft, 0, "came and left"),
            (Move::LeftAndReturned, 0, "left and came back"),
        ] {
            parts.extend(describe_moves(&self.names(how), more, verb));
        }
        for (from, to) in &self.renamed {
            parts.push(format!("{} is {} now", from.as_str(), to.as_str()));
        }
        f.write_str(&parts.join(" · "))
    }
}

fn describe_moves(names: &[&str], more: usize, verb: &str) -> Option<String> {
    let shown = &names[..names.len().min(FOLDED_NAMES_MAX)];
    let more = more.saturating_add(names.len() - shown.len());
    match (shown.is_empty(), more) {
        (true, 0) => None,
        (true, more) => Some(format!("{more} {verb}")),
        (false, 0) => Some(format!("{} {verb}", shown.join(", "))),
        (false, more) => Some(format!("{} and {more} more {verb}", shown.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use teahouse_wire::api::Cause;

    fn nick(nick: &str) -> Nick {
        Nick::parse(nick).unwrap()
    }

    fn folded(changes: &[Change]) -> String {
        let mut folded = Folded::default();
        for change in changes {
            folded.add(change);
        }
        folded.to_string()
    }

    fn came(who: &str) -> Change {
        Change::Entered { nick: nick(who) }
    }

    fn left(who: &str) -> Change {
        Change::Offline { nick: nick(who), cause: Cause::Lost }
    }

    #[test]
    fn joins_leaves_and_renames_are_one_sentence() {
        let renamed = Change::Renamed { from: nick("dora"), to: nick("eva") };
        let changes = [came("ann"), came("小明"), left("carl"), renamed];
        assert_eq!(folded(&changes), "ann, 小明 came · carl left · dora is eva now");
    }

    #[test]
    fn a_person_who_enters_and_leaves_is_named_once() {
        assert_eq!(folded(&[came("ann"), left("ann")]), "ann came and left");
        assert_eq!(folded(&[left("ann"), came("ann")]), "ann left and came back");
    }

    #[test]
    fn a_change_of_a_renamed_nick_needs_a_line_of_its_own() {
        let mut folded = Folded::default();
        folded.add(&came("dora"));
        folded.add(&Change::Renamed { from: nick("dora"), to: nick("eva") });
        assert_eq!(folded.to_string(), "dora came · dora is eva now");
        let of_many = |who: &str| Change::Folded {
            entered: vec![nick("bob"), nick(who)],
            entered_count: 2,
            gone: Vec::new(),
            gone_count: 0,
            members: 9,
        };
        for change in [came("dora"), left("eva"), of_many("dora")] {
            assert!(!folded.can_add(&change), "{change:?}");
        }
        for change in [came("bob"), of_many("carl")] {
            assert!(folded.can_add(&change), "{change:?}");
        }
    }

    #[test]
    fn persons_beyond_the_limit_are_counted() {
        let changes: Vec<_> = (0..300).map(|n| came(&format!("guest{n}"))).collect();
        let text = folded(&changes);
        assert!(text.ends_with("guest11 and 288 more came"), "{text}");
        let change = Change::Folded {
            entered: vec![nick("ann")],
            entered_count: 40,
            gone: Vec::new(),
            gone_count: 7,
            members: 900,
        };
        assert_eq!(folded(&[change]), "ann and 39 more came · 7 left");
    }
}
