"""Every answer that is not a success, on one screen: status, code and the public sentence.

Numbers and texts are the protocol's (protocol.md 10.1). The official SDKs decide by the number
whether to send a file again (10.2), so a number here is never chosen for taste. Evidence that is
not for the client (a bucket, a cause) goes into `raise ... from` and the log, not into `message`.
"""

from __future__ import annotations


class UpgateError(Exception):
    """Root of all errors that have an answer of their own; never raised itself."""

    status: int = 599
    code: str = "ServerOperationFailed"
    message: str = "server operation failed"

    token: str | None = None
    """The upload token of the request, where it was found: its policy may want a redirect."""

    def __init__(self, message: str | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)


# 400: what was sent cannot be understood.


class InvalidArgumentError(UpgateError):
    """A field, header or path has a value outside its syntax."""

    status, code, message = 400, "InvalidArgument", "invalid argument"


class MalformedFormError(InvalidArgumentError):
    """The body is not the multipart/form-data that its header announces."""

    code, message = "MalformedForm", "malformed multipart form"


class FileMissingError(InvalidArgumentError):
    """A form without a part called `file`."""

    code, message = "FileMissing", "file is not specified in multipart"


class ScopeMissingError(InvalidArgumentError):
    """A signed policy that names no bucket."""

    code, message = "ScopeMissing", "scope not specified"


class CallbackBodyMissingError(InvalidArgumentError):
    """callbackUrl without callbackBody: refused before anything is stored (seed 002)."""

    code = "CallbackBodyMissing"
    message = "callbackBody must be set and not empty when callbackUrl is set"


class InvalidPresetError(InvalidArgumentError):
    """An operator's preset that could never make a good token; says what to change."""

    code, message = "InvalidPreset", "invalid preset"


class UnexpectedFileSizeError(InvalidArgumentError):
    """mkfile's size is not the sum of its blocks."""

    code, message = "UnexpectedFileSize", "unexpected file size"


class PartsMissingError(InvalidArgumentError):
    """Complete names no part; Java's SDK looks for this very text (protocol.md 4)."""

    code, message = "PartsMissing", "parts param can't be empty"


class FopError(InvalidArgumentError):
    """Root of what a processing command answers with; each message says what to change."""

    code, message = "FopFailed", "the file could not be processed"


class BadFopError(FopError):
    """An unknown command, or a parameter outside its syntax or range."""

    code, message = "BadFop", "unknown command or bad parameter"


class UnprocessableSourceError(FopError):
    """The source is not of a type that the command takes, or it is broken or empty."""

    code, message = "UnprocessableSource", "the file is not of a type that this command takes"


class RemoteFileError(FopError):
    """A file that a command names by URL: one text for whatever is wrong with it.

    Whoever may write a command in a URL would otherwise learn which hosts and ports answer.
    """

    code = "RemoteFileFailed"
    message = "a picture or subtitles that the command names by URL cannot be fetched or used"


class DamagedSourceError(UnprocessableSourceError):
    """A reader of hostile files met what nobody foresaw; its cause is for the log."""

    message = "the file is damaged: what it says of itself does not fit together"


class SourceTooLargeError(FopError):
    """The source is beyond a limit: bytes, pixels, a side, frames or seconds."""

    code, message = "SourceTooLarge", "the file is too large for this command"


class OutputTooLargeError(FopError):
    """The result would be beyond a limit."""

    code, message = "OutputTooLarge", "the result would be too large"


class TooSlowError(FopError):
    """The work would not end in the time that is left; `estimate_seconds` is what it would take."""

    code, message = "TooSlow", "the command would take too long"

    def __init__(self, estimate_seconds: float, message: str | None = None) -> None:
        self.estimate_seconds = estimate_seconds
        super().__init__(message or f"the command would take about {estimate_seconds:.0f} s")


# 401: the token. None of these may end in the failure redirect (protocol.md 8).


class TokenError(UpgateError):
    """Root of everything that makes an upload token worthless."""

    status, code, message = 401, "BadToken", "bad token"


class TokenMissingError(TokenError):
    """Neither the form field `token` nor an Authorization header."""

    code, message = "TokenMissing", "token not specified"


class BadTokenError(TokenError):
    """Wrong shape, unknown access key or wrong signature: one text, so nothing is told apart."""


class TokenExpiredError(TokenError):
    """The policy's deadline has passed."""

    code, message = "TokenExpired", "token expired"


class InvalidPolicyError(TokenError):
    """Signed, but not a put policy: not JSON, or a field of the wrong type."""

    code, message = "InvalidPolicy", "invalid put policy encoding"


class UnauthenticatedError(UpgateError):
    """The token endpoint was asked by somebody whom no authorizer vouches for."""

    status, code, message = 401, "Unauthenticated", "sign in first: no identity in this request"


# 403: understood, and not allowed.


class ForbiddenError(UpgateError):
    """The policy, or the operator, does not allow this."""

    status, code, message = 403, "Forbidden", "forbidden"


class KeyScopeMismatchError(ForbiddenError):
    """The scope names a key (or prefix) and the request has another one, or none."""

    code, message = "KeyScopeMismatch", "key doesn't match with scope"


class KeyNotListedError(ForbiddenError):
    """`keylimit` is set and the key is not in it."""

    code, message = "KeyNotListed", "key is not in the keylimit of the upload token"


