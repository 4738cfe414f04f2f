//! What the ledger site does with one upload, drawn from a seed.

/// How long a file is of which no connection holds all.
pub(super) const LARGE: u64 = 8 << 20;
/// How long a file is of which the system would hold all by itself, and no connection that is kept short.
pub(super) const MEDIUM: u64 = 2 << 20;
/// How long a file may be that fits into the buffers of a connection.
const SMALL: u64 = 100_000;

/// A sequence of numbers that depends on its seed alone (xorshift64*).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// What becomes of the bytes after an early answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Taken,
    Left,
    CutOff,
}

/// What the answer reports of the file's size or digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reported {
    /// Of the bytes that were taken.
    True,
    /// What was announced: the size by the length of the request, the digest by its sender.
    Announced,
    Absent,
    /// A size of 0, or a text that is no digest.
    Empty,
}

/// Which file the answer names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Own,
    Nothing,
    /// A file that was there before.
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
    /// Whether the caller says how long the file is.
    pub(super) sized: bool,
    pub(super) keyed: bool,
    /// The answer goes out after so many bytes of the file; `None`: after all.
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
        let rest = dice.of(&[Rest::Taken, Rest::Left, Rest::CutOff]);
        // Of a small file that the connection's buffers hold the site alone knows that it was not taken: only lies about
        // files that cannot have gone out can be seen through.
        let may_lie = large || !early || rest == Rest::Taken;
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

    /// Whether nothing goes wrong, so that the caller must get a file.
    pub(super) fn is_sound(&self) -> bool {
        self.answer_after.is_none() && self.declared != Declared::Wrong
    }
}
