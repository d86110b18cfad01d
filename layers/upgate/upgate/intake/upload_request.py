"""What a client asked for, whichever way it came: form, putb64, mkfile or complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

type Content = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class ObjectHeaders:
    """Headers that S3 keeps with the object and gives back on download (protocol.md 2.1)."""

    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class UploadSession:
    """What an upload of several requests is known by, and when (Unix seconds) it began.

    The identity outlives a token that is refreshed, so that a repeated mkfile or complete is known
    as one; the time makes `$(year)` to `$(sec)` the same in it.
    """

    identity: str
    started_at: int


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """The client's side of an upload; what the policy says about it is decided elsewhere.

    `key` None means "no key", which is not the empty key. `custom_variables` keep their `x:`
    prefix; `metadata` names are without `x-qn-meta-`.
    """

    token: str
    key: str | None = None
    file_name: str | None = None
    mime_type: str | None = None
    crc32: int | None = None
    accept: str | None = None
    custom_variables: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: ObjectHeaders = field(default_factory=ObjectHeaders)
    session: UploadSession | None = None
