//! State files on a real disk.

use super::*;
use std::time::Duration;

use crate::link::Unsent;
use teahouse_core::Text;
use teahouse_wire::api::Id;

fn server() -> Server {
    Server::parse("tea:6000").unwrap()
}

fn open(directory: &Path) -> (Option<StateFile>, Option<Memory>, Vec<String>) {
    let mut notices = VecDeque::new();
    let (file, memory) = StateFile::open(directory, &server(), &mut notices);
    (file, memory, notices.into())
}

fn memory() -> Memory {
    let tea = RoomName::parse("tea").unwrap();
    let cursor = "0123456789abcdef"
        .parse()
        .map(|epoch| Cursor { epoch, position: 7, time_ms: Some(9) })
        .ok();
    let text = Text::parse("你好").unwrap();
    let mut memory = Memory::new(ResumeKey([7; 16]));
    memory.nick = Nick::parse("ann").ok();
    memory.rooms = vec![RememberedRoom { room: tea.clone(), cursor }];
    memory.outbox = vec![Unsent { id: Id([1; 16]), room: tea.clone(), text, acted: true }];
    memory.own = vec![Id([1; 16])];
    memory.drafts = BTreeMap::from([(tea, "half a li".to_owned())]);
    memory.history = vec!["hi".to_owned()];
    memory
}

#[test]
fn a_saved_file_is_read_the_next_time_and_only_its_owner_may_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let (file, none, notices) = open(directory.path());
    assert_eq!((none, notices), (None, Vec::new()));
    let mut file = file.unwrap();
    file.save(&memory(), true).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    drop(file);
    assert_eq!(open(directory.path()).1, Some(memory()));
}

#[test]
fn a_file_is_free_at_once_also_while_a_program_that_is_being_started_has_its_lock() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = open(directory.path()).0.unwrap();
    file.save(&memory(), true).unwrap();
    let inherited = file._lock.0.try_clone().unwrap();
    drop(file);
    assert_eq!(open(directory.path()).1, Some(memory()));
    drop(inherited);
}

#[test]
fn a_nick_that_is_no_longer_valid_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = open(directory.path()).0.unwrap();
    let mixed = Nick::from_stored("Вob").ok();
    assert!(mixed.is_some());
    file.save(&Memory { nick: mixed, ..memory() }, true).unwrap();
    drop(file);
    let (_file, memory, _) = open(directory.path());
    assert_eq!(memory.map(|memory| memory.nick), Some(None));
}

#[test]
fn a_second_client_has_its_own_file_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = open(directory.path()).0.unwrap();
    first.save(&memory(), true).unwrap();
    let (second, none, notices) = open(directory.path());
    assert_eq!(none, None);
    assert!(notices[0].starts_with("another client of yours is connected to tea:6000"));
    let lobby = RoomName::parse("lobby").unwrap();
    let drafts = BTreeMap::from([(lobby.clone(), "begun beside".to_owned())]);
    let own = Memory { drafts, ..Memory::new(ResumeKey([8; 16])) };
    second.unwrap().save(&own, true).unwrap();
    // The next second client finds the file again.
    let (second, found, _) = open(directory.path());
    assert_eq!(found.as_ref(), Some(&own));
    drop((first, second));
    // A single client takes over the drafts of all.
    let (first, found, notices) = open(directory.path());
    let found = found.unwrap();
    assert_eq!((found.resume_key, notices.len()), (memory().resume_key, 0));
    assert_eq!(found.drafts.get(&lobby).map(String::as_str), Some("begun beside"));
    assert_eq!(found.drafts.len(), 2);
    let (_second, left, _) = open(directory.path());
    assert_eq!(left.map(|left| (left.resume_key, left.drafts.len())), Some((own.resume_key, 0)));
    drop(first);
}

#[test]
fn a_draft_for_the_same_room_stays_in_both_files() {
    let directory = tempfile::tempdir().unwrap();
    let (mut first, mut second) =
        (open(directory.path()).0.unwrap(), open(directory.path()).0.unwrap());
    first.save(&memory(), true).unwrap();
    let mut other = Memory { resume_key: ResumeKey([8; 16]), ..memory() };
    other.drafts.values_mut().for_each(|draft| "another".clone_into(draft));
    second.save(&other, true).unwrap();
    drop((first, second));
    let (_first, found, _) = open(directory.path());
    assert_eq!(found, Some(memory()));
    assert_eq!(open(directory.path()).1, Some(other));
}

