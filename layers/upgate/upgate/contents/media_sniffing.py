"""The media type of content by its first bytes (after WHATWG MIME Sniffing), as servers need it.

Nothing is guessed: bytes that have no signature and are not text have no type. What a browser would
run as a page is never called plain text, and text is called HTML only when it begins with a tag.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from upgate import limits
from upgate.contents.iso_boxes import headers
from upgate.contents.media_frames import is_adts, is_bmp, is_mpeg_audio, is_transport_stream
from upgate.contents.office_sniffing import sniff_ole, sniff_zip
from upgate.contents.text_sniffing import sniff_text
from upgate.images.image_headers.brands import heif_format

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (b"8BPS\0\1", "image/vnd.adobe.photoshop"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\7", "application/vnd.rar"),
    (b"\0asm\1\0\0\0", "application/wasm"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"MZ\x90\0", "application/x-msdownload"),
    (b"fLaC", "audio/flac"),
    (b"MThd\0\0\0\6", "audio/midi"),
    (b"#!AMR-WB", "audio/amr-wb"),
    (b"#!AMR", "audio/amr"),
    (b"FLV\1", "video/x-flv"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\0\0\1\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\0\1\0\0\0", "font/ttf"),
    (b"OTTO\0", "font/otf"),
    (b"glTF\2\0\0\0", "model/gltf-binary"),
)
# Containers that say at bytes 8 to 12 what is in them.
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_FORM: Final = {b"AIFF": "audio/aiff", b"AIFC": "audio/aiff"}
_BRANDS: Final = {
    b"M4A": "audio/mp4",
    b"M4B": "audio/mp4",
    b"M4P": "audio/mp4",
    b"qt ": "video/quicktime",
    b"3g2": "video/3gpp2",
    b"crx": "image/x-canon-cr3",
}
_3GPP: Final = (b"3gp", b"3ge", b"3gg", b"3gh", b"3gr", b"3gs")
# What QuickTime files begin with that have no `ftyp`: older cameras write none.
_QUICKTIME: Final = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))
_MOVIE_BOXES: Final = frozenset((b"mvhd", b"cmov", b"rmra", b"iods", b"udta"))


def sniff(prefix: bytes) -> str | None:
    """The media type of the content that starts so, None if it cannot be told.

    Give it the first limits.SNIFF_BYTES, or all of shorter content; more is not looked at.
    """
    data = bytes(prefix[: limits.SNIFF_BYTES])
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature) and _is_plausible(media_type, data):
            return media_type
    for recognise in _CONTAINERS:
        if found := recognise(data):
            return found
    return sniff_text(data, is_whole=len(prefix) < limits.SNIFF_BYTES)


def _is_plausible(media_type: str, data: bytes) -> bool:
    """A second look where the signature is short enough to be the beginning of something else."""
    match media_type:
        case "image/vnd.microsoft.icon":
            return len(data) >= 22 and 0 < data[4] <= 64 and data[5] == 0 and data[9] == 0
        case "application/x-bzip2":
            return data[3:4].isdigit() and data[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
        case "audio/flac":
            return data[4:5] in (b"\x00", b"\x80")  # STREAMINFO, which has to come first
        case "font/woff" | "font/woff2":
            return data[4:8] in (b"\0\1\0\0", b"OTTO", b"true")
        case _:
            return True


def _riff(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    return _FORM.get(data[8:12]) if data[:4] == b"FORM" else None


def _iso_media(data: bytes) -> str | None:
    if data[4:8] != b"ftyp" or not data[8:12].isascii():
        return None
    picture = heif_format(data)
    if picture:
        is_generic = picture == "heic" and data[8:12] in (b"mif1", b"msf1")
        return "image/heif" if is_generic else f"image/{picture}"
    brand = data[8:11]
    return "video/3gpp" if brand in _3GPP else _BRANDS.get(brand, "video/mp4")


def _quicktime(data: bytes) -> str | None:
    """Boxes without `ftyp` before them; one name of four letters proves nothing alone."""
    for box in headers(data):
        if box.kind == b"moov":
            inner = data[box.content + 4 : box.content + 8]
            return "video/quicktime" if inner in _MOVIE_BOXES else None
        if box.kind == b"mdat":
            return "video/quicktime"
        if box.kind not in _QUICKTIME:
            break
    return None


def _id3(data: bytes) -> str | None:
    """What an ID3v2 tag stands before (its length is four times seven bits); mostly it is MP3."""
    if not data.startswith(b"ID3") or len(data) < 10:
        return None
    if data[3] not in (2, 3, 4) or max(data[6:10]) >= 0x80:
        return None
    length = 0
    for byte in data[6:10]:
        length = length << 7 | byte
    rest = data[10 + length + (10 if data[5] & 0x10 else 0) :].lstrip(b"\0")
    if rest.startswith(b"fLaC"):
        return "audio/flac"
    return "audio/aac" if is_adts(rest) else "audio/mpeg"


def _matroska(data: bytes) -> str | None:
    if not data.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return "video/webm" if b"\x42\x82\x84webm" in data[:64] else "video/matroska"


def _ogg(data: bytes) -> str | None:
    if not data.startswith(b"OggS\0"):
        return None
    is_video = any(codec in data[28:512] for codec in (b"\x80theora", b"OVP80", b"\x01video"))
    return "video/ogg" if is_video else "audio/ogg"


def _tar(data: bytes) -> str | None:
    return "application/x-tar" if data[257:262] == b"ustar" else None


def _frames(data: bytes) -> str | None:
    checks: tuple[tuple[Callable[[bytes], bool], str], ...] = (
        (is_bmp, "image/bmp"),
        (is_mpeg_audio, "audio/mpeg"),
        (is_adts, "audio/aac"),
        (is_transport_stream, "video/mp2t"),
    )
    return next((media_type for check, media_type in checks if check(data)), None)


_CONTAINERS: Final = (
    *(_id3, _riff, _iso_media, _quicktime, _matroska, _ogg, sniff_zip, sniff_ole, _tar, _frames),
)
