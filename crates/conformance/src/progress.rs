//! The stages of a site's job, which may only move forward.

use polyhost_domain::JobState;

/// The number of [`crate::Site::advance`] steps after which every job has ended.
pub(crate) const MAX_STEPS: usize = 100;

/// The stage of a job that has ended.
pub(crate) const ENDED: u8 = 2;

/// Returns the stage of a job in this state, or `None` if the state is unknown.
pub(crate) fn stage(state: JobState) -> Option<u8> {
    match state {
        JobState::Queued => Some(0),
        JobState::Running => Some(1),
        JobState::Succeeded | JobState::Failed | JobState::Cancelled => Some(ENDED),
        JobState::Unknown => None,
    }
}
