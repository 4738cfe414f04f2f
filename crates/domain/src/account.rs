//! An account at a provider, with the data that its site reports.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AccountName, DialectName, ProviderId};

/// An account, with the data that its provider reports.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "main", "provider": "pstream", "dialect": "openload", "id": "fnvjeof4815f", "username": null,
    "email": "pascal@example.net", "status": null, "created_at": "2018-01-07T17:59:31Z", "last_login_at": null,
    "paid_until": null, "storage_used_bytes": 24_160, "storage_left_bytes": null
}))]
pub struct Account {
    /// The account's name in the configuration.
    pub name: AccountName,
    /// The provider that the account is at.
    pub provider: ProviderId,
    /// The dialect that the provider speaks.
    pub dialect: DialectName,
    /// The account's id at the provider.
    pub id: Option<String>,
    /// The user name at the provider.
    pub username: Option<String>,
    /// The e-mail address that the provider knows.
    pub email: Option<String>,
    /// Whether the account can be used at the provider.
    pub status: Option<AccountStatus>,
    /// The time at which the account was opened.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// The time of the account's last login.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_login_at: Option<Timestamp>,
    /// The end of the paid period.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_until: Option<Timestamp>,
    /// The storage that the account's files take, in bytes; `null` if the provider does not report it.
    pub storage_used_bytes: Option<u64>,
    /// The storage that is left, in bytes; `null` if there is no limit or the provider does not report it.
    pub storage_left_bytes: Option<u64>,
}

/// Whether an account can be used at its provider. New words may appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// The account can be used.
    Active,
    /// The account has not been confirmed yet.
    Pending,
    /// The account was disabled.
    Disabled,
    /// The account was suspended by the site.
    Suspended,
    /// Polyhost does not know the word that the provider uses.
    Unknown,
}
