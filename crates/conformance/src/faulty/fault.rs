//! The faults: for each method of the trait, the mistakes that an adapter could make.

use polyhost_domain::Capability;

/// Writes the enumeration and the data of each fault: its method, the capabilities that it needs to show, and a
/// description.
macro_rules! faults {
    ($($method:literal { $($name:ident [$($need:ident),*] $doc:literal,)* })*) => {
        /// A mistake that an adapter could make.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault {
            $($(#[doc = $doc] $name,)*)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The method of [`polyhost_domain::Provider`] that has the fault, or `every` if all methods have it.
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

            /// A description of the fault, as a sentence.
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
        CredentialsReportedAsForbidden [] "Wrong credentials are reported as a forbidden action.",
        ForbiddenReportedAsCredentials [FilesRename] "A forbidden action is reported as wrong credentials.",
        SecretInText [] "The text of an error contains a secret.",
        SecretInCause [] "The cause of an error contains a secret.",
        QueryInText [] "The text of an error contains an address with its query.",
    }
    "profile" {
        SaysEmulated [] "A capability is called emulated.",
        CopyNativeButRefused [] "Copying is called native, but refused.",
        RenameUnsupportedButDone [FilesRename] "Renaming files is called unsupported, but done.",
        UnsupportedAfterRequest [AccountRead]
            "Copying is called unsupported, but a request is sent before it is refused.",
        UnsupportedReportedAsRejected [] "Copying is called unsupported, but refused with another kind of error.",
        WrongDeleteSemantics [FilesDelete, FilesUpload, FilesRead]
            "The profile confuses permanent deletion with a trash.",
        MaxBatchZero [] "The profile says that a lookup may have no id at all.",
        BatchUnsupportedAfterRequest [FilesRead, AccountRead]
            "A lookup of many is unsupported, but a request is sent before it is refused.",
    }
    "account" {
        AccountNameWrong [AccountRead] "The account has another account's name.",
        AccountTimeInWrongUnit [AccountRead] "The account was created in 1970: its time was read in the wrong unit.",
        CredentialsReportedAsUnavailable [AccountRead] "Wrong credentials are reported as an unavailable site.",
    }
    "limits" {
        LimitZeroKept [AccountLimits] "A limit of 0 is returned as 0.",
    }
    "files" {
        FilesOutOfOrder [FilesLookup, FilesUpload] "The answers come in another order.",
        UnknownFileFailsLookup [FilesRead] "One unknown file fails the whole lookup.",
        UnknownFileLeftOut [FilesRead] "Unknown files have no answer.",
        OnlyTheFirstBatch [FilesLookup] "Ids after the first 50 have no answer.",
        FilesOneByOne [FilesLookup] "The adapter sends one request for each file.",
        EmptyLookupSendsRequest [FilesRead, AccountRead] "A lookup without ids sends a request.",
        BrokenFileReportedAsFound [FilesRead] "A broken file is returned as an intact one.",
        BrokenFileReportedAsUnknown [FilesRead] "A broken file is reported as not found.",
        BlockedFileReportedAsUnknown [FilesRead] "A blocked file is reported as not found.",
        FilesOfAnotherAccount [FilesRead, FilesUpload] "Files have another account's name.",
        FilesWithoutName [FilesRead, FilesUpload] "Files have no name.",
    }
    "link" {
        LinkIsNoWebAddress [FilesDownload, FilesUpload] "A link is not a web address.",
        LinkNamesAnotherFile [FilesDownload, FilesUpload] "A link names another file.",
        LinkToUnknownIsForbidden [FilesDownload] "An unknown file is reported as a forbidden action.",
    }
    "open" {
        DownloadLosesBytes [FilesDownload, FilesUpload] "The last byte is missing.",
        RangeIgnored [FilesDownload, FilesUpload] "A request for a range returns the whole file.",
        RangePastTheEndIsSiteFailed [FilesDownload, FilesUpload] "A range past the end is reported as a site failure.",
        RangeNotReported [FilesDownload, FilesUpload] "The answer with a part does not name its range.",
    }
    "thumbnail" {
        OneThumbnailForAll [FilesThumbnail, FilesUpload] "Every file has the same thumbnail.",
        ThumbnailOfUnknown [FilesThumbnail] "An unknown file has a thumbnail.",
    }
    "upload" {
        UploadLosesTheLastByte [FilesUpload] "The last byte is not sent.",
        UploadIgnoresTheFolder [FilesUpload, FoldersList, FoldersCreate] "The file goes to the root.",
        UploadAnswersTheRoot [FilesUpload, FoldersCreate] "The answer always names the root as the folder.",
        UploadAnswersNoSize [FilesUpload] "The answer has no size.",
        UploadGarblesQuotes [FilesUpload] "Quotes in a name are escaped and stay escaped.",
        UploadLosesNonAscii [FilesUpload] "Letters outside ASCII are lost.",
        UploadStripsLeadingDot [FilesUpload] "A dot at the start of a name is lost.",
        UploadPadsTheBody [FilesUpload] "A body that ends early is padded.",
        UploadLeavesPartialFile [FilesUpload, FoldersList] "A body that ends early leaves a partial file.",
        IncompleteBodyIsInternal [FilesUpload] "A body that ends early is reported as an internal error of Polyhost.",
        UploadSendsTooMuch [FilesUpload, AccountRead] "Bytes after the declared length are sent.",
        UploadToUnknownFolderIsRejected [FilesUpload]
            "An unknown folder is reported as a request that the site rejected.",
        UploadReadsBodyFirst [FilesUpload] "The body is read before the site has accepted the upload.",
        UploadReadsTwice [FilesUpload, AccountRead] "A source is read twice.",
        UploadIgnoresTheDigest [FilesUpload] "The caller's digest is not compared.",
        UploadAnswersUpperCaseDigest [FilesUpload] "The digest is in upper case.",
        UploadAnswersAnotherAccount [FilesUpload] "The answer has another account's name.",
    }
    "upload_ticket" {
        TicketIgnoresPlainHttp [FilesUploadTicket] "A request for plain HTTP is ignored.",
        TicketRepeated [FilesUploadTicket] "Every ticket has the same address.",
        TicketWithoutField [FilesUploadTicket] "The form field has no name.",
    }
    "edit_file" {
        RenameDoesNothing [FilesRename, FilesUpload, FilesRead] "The name does not change.",
        RenameMoves [FilesRename, FilesMove, FilesUpload, FoldersList, FoldersCreate] "The file goes to the root.",
        RenameAnswersTheOldName [FilesRename, FilesUpload, FilesRead] "The answer has the old name.",
        RenameOfUnknownSucceeds [FilesRename] "Renaming an unknown file succeeds.",
        MediaTypeStays [FilesSetContentType, FilesUpload, FilesRead] "The media type does not change.",
    }
    "move_file" {
        MoveDoesNothing [FilesMove, FilesUpload, FoldersList, FoldersCreate] "The file is not moved.",
        MoveToRootDoesNothing [FilesMove, FilesUpload, FoldersList, FoldersCreate]
            "The file is not moved if the target is the root.",
        MoveToUnknownGoesToRoot [FilesMove, FilesUpload] "A move to an unknown folder goes to the root.",
        MoveOfUnknownSucceeds [FilesMove] "Moving an unknown file succeeds.",
        MoveOfUnknownIsFolderNotFound [FilesMove] "An unknown file is reported as an unknown folder.",
    }
    "copy_file" {
        CopyIsTheOriginal [FilesCopy, FilesUpload, FilesRead] "The answer is the original.",
        CopyToTheRoot [FilesCopy, FilesUpload, FoldersCreate] "The copy goes to the root.",
        CopyOfUnknownIsSiteFailed [FilesCopy] "An unknown file is reported as a site failure.",
    }
    "delete_file" {
        DeleteDoesNothing [FilesDelete, FilesUpload, FilesRead] "The file is not deleted.",
        DeleteOfUnknownSucceeds [FilesDelete] "Deleting an unknown file succeeds.",
    }
    "list" {
        ListingOmitsAFile [FoldersList, FilesUpload] "The last file is missing.",
        ListingOmitsFolders [FoldersList, FoldersCreate] "Folders are missing.",
        ListingRepeatsFiles [FoldersList, FilesUpload] "Files are listed twice.",
        ListingWithoutFolder [FoldersList, FilesUpload] "Files have no folder id.",
        ListingOfUnknownIsEmpty [FoldersList] "An unknown folder has an empty listing.",
        ListingNeverEnds [FoldersList, FoldersCreate] "There is always a next page.",
        ListingOmitsSortKeys [FoldersList, FilesUpload] "The fields that the profile sorts by are missing.",
    }
    "folder" {
        FolderWithoutName [FoldersRead, FoldersCreate] "The folder has no name.",
        FolderParentIsRoot [FoldersRead, FoldersCreate] "The folder's parent is always the root.",
        UnknownFolderIsFound [FoldersRead] "Reading an unknown folder succeeds.",
    }
    "create_folder" {
        FolderCreatedInRoot [FoldersCreate, FoldersList] "The folder is created in the root.",
        CreatedFolderWithoutParent [FoldersCreate] "The answer does not name the parent.",
        FolderInUnknownCreatedInRoot [FoldersCreate] "A folder in an unknown parent is created in the root.",
        FolderCreatedWithoutVisibility [FoldersCreate, FoldersVisibility, FoldersRead] "The visibility is not sent.",
        FolderCreatedWithoutPassword [FoldersCreate, FoldersPassword, FoldersRead] "The password is not sent.",
    }
    "edit_folder" {
        FolderRenameDoesNothing [FoldersRename, FoldersCreate, FoldersList] "The name does not change.",
        FolderRenameOfUnknownSucceeds [FoldersRename] "Renaming an unknown folder succeeds.",
        RootRenameSendsRequest [FoldersRename, AccountRead] "A rename of the root is sent to the site.",
        FolderVisibilityStays [FoldersVisibility, FoldersCreate, FoldersRead] "The visibility does not change.",
        FolderPasswordStays [FoldersPassword, FoldersCreate, FoldersRead] "A password is not removed.",
    }
    "move_folder" {
        FolderMoveDoesNothing [FoldersMove, FoldersCreate, FoldersList] "The folder is not moved.",
        FolderMoveToUnknownGoesToRoot [FoldersMove, FoldersCreate] "A move to an unknown folder goes to the root.",
        RootMoveSendsRequest [FoldersMove, FoldersCreate, AccountRead] "A move of the root is sent to the site.",
    }
    "delete_folder" {
        FolderDeleteDoesNothing [FoldersDelete, FoldersCreate, FoldersList] "The folder is not deleted.",
        FolderDeleteMovesFilesToRoot [FoldersDelete, FoldersCreate, FoldersList, FilesMove, FilesUpload]
            "The files directly in the folder are moved to the root first.",
        FolderDeleteOfUnknownSucceeds [FoldersDelete] "Deleting an unknown folder succeeds.",
        RootDeleteSendsRequest [FoldersDelete, AccountRead] "A deletion of the root is sent to the site.",
    }
    "add_remote_upload" {
        RemoteUploadToRoot [RemoteUploadsCreate, RemoteUploadsRead, FoldersCreate] "The file goes to the root.",
        RemoteUploadWithoutHeaders [RemoteUploadsCreate, RemoteUploadsHeaders] "Header fields are not sent.",
        RemoteUploadWithLastHeader [RemoteUploadsCreate, RemoteUploadsHeaders] "Only the last header field is sent.",
        NewRemoteUploadFailed [RemoteUploadsCreate] "A new remote upload is reported as failed.",
    }
    "remote_uploads" {
        RemoteUploadsUnrequested [RemoteUploadsCreate, RemoteUploadsRead, RemoteUploadsList]
            "The answer has ids that were not requested.",
        UnknownRemoteUploadFailsQuery [RemoteUploadsCreate, RemoteUploadsRead] "One unknown id fails the whole query.",
        RemoteUploadsOldestFirst [RemoteUploadsCreate, RemoteUploadsList] "The oldest comes first.",
        RemoteUploadsUnlimited [RemoteUploadsCreate, RemoteUploadsList] "The limit is not sent.",
        FailedRemoteUploadSucceeded [RemoteUploadsCreate, RemoteUploadsRead]
            "A failed remote upload at 100 % is reported as succeeded.",
        RemoteUploadNeverEnds [RemoteUploadsCreate, RemoteUploadsRead]
            "A finished remote upload is reported as running.",
        RemoteUploadStateUnknown [RemoteUploadsCreate, RemoteUploadsRead] "The site's states are not recognized.",
        RemoteUploadPercentTimes100 [RemoteUploadsCreate, RemoteUploadsRead] "Percentages are multiplied by 100.",
    }
    "cancel_remote_upload" {
        CancelDoesNothing [RemoteUploadsCreate, RemoteUploadsCancel, RemoteUploadsRead] "The remote upload goes on.",
        CancelOfUnknownSucceeds [RemoteUploadsCancel] "Cancelling an unknown remote upload succeeds.",
    }
    "conversions" {
        ConversionsOfAll [ConversionsList, FilesUpload] "A query for one file returns the conversions of all files.",
        ConversionsUnlimited [ConversionsList, FilesUpload] "The limit is not sent.",
        ConversionsEmpty [ConversionsList, FilesUpload] "The list is always empty.",
        ConversionPercentTimes100 [ConversionsList, FilesUpload] "Percentages are multiplied by 100.",
        ConversionsOfAnotherAccount [ConversionsList, FilesUpload] "Conversions have another account's name.",
    }
    "close" {
        CloseSendsRequestAgain [AccountRead] "A second call sends a request again.",
    }
}
