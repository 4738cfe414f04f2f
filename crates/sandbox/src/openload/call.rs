//! One API call: its parameters, parsed as PHP does.

use axum::extract::Request;

use super::reply::Refusal;
use crate::parameters::Parameters;

/// The default and the largest number of rows of a call with a `limit`.
const DEFAULT_LIMIT: usize = 5;
const LARGEST_LIMIT: usize = 100;

/// The parameters of one call.
#[derive(Debug)]
pub(crate) struct Call(Parameters);

impl Call {
    /// Reads the parameters of the query and of an urlencoded form.
    pub(crate) async fn read(request: Request) -> Result<Self, Refusal> {
        let parameters = Parameters::read(request).await;
        parameters.map(Self).map_err(|_| Refusal::bad_request("The form cannot be read"))
    }

    /// Returns a parameter's value, if it was sent at all. If it was sent several times, the last value counts.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.given(name)
    }

    /// Returns a parameter's value. An empty one counts as not sent.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.0.optional(name)
    }

    /// Returns the value of a parameter that must be sent and must not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name).ok_or_else(|| missing(name))
    }

    /// Returns the value of a parameter that must be sent but may be empty.
    pub(crate) fn present(&self, name: &str) -> Result<&str, Refusal> {
        self.given(name).ok_or_else(|| missing(name))
    }

    /// Returns the values of `name[]` in the order sent. Like PHP, also accepts `name[0]`.
    pub(crate) fn array(&self, name: &str) -> Vec<String> {
        let is_element =
            |key: &str| key.strip_prefix(name).is_some_and(|index| index.starts_with('[') && index.ends_with(']'));
        self.0.pairs().iter().filter(|(key, _)| is_element(key)).map(|(_, value)| value.clone()).collect()
    }

    /// Returns the number of rows that the call requests.
    pub(crate) fn limit(&self) -> usize {
        let requested = self.optional("limit").and_then(|text| text.parse().ok()).filter(|limit| *limit > 0);
        requested.unwrap_or(DEFAULT_LIMIT).min(LARGEST_LIMIT)
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::bad_request(format!("Missing parameter: {name}"))
}
