//! A check with its name and what it needs.

use futures_util::future::BoxFuture;
use polyhost_domain::Capability;

use crate::{Failure, Subject};

/// One behaviour that every provider must show.
#[derive(Debug)]
pub struct Check {
    /// The behaviour as a sentence; also the name of the function that checks it.
    pub name: &'static str,
    /// The capabilities without which there is nothing to see.
    pub needs: &'static [Capability],
    pub(crate) function: for<'a> fn(&'a Subject) -> BoxFuture<'a, Result<(), Failure>>,
}

impl Check {
    /// Checks a provider. One that lacks what the check needs passes; that it then refuses is a check of its own.
    ///
    /// # Errors
    /// The first thing that was not as it must be.
    pub async fn run(&self, subject: &Subject) -> Result<(), Failure> {
        if !self.applies_to(subject) {
            return Ok(());
        }
        (self.function)(subject).await.map_err(|failure| failure.in_check(self.name))
    }

    /// Whether the provider has what the check needs.
    #[must_use]
    pub fn applies_to(&self, subject: &Subject) -> bool {
        self.needs.iter().all(|capability| subject.can(*capability))
    }
}

/// Names a function of the module as a check, with the capabilities that it needs.
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
