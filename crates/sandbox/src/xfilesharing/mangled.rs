//! The changes that the script of video sites makes to the address of a URL upload.

use percent_encoding::percent_decode_str;

/// The characters that are cut out.
const CUT_CHARACTERS: [char; 5] = ['`', '|', '>', '<', '"'];

/// The texts that are cut out, wherever they stand.
const CUT_WORDS: [&str; 4] = ["&&", "base64", "xvideos", "youtube"];

/// Returns the address that is fetched: unescaped once more than usual, with entities decoded and some texts cut out.
pub(crate) fn mangled(url: &str) -> String {
    let mut url = percent_decode_str(url).decode_utf8_lossy().into_owned();
    for (entity, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        url = url.replace(entity, letter);
    }
    url.retain(|letter| !CUT_CHARACTERS.contains(&letter));
    for word in CUT_WORDS {
        url = url.replace(word, "");
    }
    url
}

#[cfg(test)]
mod tests {
    use super::mangled;

    #[test]
    fn address_is_unescaped_once_more_and_robbed_of_words() {
        assert_eq!(mangled("https://a.example/x%2Fy%25z.mp4"), "https://a.example/x/y%z.mp4");
        assert_eq!(mangled("https://youtube.example/a|b?c=1&&d=2&amp;e"), "https://.example/ab?c=1d=2&e");
    }
}