#[test]
fn one_client_too_many_says_that_it_remembers_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let _others: Vec<_> = (0..CLIENTS_MAX).map(|_| open(directory.path())).collect();
    let (file, memory, notices) = open(directory.path());
    assert!(file.is_none() && memory.is_none());
    assert!(notices[0].starts_with("9 other clients of yours are connected to tea:6000"));
}

#[test]
fn an_unreadable_file_is_set_aside_unchanged() {
    for broken in ["", "{", "{\"version\":1}", "{\"version\":9,\"seat\":7}", "\u{0}"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tea_6000.json");
        fs::write(&path, broken).unwrap();
        let (file, memory, notices) = open(directory.path());
        assert!(file.is_some() && memory.is_none(), "{broken:?}");
        assert!(notices[0].starts_with("cannot read "), "{notices:?}");
        let mut names = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let aside = names.find(|path| path.to_string_lossy().contains("unread")).unwrap();
        assert_eq!(fs::read_to_string(aside).unwrap(), broken);
    }
}

#[test]
fn a_directory_that_cannot_be_created_is_reported_and_is_no_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let (none, _, notices) = open(&file.join("below"));
    assert!(none.is_none());
    assert!(notices[0].starts_with("cannot use "), "{notices:?}");
}

#[test]
fn a_crash_during_a_write_leaves_the_old_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = open(directory.path()).0.unwrap();
    file.save(&memory(), true).unwrap();
    fs::write(file.path().with_extension("new"), "{\"vers").unwrap();
    drop(file);
    assert_eq!(open(directory.path()).1, Some(memory()));
}

#[test]
fn only_the_last_entered_lines_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = open(directory.path()).0.unwrap();
    let mut long = memory();
    long.history = (0..=HISTORY_LINES_MAX).map(|line| line.to_string()).collect();
    file.save(&long, false).unwrap();
    drop(file);
    let history = open(directory.path()).1.unwrap().history;
    assert_eq!((history.len(), history[0].as_str()), (HISTORY_LINES_MAX, "1"));
}

#[test]
fn every_server_has_its_own_file() {
    let name = |address| file_name(&Server::parse(address).unwrap(), 1);
    assert_eq!(name("tea"), "tea_5000.json");
    assert_eq!(name("[::1]:6000"), "%3a%3a1_6000.json");
    assert_eq!(name("http://tea:1/a_b"), "tea_1%2fa%5fb.json");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_neither_followed_nor_read() {
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let precious = directory.path().join("precious");
    fs::write(&precious, "as it was").unwrap();
    let mut file = open(directory.path()).0.unwrap();
    symlink(&precious, file.path().with_extension("new")).unwrap();
    file.save(&memory(), true).unwrap();
    let path = file.path().to_owned();
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    drop(file);

    fs::remove_file(&path).unwrap();
    symlink(&precious, &path).unwrap();
    let (file, none, notices) = open(directory.path());
    assert!(none.is_none() && notices[0].contains("is a symbolic link; remove it"), "{notices:?}");
    drop(file);

    let lock = path.with_extension("lock");
    fs::remove_file(&lock).unwrap();
    symlink(&precious, &lock).unwrap();
    let (file, _, notices) = open(directory.path());
    assert!(file.is_none() && notices[0].contains("is a symbolic link; remove it"), "{notices:?}");
    assert_eq!(fs::read_to_string(precious).unwrap(), "as it was");
}

#[cfg(unix)]
#[test]
fn a_pipe_instead_of_the_file_does_not_block() {
    let directory = tempfile::tempdir().unwrap();
    let path = open(directory.path()).0.unwrap().path().to_owned();
    let pipe = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(pipe.success());
    let (sender, opened) = std::sync::mpsc::channel();
    let of_thread = directory.path().to_owned();
    std::thread::spawn(move || {
        let (file, memory, notices) = open(&of_thread);
        sender.send((file.is_some(), memory.is_none(), notices)).unwrap();
    });
    let (is_ours, is_new, notices) = opened.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(is_ours && is_new && notices[0].starts_with("cannot read "), "{notices:?}");
}

#[cfg(unix)]
#[test]
fn a_directory_that_others_may_write_to_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o770)).unwrap();
    let (file, _, notices) = open(directory.path());
    assert!(file.is_none());
    assert!(notices[0].contains("others may write in"), "{notices:?}");
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none(), "nothing is put there");
}
