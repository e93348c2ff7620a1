//! The load generator's command line.

fn main() -> anyhow::Result<()> {
    teahouse_bench::run()
}
