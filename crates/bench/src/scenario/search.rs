//! A long history, half of it Chinese: how long a search takes, at the store and through a socket, and what storing a
//! message costs with the index of words and without.
//!
//! Words follow Zipf's law, so the commonest is in half of the English messages; a rare word is in [`RARE_MESSAGES`]
//! messages whatever their number. All texts come from one seed.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};
use teahouse_core::{
    Effect, Event, EventKind, LogPosition, Nick, Position, RoomId, RoomName, SessionId, Text, Time,
};
use teahouse_server::store::{Durability, Opened, Reader, Store};

use super::ours::as_it_comes;
use crate::dialect::ROOM;
use crate::report::{Figures, percentile_ms};
use crate::trial::Trial;

/// The log position of every batch; it has no meaning here.
const AT: LogPosition = LogPosition(1);
const LOBBY: RoomId = RoomId(1);
/// Of a history that begins: of no matter here.
const EPOCH: [u8; 16] = [1; 16];
/// Messages in one transaction: a batch of a busy server.
const BATCH: u64 = 1_000;
const RARE_MESSAGES: u64 = 10;
/// How often each search runs; the median is taken.
const SEARCHES: usize = 21;
/// The most results of one `/search`.
const FOUND_MAX: u32 = 20;
/// The number of English words, and below it of Chinese characters.
const VOCABULARY: f64 = 20_000.0;
const CHARACTERS: f64 = 3_000.0;

/// A word in every twentieth Chinese message.
const CHINESE: &str = "茶馆";
/// Two characters: one ends every tenth Chinese message, the other begins as many. They are never next to each other,
/// so a search for both has to compare every position of both.
const NEVER_TOGETHER: &str = "龘麤";
const RARE: &str = "samovar";
const RARE_CHINESE: &str = "壶盖";

pub(super) fn trials() -> Vec<Trial> {
    [250_000, 500_000, 1_000_000]
        .into_iter()
        .map(|count| Trial::alone("teahouse", &format!("{count} messages"), move || measure(count)))
        .collect()
}

fn measure(count: u64) -> Result<Figures> {
    let directory = tempfile::tempdir()?;
    let data = directory.path().join("data");
    std::fs::create_dir(&data)?;
    let Opened { mut store, readers, .. } = Store::open(&data, Durability::Async, 1, EPOCH)?;
    let indexed = fill(count, |batch| Ok(store.commit(AT, batch).map(|_| ())?))?;
    let common = word(0);
    let reader = readers.first().context("no reader")?;
    let time = |words: &str, is_found: bool| search(reader, count, words, is_found);
    let mut figures = Figures::from([
        ("common ms", time(&common, true)?),
        ("rare ms", time(RARE, true)?),
        ("common and rare ms", time(&format!("{common} {RARE}"), true)?),
        ("no hit ms", time("unheard", false)?),
        ("中文 ms", time(CHINESE, true)?),
        ("rare 中文 ms", time(RARE_CHINESE, true)?),
        ("never together ms", time(NEVER_TOGETHER, false)?),
    ]);
    drop(readers);
    store.close()?;
    let bytes = std::fs::metadata(data.join("teahouse.db"))?.len();
    let bare = fill_without_index(count)?;
    figures.add("insert µs", indexed.as_secs_f64() * 1e6 / count as f64);
    figures.add("insert µs, no index", bare.as_secs_f64() * 1e6 / count as f64);
    figures.add("bytes each", bytes as f64 / count as f64);
    let server = as_it_comes().start_in(directory)?;
    figures.add("/search common ms", through_socket(server.port, &common)?);
    figures.add("/search 中文 ms", through_socket(server.port, CHINESE)?);
    figures.add("/search never together ms", through_socket(server.port, NEVER_TOGETHER)?);
    Ok(figures)
}

/// Makes all messages; returns the time that storing them took.
fn fill(count: u64, mut keep: impl FnMut(&[Effect]) -> Result<()>) -> Result<Duration> {
    let mut chance = Chance(1);
    let name = RoomName::parse(ROOM).context("a room's name")?;
    let nick = Nick::parse("小明").context("a nick")?;
    let mut batch = vec![Effect::RoomCreated { room: LOBBY, name, time: Time(0) }];
    let mut spent = Duration::ZERO;
    for position in 1..=count {
        let words = message(position, count, &mut chance);
        batch.push(Effect::Event(Event {
            room: LOBBY,
            position: Position(position),
            time: Time(i64::try_from(position)? * 1_000),
            session: SessionId(1),
            nick: nick.clone(),
            kind: EventKind::Said,
            text: Some(Text::parse(&words).context("a message")?),
            id: None,
            author: None,
        }));
        if position % BATCH == 0 || position == count {
            let start = Instant::now();
            keep(&batch)?;
            spent += start.elapsed();
            batch.clear();
        }
    }
    Ok(spent)
}

/// Writes the same rows by the same means, without the index of words.
fn fill_without_index(count: u64) -> Result<Duration> {
    let directory = tempfile::tempdir()?;
    Store::open(directory.path(), Durability::Async, 0, EPOCH)?.store.close()?;
    let mut connection = Connection::open(directory.path().join("teahouse.db"))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
    connection.pragma_update(None, "cache_size", -32 * 1024)?;
    fill(count, |batch| {
        let transaction = connection.transaction()?;
        for effect in batch {
            keep_row(&transaction, effect)?;
        }
        Ok(transaction.commit()?)
    })
}

