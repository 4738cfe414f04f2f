//! The table of the service's routes. The pipeline finds a request's route here, before the router, so that the cache
//! can answer without the router.

use std::fmt;
use std::sync::Arc;

use axum::http::Method;

use crate::operation::Operation;

/// The routes of the service.
#[derive(Default)]
pub struct Routes {
    all: Vec<Arc<Route>>,
    /// The router of axum uses the same crate, so both find the same routes.
    by_path: matchit::Router<Arc<Route>>,
}

/// A route: the pattern of its paths, and its operations.
#[derive(Debug)]
pub struct Route {
    /// The pattern, such as `/v1/accounts/{account}`.
    pub pattern: String,
    /// The operations by their methods; none outside the API.
    pub operations: Vec<(Method, Arc<Operation>)>,
}

impl Routes {
    /// Returns the route of a path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Arc<Route>> {
        self.by_path.at(path).ok().map(|found| found.value)
    }

    /// Returns every operation with its pattern and method.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &Method, &Operation)> {
        self.all.iter().flat_map(|route| route.operations.iter().map(|(method, it)| (&*route.pattern, method, &**it)))
    }

    /// Adds a route.
    pub fn add(&mut self, route: Route) {
        let route = Arc::new(route);
        // Fails if two patterns match the same paths. The router panics then, when the service is built.
        drop(self.by_path.insert(route.pattern.clone(), Arc::clone(&route)));
        self.all.push(route);
    }
}

impl Route {
    /// Returns the operation of a method. HEAD falls back to the operation of GET.
    #[must_use]
    pub fn operation(&self, method: &Method) -> Option<&Arc<Operation>> {
        let of = |method: &Method| self.operations.iter().find(|(it, _)| it == method).map(|(_, operation)| operation);
        of(method).or_else(|| if method == Method::HEAD { of(&Method::GET) } else { None })
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.all).finish()
    }
}
