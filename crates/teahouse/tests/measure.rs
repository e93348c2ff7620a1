//! The load generator on the real binary: every member but the author receives each message, and it is counted once.

#[test]
fn a_tiny_fanout_reaches_every_other_member_once() {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_teahouse"));
    let (members, senders, messages) = (20, 3, 50);
    let heard = teahouse_bench::count_deliveries(binary, members, senders, messages).unwrap();
    assert_eq!(heard, (senders * messages + 1) * (members - 1));
}
