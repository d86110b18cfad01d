"""What each field of a put policy is for, in a few words (protocol.md 1.2)."""

from __future__ import annotations

from collections.abc import Mapping

_NOT_USED = "not used by this gateway"

# What most SDKs drop on their way into a token (docs/wiring).
EXTENSIONS = ("commit", "quota", "asyncOps")

PURPOSES: Mapping[str, str] = {
    "scope": "where to",
    "isPrefixalScope": "1: what follows the colon is a prefix of the key",
    "deadline": "until when the token is good",
    "insertOnly": "not 0: never overwrite",
    "endUser": "$(endUser)",
    "saveKey": "the key, where the client gives none",
    "forceSaveKey": "true: saveKey comes before the client's key",
    "fsizeMin": "bytes at least",
    "fsizeLimit": "bytes at most",
    "detectMime": "whose word on the type counts: 0 client, 1 content, -1 client alone",
    "mimeLimit": "types allowed, or after ! forbidden",
    "fileType": "storage class",
    "keylimit": "the only keys allowed",
    "returnUrl": "where a browser is sent after the upload",
    "returnBody": "the answer to the client",
    "callbackUrl": "who is told of the upload, and answers the client",
    "callbackHost": "Host header of the callback",
    "callbackBody": "what is told",
    "callbackBodyType": "media type of it",
    "callbackFetchKey": "1: the callback comes first and names the key",
    "commit": "strict: the object is visible only once the callback was accepted",
    "asyncOps": "commands run on the object afterwards",
    "persistentOps": "commands run on the object afterwards",
    "persistentNotifyUrl": "who is told of their end",
    "persistentPipeline": "their queue",
    "persistentType": "1: they run when there is time",
    "quota": "this gateway's own: what the endUser may upload in a day",
    **dict.fromkeys(
        (
            *("persistentWorkflowTemplateID", "deleteAfterDays", "trafficLimit", "exclusive"),
            *("transform", "fopTimeout", "transformFallbackMode", "transformFallbackKey"),
            *("escape", "checksum", "customer", "upHosts", "uphosts", "global"),
        ),
        _NOT_USED,
    ),
}
