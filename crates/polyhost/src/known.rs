//! The dialects and the built-in sites. No other file names them.

use polyhost_config::{BuiltIn, Known};
use polyhost_openload::DIALECT as OPENLOAD;
use polyhost_xfilesharing::DIALECT as XFILESHARING;
use polyhost_yetishare::DIALECT as YETISHARE;

/// The dialects and the built-in sites.
pub static KNOWN: Known = Known {
    dialects: &[&OPENLOAD, &YETISHARE, &XFILESHARING],
    sites: &[
        BuiltIn { id: "pstream", dialect: &OPENLOAD, base_url: "https://api.pstream.net/v1" },
        BuiltIn { id: "streamplay", dialect: &YETISHARE, base_url: "https://streamplay.online/api/v2" },
    ],
};
