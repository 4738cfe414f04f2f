//! The faults: for every method of the trait, what an adapter may get wrong.

use polyhost_domain::Capability;

/// Writes the enumeration and what is known of each fault: the method, the capabilities without which it cannot show,
/// and what goes wrong.
macro_rules! faults {
    ($($method:literal { $($name:ident [$($need:ident),*] $doc:literal,)* })*) => {
        /// Something that an adapter may get wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault {
            $($(#[doc = $doc] $name,)*)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The method of [`polyhost_domain::Provider`] that goes wrong; `every` where all of them do.
            #[must_use]
            pub fn method(self) -> &'static str {
                match self {
                    $($(Self::$name => $method,)*)*
                }
            }

            /// The capabilities that a provider must have for the fault to show.
            #[must_use]
            pub fn needs(self) -> &'static [Capability] {
                match self {
                    $($(Self::$name => &[$(Capability::$need),*],)*)*
                }
            }

            /// What goes wrong, as a sentence.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self {
                    $($(Self::$name => $doc,)*)*
                }
            }
        }
    };
}

faults! {
    "every" {
        CredentialsToldAsDenial [] "Wrong credentials are told as a denied action.",
        DenialToldAsCredentials [FilesRename] "A denied action is told as wrong credentials.",
        SecretInWords [] "The words of an error hold a secret.",
        SecretInCause [] "The cause of an error holds a secret.",
        QueryInWords [] "The words of an error hold an address with its query.",
    }
    "profile" {
        SaysEmulated [] "A capability is called emulated.",
        ClaimsTooMuch [] "Copying is called native and refused.",
        ClaimsTooLittle [FilesRename] "Renaming files is called unsupported and done.",
        RefusesAloud [AccountRead] "Copying is called unsupported, and refused after a request.",
        RefusesInOtherWords [] "Copying is called unsupported, and refused as something else.",
        MistakesTheTrash [FilesDelete, FilesUpload, FilesRead] "Deletion for good is called a trash, or the other way.",
        TakesNoBatch [] "A lookup may ask for no file at all.",
        BatchRefusedAloud [FilesRead, AccountRead] "A lookup of many is called unsupported, and refused after a request.",
    }
    "account" {
        AccountOfNobody [AccountRead] "The account bears another name.",
        AccountOfLongAgo [AccountRead] "The account was opened in 1970: its time was read in the wrong unit.",
        StrangerIsUnavailable [AccountRead] "Wrong credentials are told as a site that cannot be reached.",
    }
    "limits" {
        LimitOfZero [AccountLimits] "A limit of 0 stays one.",
    }
    "files" {
        FilesOutOfOrder [FilesLookup, FilesUpload] "The answers come in another order.",
        UnknownSpoilsAll [FilesRead] "An unknown file fails the whole lookup.",
        UnknownLeftOut [FilesRead] "Unknown files have no answer.",
        OnlyTheFirstBatch [FilesLookup] "Ids past the first 50 have no answer.",
        FilesOneByOne [FilesLookup] "Each file takes a request of its own.",
        NoIdsAsk [FilesRead, AccountRead] "A lookup of nothing sends a request.",
        BrokenIsFound [FilesRead] "A broken file is found as if it were whole.",
        BrokenIsUnknown [FilesRead] "A broken file is not found.",
        BlockIsUnknown [FilesRead] "A blocked file is not found.",
        FilesOfNobody [FilesRead, FilesUpload] "Files bear another account.",
        FilesWithoutName [FilesRead, FilesUpload] "Files have no name.",
    }
    "link" {
        LinkToNowhere [FilesDownload, FilesUpload] "A link is no web address.",
        LinkToAnother [FilesDownload, FilesUpload] "A link names another file.",
        LinkOfUnknownIsDenied [FilesDownload] "An unknown file is told as a denied action.",
    }
    "open" {
        DownloadLosesBytes [FilesDownload, FilesUpload] "The last byte is missing.",
        RangeIgnored [FilesDownload, FilesUpload] "All comes where a part was asked for.",
        RangePastTheEndBlamesTheSite [FilesDownload, FilesUpload] "A part past the end is told as a fault of the site.",
        RangeUntold [FilesDownload, FilesUpload] "A part does not say which it is.",
    }
    "thumbnail" {
        OnePictureForAll [FilesThumbnail, FilesUpload] "Every file has the same picture.",
        PictureOfUnknown [FilesThumbnail] "A file that is not there has a picture.",
    }
    "upload" {
        UploadLosesTheLastByte [FilesUpload] "The last byte is not sent.",
        UploadForgetsTheFolder [FilesUpload, FoldersList, FoldersCreate] "The file goes to the root.",
        UploadAnswersTheRoot [FilesUpload, FoldersCreate] "The answer names the root whatever was asked for.",
        UploadAnswersNoSize [FilesUpload] "The answer has no size.",
        UploadGarblesQuotes [FilesUpload] "Quotes in a name are escaped, and stay so.",
        UploadGarblesLetters [FilesUpload] "Letters beyond ASCII are lost.",
        UploadShowsHidden [FilesUpload] "A dot at the start of a name is lost.",
        UploadPadsTheBody [FilesUpload] "A body that ends early is filled up.",
        UploadLeavesAPart [FilesUpload, FoldersList] "A body that ends early leaves a file behind.",
        UploadBlamesItself [FilesUpload] "A body that ends early is told as a fault of Polyhost's own.",
        UploadSendsTooMuch [FilesUpload, AccountRead] "Bytes past the length are sent.",
        UploadBlamesTheRequest [FilesUpload] "An unknown folder is told as a request that the site found unacceptable.",
        UploadReadsBeforeAsking [FilesUpload] "The body is read before the site has agreed.",
        UploadReadsTwice [FilesUpload, AccountRead] "A source is read twice.",
        UploadDropsTheDigest [FilesUpload] "The caller's digest is not compared.",
        UploadAnswersALoudDigest [FilesUpload] "The digest is in capital letters.",
        UploadOfNobody [FilesUpload] "The answer bears another account.",
    }
    "upload_ticket" {
        TicketAlwaysEncrypted [FilesUploadTicket] "Plain HTTP is asked for in vain.",
        TicketTwice [FilesUploadTicket] "Every ticket is the same.",
        TicketWithoutField [FilesUploadTicket] "The form field has no name.",
    }
    "edit_file" {
        RenameDoesNothing [FilesRename, FilesUpload, FilesRead] "The name stays.",
        RenameMoves [FilesRename, FilesMove, FilesUpload, FoldersList, FoldersCreate] "The file goes to the root.",
        RenameAnswersTheOldName [FilesRename, FilesUpload, FilesRead] "The answer has the old name.",
        RenameOfUnknown [FilesRename] "A file that is not there is renamed.",
        MediaTypeStays [FilesSetContentType, FilesUpload, FilesRead] "The media type stays.",
    }
    "move_file" {
        MoveDoesNothing [FilesMove, FilesUpload, FoldersList, FoldersCreate] "The file stays.",
        MoveNeverToTheRoot [FilesMove, FilesUpload, FoldersList, FoldersCreate] "The root is no place to move to.",
        MoveToUnknown [FilesMove, FilesUpload] "An unknown folder is taken for the root.",
        MoveOfUnknown [FilesMove] "A file that is not there is moved.",
        MoveBlamesThePlace [FilesMove] "An unknown file is told as an unknown folder.",
    }
    "copy_file" {
        CopyIsTheOriginal [FilesCopy, FilesUpload, FilesRead] "The original is answered.",
        CopyToTheRoot [FilesCopy, FilesUpload, FoldersCreate] "The copy goes to the root.",
        CopyOfUnknown [FilesCopy] "An unknown file is told as a fault of the site.",
    }
    "delete_file" {
        DeleteDoesNothing [FilesDelete, FilesUpload, FilesRead] "The file stays.",
        DeleteOfUnknown [FilesDelete] "A file that is not there is deleted.",
    }
    "list" {
        ListingForgetsAFile [FoldersList, FilesUpload] "The last file is missing.",
        ListingForgetsFolders [FoldersList, FoldersCreate] "Folders are missing.",
        ListingTwice [FoldersList, FilesUpload] "Files are named twice.",
        ListingWithoutFolder [FoldersList, FilesUpload] "Files do not say where they are.",
        ListingOfUnknown [FoldersList] "A folder that is not there is empty.",
        ListingNeverEnds [FoldersList, FoldersCreate] "There is always a next page.",
        ListingWithoutKeys [FoldersList, FilesUpload] "What can be sorted by is not told.",
    }
    "folder" {
        FolderWithoutName [FoldersRead, FoldersCreate] "The folder has no name.",
        FolderInTheRoot [FoldersRead, FoldersCreate] "The folder's parent is the root, whatever it is.",
        FolderUnknown [FoldersRead] "A folder that is not there is told of.",
    }
    "create_folder" {
        FolderMadeInTheRoot [FoldersCreate, FoldersList] "The folder is made in the root.",
        FolderMadeWithoutParent [FoldersCreate] "The answer does not name the parent.",
        FolderMadeInUnknown [FoldersCreate] "An unknown parent is taken for the root.",
        FolderMadeVisible [FoldersCreate, FoldersVisibility, FoldersRead] "The visibility is not sent.",
        FolderMadeOpen [FoldersCreate, FoldersPassword, FoldersRead] "The password is not sent.",
    }
    "edit_folder" {
        FolderRenameDoesNothing [FoldersRename, FoldersCreate, FoldersList] "The name stays.",
        FolderRenameOfUnknown [FoldersRename] "A folder that is not there is renamed.",
        RootRenamedAloud [FoldersRename, AccountRead] "The site is asked to rename the root.",
        FolderVisibilityStays [FoldersVisibility, FoldersCreate, FoldersRead] "The visibility stays.",
        FolderPasswordStays [FoldersPassword, FoldersCreate, FoldersRead] "A password is not removed.",
    }
    "move_folder" {
        FolderMoveDoesNothing [FoldersMove, FoldersCreate, FoldersList] "The folder stays.",
        FolderMoveToUnknown [FoldersMove, FoldersCreate] "An unknown folder is taken for the root.",
        RootMovedAloud [FoldersMove, FoldersCreate, AccountRead] "The site is asked to move the root.",
    }
    "delete_folder" {
        FolderDeleteDoesNothing [FoldersDelete, FoldersCreate, FoldersList] "The folder stays.",
        FolderDeleteSavesFiles [FoldersDelete, FoldersCreate, FoldersList, FilesMove, FilesUpload]
            "The files directly in the folder go to the root first.",
        FolderDeleteOfUnknown [FoldersDelete] "A folder that is not there is deleted.",
        RootDeletedAloud [FoldersDelete, AccountRead] "The site is asked to delete the root.",
    }
    "add_remote_upload" {
        FetchIntoTheRoot [RemoteUploadsCreate, RemoteUploadsRead, FoldersCreate] "The file goes to the root.",
        FetchWithoutHeaders [RemoteUploadsCreate, RemoteUploadsHeaders] "Header fields are not sent.",
        FetchWithOneHeader [RemoteUploadsCreate, RemoteUploadsHeaders] "Of many header fields the last is sent.",
        FetchFailedAtOnce [RemoteUploadsCreate] "A new remote upload is told as failed.",
    }
    "remote_uploads" {
        FetchesUnasked [RemoteUploadsCreate, RemoteUploadsRead, RemoteUploadsList] "Others than those asked for are told.",
        FetchUnknownSpoilsAll [RemoteUploadsCreate, RemoteUploadsRead] "An unknown id fails the whole question.",
        FetchesOldestFirst [RemoteUploadsCreate, RemoteUploadsList] "The oldest comes first.",
        FetchesUnlimited [RemoteUploadsCreate, RemoteUploadsList] "The limit is not sent.",
        FetchDoneByPercentage [RemoteUploadsCreate, RemoteUploadsRead] "What says 100 % has succeeded.",
        FetchNeverEnds [RemoteUploadsCreate, RemoteUploadsRead] "What has ended is still running.",
        FetchStateUnread [RemoteUploadsCreate, RemoteUploadsRead] "The words of the site are not understood.",
        FetchOverHundred [RemoteUploadsCreate, RemoteUploadsRead] "Percentages are taken times a hundred.",
    }
    "conversions" {
        ConversionsOfAll [ConversionsList, FilesUpload] "The conversions of one file are those of all.",
        ConversionsUnlimited [ConversionsList, FilesUpload] "The limit is not sent.",
        ConversionsOfNone [ConversionsList, FilesUpload] "There are none.",
        ConversionsOverHundred [ConversionsList, FilesUpload] "Percentages are taken times a hundred.",
        ConversionsOfNobody [ConversionsList, FilesUpload] "They bear another account.",
    }
    "close" {
        ClosesAgain [AccountRead] "What was given back is given back again.",
    }
}
