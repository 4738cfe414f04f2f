//! One check: its name, the capabilities it needs, and the function that runs it.

use futures_util::future::BoxFuture;
use polyhost_domain::Capability;

use crate::{Failure, Subject};

/// One behaviour that every provider must show.
#[derive(Debug)]
pub struct Check {
    /// The behaviour as a sentence. It is also the name of the function that checks it.
    pub name: &'static str,
    /// The capabilities that the provider must have for the check to apply.
    pub needs: &'static [Capability],
    pub(crate) function: for<'a> fn(&'a Subject) -> BoxFuture<'a, Result<(), Failure>>,
}

impl Check {
    /// Checks a provider. Passes if the provider lacks a capability that the check needs: another check makes sure that
    /// the adapter then refuses the call.
    ///
    /// # Errors
    /// The first expectation that does not hold.
    pub async fn run(&self, subject: &Subject) -> Result<(), Failure> {
        if !self.applies_to(subject) {
            return Ok(());
        }
        (self.function)(subject).await.map_err(|failure| failure.in_check(self.name))
    }

    /// Returns whether the provider has every capability that the check needs.
    #[must_use]
    pub fn applies_to(&self, subject: &Subject) -> bool {
        self.needs.iter().all(|capability| subject.can(*capability))
    }
}

/// Makes a [`Check`] of a function of the module, with the capabilities that it needs.
macro_rules! check {
    ($name:ident $(, $need:ident)*) => {
        $crate::Check {
            name: stringify!($name),
            needs: &[$(polyhost_domain::Capability::$need,)*],
            function: |subject| Box::pin($name(subject)),
        }
    };
}
pub(crate) use check;
