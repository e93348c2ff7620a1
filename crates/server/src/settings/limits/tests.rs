//! The table of limits agrees with the files that operators read and write.

use super::super::Settings;
use super::*;

fn read(file: &str) -> Result<LimitSettings, String> {
    toml::from_str(file).map_err(|error: toml::de::Error| error.message().to_owned())
}

#[test]
fn the_example_configuration_has_every_limit_with_its_reason_and_default() {
    let example = include_str!("../../../../../teahouse.example.toml");
    let (_, limits) = example.split_once("[limits]\n").unwrap();
    let made = LimitSettings::default().example();
    assert_eq!(
        format!("[limits]\n{limits}"),
        made,
        "the example configuration is not that of the table; `cargo xtask schema` writes it"
    );
}

#[test]
fn every_default_is_within_its_bounds_and_every_value_is_read_as_it_was_written() {
    let defaults = LimitSettings::default();
    for limit in LIMITS {
        let default = (limit.read)(&defaults);
        assert!((limit.least..=limit.most).contains(&default), "{}", limit.key);
        for value in [limit.least, limit.most] {
            let limits = read(&format!("{} = {value}\n", limit.key)).unwrap();
            assert_eq!((limit.read)(&limits), value, "{}", limit.key);
            let others = LIMITS.iter().filter(|other| other.key != limit.key);
            for other in others {
                assert_eq!((other.read)(&limits), (other.read)(&defaults), "{}", other.key);
            }
        }
    }
}

#[test]
fn a_value_out_of_bounds_is_refused_with_the_bounds() {
    assert_eq!(
        read("rooms_max = 0\n").unwrap_err(),
        "rooms_max is 0; it takes 1 to 1000000000 rooms"
    );
    assert_eq!(
        read("fold_s = 4294968\n").unwrap_err(),
        "fold_s is 4294968; it takes 0 to 4294967 seconds"
    );
    assert_eq!(read("idle_s = -1\n").unwrap_err(), "idle_s is -1; it takes 0 to 4294967 seconds");
    assert_eq!(
        read("idle_s = \"long\"\n").unwrap_err(),
        "invalid type: string \"long\", expected a whole number of seconds"
    );
    assert!(read("idle = 1\n").unwrap_err().starts_with("unknown field `idle`, expected one of"));
}

#[test]
fn a_rate_of_0_is_refused_unless_its_burst_turns_it_off() {
    for what in
        ["flood", "work", "address_requests", "address_posts", "address_kept_bytes", "address_work"]
    {
        let rate = format!("{what}_per_second = 0\n");
        let (key, ..) = read(&rate).unwrap().check().unwrap_err();
        assert_eq!(key, format!("{what}_per_second"));
        assert_eq!(read(&format!("{what}_burst = 0\n{rate}")).unwrap().check(), Ok(()));
    }
}

#[test]
fn the_hard_bound_of_a_queue_is_at_least_twice_the_soft_one() {
    let check = |soft, hard| {
        read(&format!("queue_soft_bytes = {soft}\nqueue_hard_bytes = {hard}\n")).unwrap().check()
    };
    assert!(check(100, 199).is_err());
    assert_eq!(check(100, 200), Ok(()));
}

#[test]
fn the_default_settings_give_the_chat_its_own_default_limits() {
    assert_eq!(Settings::default().chat_limits(), Limits::default());
}

#[test]
fn suspended_sessions_leave_half_of_the_slots_of_their_address_free() {
    let kept = |connections_per_address_max| {
        let mut settings = Settings::default();
        settings.limits.connections.connections_per_address_max = connections_per_address_max;
        settings.chat_limits().suspended_per_origin_max
    };
    assert_eq!((kept(0), kept(1000), kept(20), kept(1)), (100, 100, 10, 0));
}
