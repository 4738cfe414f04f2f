//! Lengths of time as Redis takes them: whole milliseconds for expiries, whole microseconds in scripts.
//!
//! Lua's numbers are doubles, which represent every whole number up to 2^53. The time since 1970 in microseconds and a
//! hundred years more lie below half of that.

use std::time::Duration;

/// The longest time: no store keeps anything longer, and adding it to the clock stays exact.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Returns whole milliseconds, rounded up, so that nothing expires too early.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.min(LONGEST).as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// Returns whole microseconds, rounded up.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.min(LONGEST).as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_and_stay_exact_in_a_script() {
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(micros(Duration::from_nanos(1_001)), 2);
        assert_eq!(millis(Duration::ZERO), 0);
        let year_2100_in_micros = 4_102_444_800_000_000;
        assert!(year_2100_in_micros + micros(Duration::MAX) < 1 << 53);
    }
}
