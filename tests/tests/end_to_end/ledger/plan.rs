//! The behaviour of the ledger site for one upload, drawn from a seed.

/// The length of a file that no connection's buffers can hold.
pub(super) const LARGE: u64 = 8 << 20;
/// The length of a file that the system's default buffers hold, but not the gateway's limited ones.
pub(super) const MEDIUM: u64 = 2 << 20;
/// The largest length of a file that fits in the buffers of a connection.
const SMALL: u64 = 100_000;

/// A deterministic sequence of random numbers (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// The site's handling of the bytes after an early answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Read,
    Ignored,
    CutOff,
}

/// The file's size or digest in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reported {
    /// The value of the received bytes.
    True,
    /// The value that was announced: the size by `Content-Length`, the digest by the caller.
    Announced,
    Absent,
    /// A size of 0, or a text that is no digest.
    Empty,
}

/// The file that the answer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Own,
    Nothing,
    /// A file that existed before.
    Older,
}

/// The digest that the caller declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    Nothing,
    Right,
    Wrong,
}

/// One upload.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) length: u64,
    pub(super) declared: Declared,
    /// Whether the caller sends a `Content-Length`.
    pub(super) sized: bool,
    pub(super) keyed: bool,
    /// The site answers after this many bytes of the file; `None`: after all of them.
    pub(super) answer_after: Option<u64>,
    pub(super) rest: Rest,
    pub(super) size: Reported,
    pub(super) digest: Reported,
    pub(super) named: Named,
}

impl Plan {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let early = dice.below(2) == 0;
        let large = dice.below(3) == 0;
        let length = if large { LARGE } else { 1 + dice.below(SMALL) };
        let answer_after = early.then(|| dice.below(length.min(300_000)));
        let rest = dice.of(&[Rest::Read, Rest::Ignored, Rest::CutOff]);
        // The buffers of a connection can hold a small file, so the gateway cannot detect that the site did not read
        // it. The site reports a false success only for files that are too large for the buffers.
        let may_lie = large || !early || rest == Rest::Read;
        let reported: &[Reported] = if may_lie {
            &[Reported::True, Reported::Announced, Reported::Absent, Reported::Empty]
        } else {
            &[Reported::True, Reported::Absent]
        };
        let named: &[Named] = if early && large {
            &[Named::Own, Named::Nothing, Named::Older]
        } else {
            &[Named::Own, Named::Own, Named::Nothing]
        };
        Self {
            length,
            declared: dice.of(&[Declared::Nothing, Declared::Right, Declared::Wrong]),
            sized: dice.below(2) == 0,
            keyed: dice.below(2) == 0,
            answer_after,
            rest,
            size: dice.of(reported),
            digest: dice.of(reported),
            named: dice.of(named),
        }
    }

    /// Returns whether the upload has no fault, so that the caller must get a file.
    pub(super) fn is_sound(&self) -> bool {
        self.answer_after.is_none() && self.declared != Declared::Wrong
    }
}
