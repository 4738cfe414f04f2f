//! How far a site's jobs have come: they may only go forward.

use polyhost_domain::JobState;

/// In so many steps of [`crate::Site::advance`] every job has begun, and has ended.
pub(crate) const MOST_STEPS: usize = 100;

/// The stage of a job that has ended.
pub(crate) const ENDED: u8 = 2;

/// How far a job is that is in this state; `None` where nobody knows.
pub(crate) fn stage(state: JobState) -> Option<u8> {
    match state {
        JobState::Queued => Some(0),
        JobState::Running => Some(1),
        JobState::Succeeded | JobState::Failed | JobState::Cancelled => Some(ENDED),
        JobState::Unknown => None,
    }
}