class MimeTypeForbiddenError(ForbiddenError):
    """`mimeLimit` does not admit the type found in the content."""

    code, message = "MimeTypeForbidden", "limited mimeType: this file type is forbidden to upload"

    def __init__(self, mime_type: str) -> None:
        super().__init__(f"limited mimeType: this file type ({mime_type}) is forbidden to upload")


class RawFopForbiddenError(ForbiddenError):
    """The bucket takes styles only, or the `saveas` of a URL is not signed."""

    code, message = "RawFopForbidden", "this bucket takes styles only, no commands in a URL"


class FileTooSmallError(ForbiddenError):
    """Below `fsizeMin`."""

    code, message = "FileTooSmall", "request entity size is smaller than FsizeMin"


# 404 and 405: no such route, or not with this method.


class NotFoundError(UpgateError):
    """No route has this path."""

    status, code, message = 404, "NotFound", "not found"


class NotSupportedError(NotFoundError):
    """A call of Kodo's that this gateway does not have; the client is told which."""

    code = "NotSupported"

    def __init__(self, name: str) -> None:
        super().__init__(f"not supported by this gateway: {name}")


class DocumentNotFoundError(NotFoundError):
    """A download of an object, or of a result, that is not there."""

    code, message = "DocumentNotFound", "Document not found"


class MethodNotAllowedError(UpgateError):
    """The path exists; `allow` holds the methods that it has (RFC 9110, 15.5.6)."""

    status, code, message = 405, "MethodNotAllowed", "method not allowed"

    def __init__(self, allow: tuple[str, ...]) -> None:
        self.allow = allow
        super().__init__(f"method not allowed: use {' or '.join(allow)}")


# Other numbers below 500.


class Crc32MismatchError(UpgateError):
    """406 makes JS, Android, iOS and Java send again: right for a body damaged on its way."""

    status, code, message = 406, "Crc32Mismatch", "crc32 check error"


class Md5MismatchError(UpgateError):
    """406 as for crc32: a part damaged on its way is worth sending again (protocol.md 4)."""

    status, code, message = 406, "Md5Mismatch", "md5 check error"


class FileTooLargeError(UpgateError):
    """Above `fsizeLimit`, or above what one request can carry."""

    status, code, message = 413, "FileTooLarge", "request entity too large"


class KeyTooLongError(UpgateError):
    """Above limits.KEY_BYTES; 414 is what the iOS SDK's own tests expect (protocol.md 10.1)."""

    status, code, message = 414, "KeyTooLong", "key too long"


class QuotaExceededError(UpgateError):
    """A user's day is used up; of all SDKs only C repeats a 429, at other hosts alone (10.2)."""

    status, code, message = 429, "QuotaExceeded", "quota exceeded"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class ResultBusyError(UpgateError):
    """A result is being made by somebody else; only between functions, never an answer."""

    status, code, message = 503, "ResultBusy", "the result is being made"


# 579 and above: numbers that the SDKs know not to repeat.


class CallbackFailedError(UpgateError):
    """The object is stored and the business server did not accept it (protocol.md 7.3)."""

    status, code, message = 579, "CallbackFailed", "callback failed"


class StorageFailedError(UpgateError):
    """S3 did not take the object; nothing was stored, so a client may well send it again."""

    status, code = 599, "ServerOperationFailed"


class DeliveryUnderWayError(StorageFailedError):
    """The same upload is being called back just now; nothing of this repetition was stored."""

    code = "DeliveryUnderWay"


class NoSuchUploadError(UpgateError):
    """An uploadId that is forged, somebody else's, expired, completed or aborted: one text.

    SDKs look for the text and start the upload anew (protocol.md 4).
    """

    status, code, message = 612, "NoSuchUpload", "no such uploadId"


class NoSuchAccessKeyError(UpgateError):
    """Host discovery for an access key that is not this stack's (protocol.md 10.1)."""

    status, code, message = 612, "NoSuchAccessKey", "app/accesskey is not found"


class NoSuchEntryError(UpgateError):
    """No object under this key, for an operation that needs one (protocol.md 10.1)."""

    status, code, message = 612, "NoSuchEntry", "no such file or directory"


class NoSuchJobError(UpgateError):
    """A persistentId that is unknown, or too old (protocol.md 9.2)."""

    status, code, message = 612, "NoSuchJob", "no such persistentId"


class ConditionNotMetError(UpgateError):
    """A management call's `cond` names what the object is not, so nothing was changed."""

    status, code, message = 613, "ConditionNotMet", "the object is not what cond asks for"


class ObjectExistsError(UpgateError):
    """Insert-only, and another content is there under the same key."""

    status, code, message = 614, "ObjectExists", "file exists"


class NoSuchBucketError(UpgateError):
    """The scope's bucket is not one of this stack's."""

    status, code, message = 631, "NoSuchBucket", "no such bucket"


class BadMarkerError(UpgateError):
    """A list's marker that no page before has given (protocol.md 10.1)."""

    status, code, message = 640, "BadMarker", "invalid list marker"


class InvalidContextError(UpgateError):
    """A ctx that is forged, somebody else's or expired: SDKs start the upload anew on 701."""

    status, code, message = 701, "InvalidContext", "invalid ctx"