fn keep_row(connection: &Connection, effect: &Effect) -> Result<()> {
    let Effect::Event(event) = effect else {
        connection.execute("INSERT INTO room (id, name, created_ms) VALUES (1, ?1, 0)", [ROOM])?;
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO event (room, position, time_ms, session, nick, kind, text, message_id)
             VALUES (?1, ?2, ?3, ?4, ?5, 'said', ?6, NULL)",
        )?
        .execute(params![
            event.room.0,
            event.position.0.cast_signed(),
            event.time.0,
            event.session.0.cast_signed(),
            event.nick.as_str(),
            event.text.as_ref().map(Text::as_str),
        ])?;
    Ok(())
}

/// The median time of a search at the store, which must find something or must not.
fn search(reader: &Reader, count: u64, words: &str, is_found: bool) -> Result<f64> {
    let mut times = Vec::with_capacity(SEARCHES);
    for _ in 0..SEARCHES {
        let start = Instant::now();
        let found =
            reader.search(Some(&[(LOBBY, Position(count))]), words, None, FOUND_MAX)?.events;
        times.push(u64::try_from(start.elapsed().as_nanos())?);
        ensure!(found.is_empty() != is_found, "a search for {words} found {}", found.len());
    }
    Ok(percentile_ms(&mut times, 0.5))
}

/// The median time from `/search` to the last line of its results.
fn through_socket(port: u16, words: &str) -> Result<f64> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut next = || lines.next().context("the server ended")?.context("nothing came");
    let mut times = Vec::with_capacity(SEARCHES);
    for _ in 0..SEARCHES {
        let start = Instant::now();
        stream.write_all(format!("/search {words}\n").as_bytes())?;
        let title = loop {
            let line = next()?;
            if line.starts_with("-- ") && line.contains("found for") {
                break line;
            }
        };
        for _ in 0..found(&title) {
            next()?;
        }
        times.push(u64::try_from(start.elapsed().as_nanos())?);
    }
    Ok(percentile_ms(&mut times, 0.5))
}

/// How many lines a search announces: `-- 20 messages found for …` or `-- nothing found …`.
fn found(title: &str) -> usize {
    let digits = title.split(' ').nth(1).unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// The text at this position of `count`: English and Chinese in turn.
fn message(position: u64, count: u64, chance: &mut Chance) -> String {
    let is_rare = position % (count / RARE_MESSAGES) < 2;
    let mut words = String::new();
    if position.is_multiple_of(2) {
        let spoken: Vec<String> = (0..10).map(|_| word(chance.rank(VOCABULARY))).collect();
        words += &spoken.join(" ");
        if is_rare {
            words = format!("{words} {RARE}");
        }
        return words;
    }
    let [first, second] = [0, 1].map(|index| NEVER_TOGETHER.chars().nth(index));
    let nth = position / 2;
    if nth % 10 == 3 {
        words.extend(second);
    }
    words.extend((0..22).map(|_| character(chance.rank(CHARACTERS))));
    if nth.is_multiple_of(20) {
        words += CHINESE;
    }
    if is_rare {
        words += RARE_CHINESE;
    }
    if nth % 10 == 7 {
        words.extend(first);
    }
    words
}

/// The word of this rank.
fn word(rank: u32) -> String {
    let mut letters = String::from("w");
    let mut rest = rank;
    loop {
        letters.extend(char::from_digit(10 + rest % 26, 36));
        rest /= 26;
        if rest == 0 {
            return letters;
        }
    }
}

/// The character of this rank. The first ranks come after the characters of the searched words.
fn character(rank: u32) -> char {
    char::from_u32(0x5000 + rank).filter(|c| !"茶馆壶盖".contains(*c)).unwrap_or('说')
}

/// Numbers that look random, the same each time (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A rank below `ranks`, each with a probability of one divided by it: Zipf's law.
    fn rank(&mut self, ranks: f64) -> u32 {
        let part = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
        let rank = ranks.powf(part) as u32;
        rank - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_searched_words_are_in_the_expected_messages() {
        let count = 10_000;
        let mut chance = Chance(1);
        let said: Vec<String> = (1..=count).map(|at| message(at, count, &mut chance)).collect();
        let with = |words: &str| said.iter().filter(|said| said.contains(words)).count();
        assert_eq!(with(RARE), 10);
        assert_eq!(with(RARE_CHINESE), 10);
        assert_eq!(with(CHINESE), 250);
        assert_eq!(with(NEVER_TOGETHER), 0);
        assert_eq!((with("龘"), with("麤")), (500, 500));
        let common = said.iter().filter(|said| said.split(' ').any(|w| w == word(0))).count();
        assert!((2_000..3_500).contains(&common), "{common}");
    }

    #[test]
    fn the_title_says_how_many_lines_follow() {
        assert_eq!(found("-- 20 messages found for tea, newest first (times: UTC)"), 20);
        assert_eq!(found("-- 1 message found for tea, newest first (times: UTC)"), 1);
        assert_eq!(found("-- nothing found for tea"), 0);
    }
}
