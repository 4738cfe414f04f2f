//! Evidence that the site has stored an upload completely: the one comparison of the site's report with the sent bytes.

use polyhost_domain::{Delivery, Digest, File, Profile};

/// The bytes that the site should have stored.
pub(super) struct Expected {
    /// Their length.
    pub(super) length: u64,
    /// Their SHA-1, if it is known.
    pub(super) sha1: Option<String>,
    /// Their MD5, if it is known.
    pub(super) md5: Option<String>,
}

/// The verdict on the site's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The copy is complete.
    Whole,
    /// The copy differs from the sent file. The sentence describes the difference.
    Bad(String),
    /// The evidence proves neither.
    Unknown,
}

impl Expected {
    fn get(&self, digest: Digest) -> Option<&str> {
        match digest {
            Digest::Sha1 => self.sha1.as_deref(),
            Digest::Md5 => self.md5.as_deref(),
        }
    }

    /// Returns whether a reported digest matches the bytes. `None` if one of the two is unknown, or the reported one is
    /// malformed.
    pub(super) fn agrees(&self, digest: Digest, file: &File) -> Option<bool> {
        Some(digest.normalize(reported(file, digest)?)? == self.get(digest)?)
    }

    /// Compares the site's report of a file with the sent bytes.
    ///
    /// - A reliable digest decides; the size is then ignored.
    /// - A doubtful digest can only prove that the file is complete.
    /// - A size of 0 means that the size is not known yet, since no upload is empty.
    /// - After a partial delivery, an equal size proves nothing: the site may repeat the announced size.
    pub(super) fn weigh(&self, file: &File, profile: &Profile, delivery: Delivery) -> Verdict {
        let differs = |digest: &&Digest| self.agrees(**digest, file) == Some(false);
        if let Some(digest) = profile.digests.iter().find(differs) {
            return Verdict::Bad(self.different_digest(*digest, file));
        }
        let mut comparable = profile.digests.iter().chain(&profile.doubtful_digests);
        if comparable.any(|digest| self.agrees(*digest, file) == Some(true)) {
            return Verdict::Whole;
        }
        match file.size.filter(|size| *size > 0) {
            Some(size) if size != self.length => {
                Verdict::Bad(format!("The site has stored {size} bytes, but {} bytes were sent.", self.length))
            }
            Some(_) if delivery != Delivery::Partial => Verdict::Whole,
            _ => Verdict::Unknown,
        }
    }

    fn different_digest(&self, digest: Digest, file: &File) -> String {
        let name = match digest {
            Digest::Sha1 => "SHA-1",
            Digest::Md5 => "MD5",
        };
        let (stored, sent) = (reported(file, digest).unwrap_or_default(), self.get(digest).unwrap_or_default());
        format!("The site has stored bytes with the {name} {stored}, but bytes with the {name} {sent} were sent.")
    }

    /// Returns the file without malformed digests, and without doubtful digests that do not match the bytes. The latter
    /// are counted as drift.
    pub(super) fn without_wrong_digests(&self, file: File, profile: &Profile) -> File {
        let trusted = |digest: Digest| {
            let reported = digest.normalize(reported(&file, digest)?)?;
            let is_doubtful = profile.doubtful_digests.contains(&digest);
            (!is_doubtful || self.get(digest) == Some(reported.as_str())).then_some(reported)
        };
        let (sha1, md5) = (trusted(Digest::Sha1), trusted(Digest::Md5));
        let was_removed = |digest: Digest, trusted: &Option<String>| {
            profile.doubtful_digests.contains(&digest) && reported(&file, digest).is_some() && trusted.is_none()
        };
        if was_removed(Digest::Sha1, &sha1) || was_removed(Digest::Md5, &md5) {
            crate::measure::doubtful_digest(profile.dialect);
            let (provider, file) = (&file.provider, &file.id);
            tracing::info!(%provider, %file, "drift: the site's digest does not match the sent bytes");
        }
        File { sha1, md5, ..file }
    }
}

fn reported(file: &File, digest: Digest) -> Option<&str> {
    match digest {
        Digest::Sha1 => file.sha1.as_deref(),
        Digest::Md5 => file.md5.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests;

    const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    const OTHER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn profile(digests: &[Digest], doubtful: &[Digest]) -> Profile {
        Profile { digests: digests.to_vec(), doubtful_digests: doubtful.to_vec(), ..tests::profile() }
    }

    fn weigh(profile: &Profile, size: Option<u64>, sha1: Option<&str>, delivery: Delivery) -> &'static str {
        let expected = Expected { length: 5, sha1: Some(SHA1.to_owned()), md5: Some(MD5.to_owned()) };
        let (sha1, id) = (sha1.map(str::to_owned), profile.ids.file("f").unwrap());
        let file = File { size, sha1, ..File::bare(&profile.origin, id) };
        match expected.weigh(&file, profile, delivery) {
            Verdict::Whole => "whole",
            Verdict::Bad(_) => "bad",
            Verdict::Unknown => "unknown",
        }
    }

    #[test]
    fn well_formed_reliable_digest_outweighs_size() {
        let site = profile(&[Digest::Sha1], &[]);
        let uppercase = format!(" {}\n", SHA1.to_uppercase());
        let rows = [
            (Some(0), Some(SHA1), "whole"),
            (Some(4), Some(SHA1), "whole"),
            (None, Some(&*uppercase), "whole"),
            (Some(5), Some(OTHER), "bad"),
            (Some(5), Some("not available"), "whole"),
            (Some(5), Some(MD5), "whole"),
            (Some(4), Some("n/a"), "bad"),
            (Some(4), None, "bad"),
            (Some(0), None, "unknown"),
            (None, None, "unknown"),
        ];
        for (size, sha1, verdict) in rows {
            assert_eq!(weigh(&site, size, sha1, Delivery::Complete), verdict, "{size:?} {sha1:?}");
        }
    }

    #[test]
    fn equal_size_of_a_partial_delivery_proves_nothing() {
        let site = profile(&[Digest::Sha1], &[]);
        assert_eq!(weigh(&site, Some(5), None, Delivery::Partial), "unknown");
        assert_eq!(weigh(&site, Some(5), None, Delivery::Late), "whole");
        assert_eq!(weigh(&site, Some(5), Some(SHA1), Delivery::Partial), "whole");
        assert_eq!(weigh(&site, Some(4), None, Delivery::Partial), "bad");
    }

    #[test]
    fn doubtful_digest_can_only_prove_completeness() {
        let site = profile(&[], &[Digest::Sha1]);
        assert_eq!(weigh(&site, Some(4), Some(SHA1), Delivery::Complete), "whole");
        assert_eq!(weigh(&site, Some(5), Some(OTHER), Delivery::Complete), "whole");
        assert_eq!(weigh(&site, Some(4), Some(OTHER), Delivery::Complete), "bad");
        assert_eq!(weigh(&profile(&[], &[]), Some(5), Some(OTHER), Delivery::Complete), "whole");
    }
}
