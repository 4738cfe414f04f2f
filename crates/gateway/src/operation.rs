//! The rules of an operation that the request pipeline applies. [`crate::api`] declares all operations.

use std::num::NonZeroU32;
use std::sync::OnceLock;

use polyhost_config::Scope;
use polyhost_domain::Capability;

use crate::from_cache::FromCache;
use crate::measure::Meter;

const WRITE_WEIGHT: NonZeroU32 = NonZeroU32::new(2).unwrap();
const WALK_WEIGHT: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// An operation of the API.
#[derive(Debug)]
pub struct Operation {
    /// Its id in the OpenAPI document, such as `create_folder`.
    pub id: String,
    /// Whether its requests have a body.
    pub takes_body: bool,
    /// The rules for its requests.
    pub rules: Rules,
    /// Answers its requests from the cache, if it is a read that can be.
    pub(crate) from_cache: Option<FromCache>,
    /// The metrics of its requests, from the first one on.
    pub(crate) meter: OnceLock<Meter>,
}

impl Operation {
    /// Returns an operation without any request so far.
    #[must_use]
    pub fn new(id: String, takes_body: bool, rules: Rules) -> Self {
        Self { id, takes_body, rules, from_cache: None, meter: OnceLock::new() }
    }
}

/// The rules for the requests of an operation: permissions, rate limit weight and body.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The scope that the client needs; `None` if any client may call the operation.
    pub scope: Option<Scope>,
    /// The capability that the account needs for every request of the operation. If the capability depends on the
    /// request's fields, this is `None` and the handler checks it.
    pub capability: Option<Capability>,
    /// The number of requests that it counts as towards the rate limit, before its body is read. It is roughly the cost
    /// at the site and here. docs/api.md documents the weights.
    pub weight: NonZeroU32,
    /// Whether the audit log has a line for it: it creates, changes or deletes something, or issues an address that
    /// permits this.
    pub is_audited: bool,
    /// Whether it takes an `Idempotency-Key`.
    pub takes_key: bool,
    /// Whether its body is a file. Such a request has no time limit while its bytes keep arriving.
    pub takes_file: bool,
}

impl Rules {
    /// A read that any client may perform.
    pub const OPEN: Self = Self {
        scope: None,
        capability: None,
        weight: NonZeroU32::MIN,
        is_audited: false,
        takes_key: false,
        takes_file: false,
    };
    /// A read.
    pub const READ: Self = Self { scope: Some(Scope::Read), ..Self::OPEN };
    /// A write.
    pub const WRITE: Self = Self { scope: Some(Scope::Write), weight: WRITE_WEIGHT, is_audited: true, ..Self::OPEN };
    /// A write that administers the gateway itself.
    pub const ADMIN: Self = Self { scope: Some(Scope::Admin), ..Self::WRITE };

    /// Requires a capability of the account.
    pub const fn needs(self, capability: Capability) -> Self {
        Self { capability: Some(capability), ..self }
    }

    /// Gives the operation the weight of a walk through all listings below a folder.
    pub const fn walks(self) -> Self {
        Self { weight: WALK_WEIGHT, ..self }
    }

    /// Lets the operation take an `Idempotency-Key`.
    pub const fn keyed(self) -> Self {
        Self { takes_key: true, ..self }
    }

    /// Makes the body of the operation a file.
    pub const fn with_file(self) -> Self {
        Self { takes_file: true, ..self }
    }
}
