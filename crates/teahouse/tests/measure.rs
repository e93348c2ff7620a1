//! The load generator on the real binary: every message is heard by everyone else, and counted, once.

#[test]
fn a_tiny_fanout_is_heard_once_by_everyone_else() {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_teahouse"));
    let (members, senders, messages) = (20, 3, 50);
    let heard = teahouse_bench::count_deliveries(binary, members, senders, messages).unwrap();
    assert_eq!(heard, (senders * messages + 1) * (members - 1));
}
