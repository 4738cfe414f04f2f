//! The processor times of requests in rounds. Every round measures all candidates, so that other activity of the
//! machine affects all of them, and a ratio compares candidates of the same round.

use serde::Serialize;

use crate::speed::median;
use crate::usage::ProcessorTime;

/// The processor time of a candidate for requests of one kind.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Times {
    /// The processor time for each request in microseconds, in the order of the rounds.
    pub(crate) rounds: Vec<ProcessorTime>,
    /// The time of each round divided by that of the first candidate in the same round.
    pub(crate) ratios: Vec<f64>,
}

impl Times {
    /// Adds the time of a round.
    pub(crate) fn add(&mut self, time: ProcessorTime, of_first: ProcessorTime) {
        self.ratios.push(time.total() / of_first.total());
        self.rounds.push(time);
    }

    /// Returns the medians of the time, and of its parts in user space and in the kernel.
    pub(crate) fn medians(&self) -> [f64; 3] {
        let of = |part: fn(&ProcessorTime) -> f64| median(&self.rounds.iter().map(part).collect::<Vec<_>>());
        [of(ProcessorTime::total), of(|time| time.user), of(|time| time.system)].map(Option::unwrap_or_default)
    }

    /// Returns the median, the lowest and the highest ratio.
    pub(crate) fn ratio(&self) -> [f64; 3] {
        let lowest = self.ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = self.ratios.iter().copied().fold(0.0, f64::max);
        [median(&self.ratios).unwrap_or_default(), lowest, highest]
    }
}

/// Returns the numbers of the candidates in the order of a round. Each round starts with another candidate, so that no
/// candidate is always first.
pub(crate) fn order(candidates: usize, round: u64) -> impl Iterator<Item = usize> {
    (0..candidates).map(move |turn| (turn + round as usize) % candidates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_medians_and_ratios() {
        let mut times = Times::default();
        for user in [3.0, 1.0, 2.0] {
            times.add(ProcessorTime { user, system: 1.0 }, ProcessorTime { user: 1.0, system: 1.0 });
        }
        assert_eq!(times.medians(), [3.0, 2.0, 1.0]);
        assert_eq!(times.ratio(), [1.5, 1.0, 2.0]);
    }

    #[test]
    fn each_round_starts_with_another_candidate() {
        assert_eq!(order(3, 4).collect::<Vec<_>>(), [1, 2, 0]);
    }
}
