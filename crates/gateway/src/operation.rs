//! What the request pipeline has to know of an operation of the API. [`crate::api`] declares all of them.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::http::Method;
use polyhost_config::Scope;
use polyhost_domain::Capability;

const SMALL_WRITE: NonZeroU32 = NonZeroU32::new(2).unwrap();
const LARGE: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// An operation of the API.
#[derive(Debug)]
pub struct Operation {
    /// Its id in the OpenAPI document, such as `create_folder`.
    pub id: String,
    /// Whether it has a body.
    pub takes_body: bool,
    /// What its requests need, cost and may carry.
    pub rules: Rules,
}

/// What requests of an operation need, cost and may carry.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The scope that the client needs; `None`: any client may.
    pub scope: Option<Scope>,
    /// The capability that the account needs for every request of the operation. Where it depends on the request's
    /// fields, the handler asks.
    pub capability: Option<Capability>,
    /// How many requests it counts as before its body is read: about what it costs, at the site and here. docs/api.md
    /// shows callers the table.
    pub weight: NonZeroU32,
    /// Whether the audit log has a line for it: it makes, changes or deletes something, or hands out the right to.
    pub is_audited: bool,
    /// Whether it takes an `Idempotency-Key`.
    pub takes_key: bool,
    /// Whether its body is a file, which may take as long as its bytes flow.
    pub takes_file: bool,
}

impl Rules {
    /// A read that any client may do.
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
    pub const WRITE: Self = Self { scope: Some(Scope::Write), weight: SMALL_WRITE, is_audited: true, ..Self::OPEN };
    /// A write that keeps the service itself in order.
    pub const ADMIN: Self = Self { scope: Some(Scope::Admin), ..Self::WRITE };

    /// Needs a capability of the account.
    pub const fn needs(self, capability: Capability) -> Self {
        Self { capability: Some(capability), ..self }
    }

    /// Takes many calls: an upload, with all its bytes, and a walk through a folder's listings.
    pub const fn large(self) -> Self {
        Self { weight: LARGE, ..self }
    }

    /// Takes an `Idempotency-Key`.
    pub const fn keyed(self) -> Self {
        Self { takes_key: true, ..self }
    }

    /// Takes a file.
    pub const fn with_file(self) -> Self {
        Self { takes_file: true, ..self }
    }
}

/// The operations by route and method. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Operations(Arc<HashMap<String, Methods>>);

/// The operations of one route.
type Methods = Vec<(Method, Arc<Operation>)>;

impl Operations {
    /// The operation of a method and a route's pattern. A route that can be read answers HEAD as it answers GET.
    #[must_use]
    pub fn find(&self, method: &Method, route: &str) -> Option<&Arc<Operation>> {
        let own = self.0.get(route)?;
        let of = |method: &Method| own.iter().find(|(it, _)| it == method).map(|(_, operation)| operation);
        of(method).or_else(|| if method == Method::HEAD { of(&Method::GET) } else { None })
    }

    /// Every route with its methods.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Method, &Operation)> {
        let routes = self.0.iter();
        routes.flat_map(|(route, own)| own.iter().map(move |(method, it)| (route.as_str(), method, &**it)))
    }
}

impl FromIterator<(String, Method, Operation)> for Operations {
    fn from_iter<I: IntoIterator<Item = (String, Method, Operation)>>(all: I) -> Self {
        let mut routes = HashMap::<_, Methods>::new();
        for (route, method, operation) in all {
            routes.entry(route).or_default().push((method, Arc::new(operation)));
        }
        Self(Arc::new(routes))
    }
}
