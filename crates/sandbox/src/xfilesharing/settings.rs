//! The options of this site that can be set from text: key, values, description and setter of each.

use super::flavours::Flavour;
use super::options::Options;
use crate::settings::{Setting, choice, setting};

pub(crate) const SETTINGS: &[Setting<Options>] = &[setting(
    "flavour",
    "xvs|xfs|dood|byse|voe",
    "The script; sets all other options to its defaults",
    |options, value| {
        let flavours = [
            ("xvs", Flavour::Xvs),
            ("xfs", Flavour::Xfs),
            ("dood", Flavour::Dood),
            ("byse", Flavour::Byse),
            ("voe", Flavour::Voe),
        ];
        *options = Options::of(choice(value, &flavours)?);
        Some(())
    },
)];
