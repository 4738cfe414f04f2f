//! Whether the site has the bytes of an upload: the one place where what the site reports is weighed against what was
//! sent.

use polyhost_domain::{Delivery, Digest, File, Profile};

/// The bytes that the site should have.
pub(super) struct Expected {
    /// How many.
    pub(super) length: u64,
    /// Their SHA-1, where it is known.
    pub(super) sha1: Option<String>,
    /// Their MD5, where it is known.
    pub(super) md5: Option<String>,
}

/// What the evidence shows of the site's copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is whole.
    Whole,
    /// It is not the file that was sent; a sentence that says in what it differs.
    Bad(String),
    /// Neither is shown.
    Unknown,
}

impl Expected {
    fn get(&self, digest: Digest) -> Option<&str> {
        match digest {
            Digest::Sha1 => self.sha1.as_deref(),
            Digest::Md5 => self.md5.as_deref(),
        }
    }

    /// Whether a reported digest is that of the bytes. `None`: one of both is not known, or is no digest of the kind.
    pub(super) fn agrees(&self, digest: Digest, file: &File) -> Option<bool> {
        Some(digest.normalize(reported(file, digest)?)? == self.get(digest)?)
    }

    /// Weighs what the site reports of a file.
    ///
    /// A declared digest decides, whatever the size. A doubtful digest can only prove a file whole. A size of 0 is not
    /// known yet, since no upload is empty. An equal size proves nothing where the file did not go out whole: then the
    /// site repeats the size that was announced.
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
                Verdict::Bad(format!("The site has stored {size} bytes, but {} were sent.", self.length))
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
        format!("The site has stored bytes of the {name} {stored}, but {sent} was sent.")
    }

    /// The file without what is no digest of its kind, and without a doubtful digest that is not that of the bytes. The
    /// latter is counted as drift.
    pub(super) fn without_wrong_digests(&self, file: File, profile: &Profile) -> File {
        let kept = |digest: Digest| {
            let told = digest.normalize(reported(&file, digest)?)?;
            let is_doubtful = profile.doubtful_digests.contains(&digest);
            (!is_doubtful || self.get(digest) == Some(told.as_str())).then_some(told)
        };
        let (sha1, md5) = (kept(Digest::Sha1), kept(Digest::Md5));
        let lacks = |digest: Digest, kept: &Option<String>| {
            profile.doubtful_digests.contains(&digest) && reported(&file, digest).is_some() && kept.is_none()
        };
        if lacks(Digest::Sha1, &sha1) || lacks(Digest::Md5, &md5) {
            crate::measure::doubtful_digest(profile.dialect);
            let (provider, file) = (&file.provider, &file.id);
            tracing::info!(%provider, %file, "drift: the site's digest is not that of the bytes");
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
    use crate::testing;

    const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    const OTHER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn profile(digests: &[Digest], doubtful: &[Digest]) -> Profile {
        Profile { digests: digests.to_vec(), doubtful_digests: doubtful.to_vec(), ..testing::profile() }
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
    fn strong_digest_outweighs_size_and_only_well_formed_ones_count() {
        let site = profile(&[Digest::Sha1], &[]);
        let shouted = format!(" {}\n", SHA1.to_uppercase());
        let rows = [
            (Some(0), Some(SHA1), "whole"),
            (Some(4), Some(SHA1), "whole"),
            (None, Some(&*shouted), "whole"),
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
    fn doubtful_digest_can_prove_but_not_condemn() {
        let site = profile(&[], &[Digest::Sha1]);
        assert_eq!(weigh(&site, Some(4), Some(SHA1), Delivery::Complete), "whole");
        assert_eq!(weigh(&site, Some(5), Some(OTHER), Delivery::Complete), "whole");
        assert_eq!(weigh(&site, Some(4), Some(OTHER), Delivery::Complete), "bad");
        assert_eq!(weigh(&profile(&[], &[]), Some(5), Some(OTHER), Delivery::Complete), "whole");
    }
}
