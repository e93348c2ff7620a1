//! The time of one sync of this disk without any server: the yardstick for everything durable.

use std::io::Write;
use std::time::Instant;

use crate::report::{Figures, percentile_ms};
use crate::trial::Trial;

/// Bytes written before each sync: one page.
const PAGE_BYTES: usize = 4096;
const SYNCS: usize = 300;

/// Times syncs in the directory where the servers keep their data.
pub(crate) fn trial(load: &str) -> Trial {
    Trial::alone("disk, fdatasync", load, || {
        let mut file = tempfile::tempfile()?;
        let mut times = Vec::with_capacity(SYNCS);
        for _ in 0..SYNCS {
            file.write_all(&[7; PAGE_BYTES])?;
            let start = Instant::now();
            file.sync_data()?;
            times.push(u64::try_from(start.elapsed().as_nanos())?);
        }
        Ok(Figures::from([
            ("p50 ms", percentile_ms(&mut times, 0.5)),
            ("p99 ms", percentile_ms(&mut times, 0.99)),
        ]))
    })
}
