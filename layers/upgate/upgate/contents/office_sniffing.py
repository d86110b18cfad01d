"""Office documents and packages by what their container names: ZIP entries, OLE streams."""

from __future__ import annotations

import re
from typing import Final

_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names of streams, in the directory of the compound file (MS-CFB, 2.6.1): UTF-16.
_OLE_STREAMS: Final = (
    ("WordDocument", "application/msword"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("__nameid_version1.0", "application/vnd.ms-outlook"),
    ("VisioDocument", "application/vnd.visio"),
)
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ZIP_MIMETYPE: Final = re.compile(
    rb"mimetype(application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z]+(?:-[a-z]+)*))"
)
# The first that an entry begins with decides.
_ZIP_ENTRIES: Final = (
    (b"word/vbaProject.bin", "application/vnd.ms-word.document.macroEnabled.12"),
    (b"xl/vbaProject.bin", "application/vnd.ms-excel.sheet.macroEnabled.12"),
    (b"ppt/vbaProject.bin", "application/vnd.ms-powerpoint.presentation.macroEnabled.12"),
    (b"word/", _OOXML + "wordprocessingml.document"),
    (b"xl/", _OOXML + "spreadsheetml.sheet"),
    (b"ppt/", _OOXML + "presentationml.presentation"),
    (b"visio/", "application/vnd.ms-visio.drawing"),
    (b"AndroidManifest.xml", "application/vnd.android.package-archive"),
    (b"resources.arsc", "application/vnd.android.package-archive"),
    (b"classes.dex", "application/vnd.android.package-archive"),
    (b"META-INF/com/android/", "application/vnd.android.package-archive"),
    (b"META-INF/", "application/java-archive"),
)


def sniff_zip(data: bytes) -> str | None:
    """What is in a ZIP archive, by the entries that the data show; application/zip for any other.

    None for what is no archive.
    """
    if not data.startswith((b"PK\3\4", b"PK\5\6")):
        return None
    own_word = _ZIP_MIMETYPE.match(data, 30)
    if own_word:
        return own_word[1].decode("ascii")
    names = re.findall(rb"PK\x03\x04.{26}([\w\[\]./-]{1,64})", data, re.DOTALL)
    for entry, media_type in _ZIP_ENTRIES:
        if any(name.startswith(entry) for name in names):
            return media_type
    return "application/zip"


def sniff_ole(data: bytes) -> str | None:
    """Which program of Office 97 wrote a compound file; None where its directory is further on."""
    if not data.startswith(_OLE_MAGIC):
        return None
    for name, media_type in _OLE_STREAMS:
        written = name.encode("utf-16-le")
        length = (len(written) + 2).to_bytes(2, "little")  # of the name, its end included
        entry = written.ljust(64, b"\0") + length
        if entry in data:
            return media_type
    return "application/x-ole-storage"
