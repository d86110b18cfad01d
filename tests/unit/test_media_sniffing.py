"""Samples are made here, or are the pictures of tests/vectors/images; nothing is from elsewhere."""

from __future__ import annotations

import gzip
import io
import random
import struct
import wave
import zipfile
from pathlib import Path

import pytest

from upgate.contents.media_sniffing import sniff
from upgate.limits import SNIFF_BYTES

_PICTURES = Path(__file__).parent.parent / "vectors" / "images"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_MP3_FRAME = b"\xff\xfb\x90\x64" + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz


_ID3 = b"ID3\3\0\0\0\0\0\x0a" + bytes(10)


def adts_frame(content: int) -> bytes:
    length = content + 7
    head = (0xFF, 0xF1, 0x50, 0x80 | length >> 11, length >> 3 & 255, (length & 7) << 5 | 31, 0xFC)
    return bytes(head) + b"\x21" * content


def iso_media(*brands: bytes) -> bytes:
    ftyp = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    return struct.pack(">I", len(ftyp) + 4) + ftyp + b"\0\0\0\x6cmoov" + bytes(100)


def ogg(packet: bytes) -> bytes:
    return b"OggS\0\2" + bytes(20) + bytes((1, len(packet))) + packet


def matroska(document_type: bytes) -> bytes:
    fields = b"\x42\x86\x81\1\x42\xf7\x81\1\x42\xf2\x81\4\x42\xf3\x81\x08\x42\x82"
    return b"\x1a\x45\xdf\xa3\x9f" + fields + bytes((0x80 | len(document_type),)) + document_type


def archive(*names: str, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as opened:
        for name in names:
            opened.writestr(name, "application/epub+zip" if name == "mimetype" else "<x/>" * 30)
    return stream.getvalue()


ODF = ("text", "spreadsheet", "presentation", "graphics", "text-template")
OLE = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "of another program": "application/x-ole-storage",
}


def open_document(kind: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        opened.writestr("content.xml", "<x/>")
    return stream.getvalue()


def compound_file(stream: str) -> bytes:
    """The header and the directory of a compound file (MS-CFB), and a sector between them."""
    names = ("Root Entry", stream)
    entries = (
        name.encode("utf-16-le").ljust(64, b"\0")
        + (2 * len(name) + 2).to_bytes(2, "little")
        + bytes(62)
        for name in names
    )
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + b"".join(entries)


def wav() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(8000)
        opened.writeframes(bytes(200))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ycbcr.jpg", "image/jpeg"),
        ("rgba.png", "image/png"),
        ("still.gif", "image/gif"),
        ("lossy.webp", "image/webp"),
        ("exif.heic", "image/heic"),
        ("exif.avif", "image/avif"),
        ("rgba.bmp", "image/bmp"),
        ("rgba.tiff", "image/tiff"),
    ],
)
def test_a_picture_is_told_by_its_bytes(name: str, expected: str) -> None:
    assert sniff((_PICTURES / name).read_bytes()) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + _MP3_FRAME, "audio/mpeg"),
        (_MP3_FRAME * 2, "audio/mpeg"),
        (adts_frame(100) * 2, "audio/aac"),
        (iso_media(b"M4A ", b"M4A ", b"mp42"), "audio/mp4"),
        (iso_media(b"isom", b"isom", b"avc1", b"mp41"), "video/mp4"),
        (iso_media(b"qt  ", b"qt  "), "video/quicktime"),
        (iso_media(b"3gp4", b"isom"), "video/3gpp"),
        (iso_media(b"mif1", b"mif1", b"heic"), "image/heif"),
        (iso_media(b"3gg6", b"3gg6", b"isom"), "video/3gpp"),
        (iso_media(b"3g2a", b"3g2a"), "video/3gpp2"),
        (iso_media(b"M4V ", b"M4V ", b"mp42"), "video/mp4"),
        (iso_media(b"avis", b"avis", b"msf1", b"iso8"), "image/avif"),
        (iso_media(b"hevc", b"hevc", b"msf1"), "image/heic"),
        (iso_media(b"msf1", b"msf1", b"hevc"), "image/heif"),
        (iso_media(b"crx ", b"crx ", b"isom"), "image/x-canon-cr3"),
        (b"\0\0\0\x74moov\0\0\0\x6cmvhd" + bytes(100), "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\7\xd0mdat" + bytes(2000), "video/quicktime"),
        (b"\0\0\0\1mdat\0\0\0\0\0\1\0\0" + bytes(100), "video/quicktime"),
        (b"\0\0\0\x10free" + bytes(8) + b"\0\0\1\0mdat" + bytes(248), "video/quicktime"),
        (_ID3 + b"fLaC\0\0\0\x22" + b"\x10\0" * 17, "audio/flac"),
        (_ID3 + adts_frame(100) * 2, "audio/aac"),
        (_ID3 + _MP3_FRAME, "audio/mpeg"),
        (b"ID3\4\0\0\0\1\0\0" + bytes(16384), "audio/mpeg"),
        (b"#!AMR\n" + b"\x3c" + bytes(31), "audio/amr"),
        (b"#!AMR-WB\n" + b"\x44" + bytes(60), "audio/amr-wb"),
        (ogg(b"\1vorbis" + bytes(23)), "audio/ogg"),
        (ogg(b"OpusHead\1\2" + bytes(9)), "audio/ogg"),
        (ogg(b"\x80theora" + bytes(35)), "video/ogg"),
        (b"fLaC\0\0\0\x22" + b"\x10\0" * 17, "audio/flac"),
        (wav(), "audio/wav"),
        (b"RIFF\0\0\1\0AVI LIST", "video/x-msvideo"),
        (matroska(b"webm"), "video/webm"),
        (matroska(b"matroska"), "video/matroska"),
        (b"FLV\1\5\0\0\0\x09\0\0\0\0\x12", "video/x-flv"),
        ((b"G\x40\0\x10" + b"\xff" * 184) * 3, "video/mp2t"),
    ],
)
def test_sound_and_film_are_told_by_their_bytes(data: bytes, expected: str) -> None:
    assert sniff(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "application/pdf"),
        (gzip.compress(b"hello"), "application/gzip"),
        (archive("a.txt"), "application/zip"),
        (b"PK\5\6" + bytes(18), "application/zip"),
        (
            archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
            _OFFICE + "wordprocessingml.document",
        ),
        (archive("[Content_Types].xml", "xl/workbook.xml"), _OFFICE + "spreadsheetml.sheet"),
        (archive("META-INF/MANIFEST.MF", "a.class"), "application/java-archive"),
        (
            archive("META-INF/MANIFEST.MF", "AndroidManifest.xml"),
            "application/vnd.android.package-archive",
        ),
        (archive("mimetype", "x", compression=zipfile.ZIP_STORED), "application/epub+zip"),
        (
            archive("[Content_Types].xml", "ppt/presentation.xml"),
            _OFFICE + "presentationml.presentation",
        ),
        (
            archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "application/vnd.ms-word.document.macroEnabled.12",
        ),
        (archive("classes.dex", "res/a.xml"), "application/vnd.android.package-archive"),
        *((open_document(kind), f"application/vnd.oasis.opendocument.{kind}") for kind in ODF),
        *((compound_file(name), media_type) for name, media_type in OLE.items()),
        (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(40), "image/vnd.microsoft.icon"),
        (b"wOF2\0\1\0\0" + bytes(40), "font/woff2"),
        (bytes(257) + b"ustar\0", "application/x-tar"),
    ],
)
def test_a_document_or_an_archive_is_told_by_its_bytes(data: bytes, expected: str) -> None:
    assert sniff(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html></html>",
        b"<!doctype\nHTML PUBLIC 'x'>",
        b"<HTML>",
        b" \r\n\t<script>alert(1)</script>",
        b"<img src=x onerror=alert(1)>",
        b"<svg/onload=alert(1)>".replace(b"svg", b"iframe"),
        b"<!-- a comment --><script>alert(1)</script>",
        b"<!-- no end",
        b"\xef\xbb\xbf<body>",
        "<html><body>".encode("utf-16"),
        "\ufeff<html>".encode("utf-16-be"),
        "<title>你好</title>".encode("gbk"),
        b"<p>caf\xc3\xa9</p>",
        b"<h1 align=center>Readme</h1>",
    ],
)
def test_what_a_browser_would_run_as_a_page_is_html(data: bytes) -> None:
    assert sniff(data) == "text/html"


@pytest.mark.parametrize(
    "data",
    [
        b"h",
        "Grüße, 世界\n".encode(),
        "你好，世界。这是一个文本文件。".encode("gbk"),
        "text".encode("utf-16"),
        b"a < b and <b>bold</b>",
        b"# Title\n\n<script>x</script>\n",
        b"print('<html>')\n",
        b"<htmlx>",
        b"<john@example.com> wrote:",
        b"<3",
        b"a,b\n1,2\n",
        b"BM is short for Bergische Motoren and long for nothing else",
        b"GIF pictures and PNG pictures",
        b"Gone with the wind. " * 40,
        b"[1] a footnote",
        b"{not json}",
        b'{"not": json}',
        b"ID3 tags are explained here, at some length",
        b"<?php echo 1; ?>",
    ],
)
def test_text_is_plain_text(data: bytes) -> None:
    assert sniff(data) == "text/plain"


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"<svg onload=alert(1)>",
        b'\n<?xml version="1.0"?>\n<!-- made -->\n<!DOCTYPE svg PUBLIC "a" "b">\n<svg/>',
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg >',
        b"<!-- made by hand --><svg >",
        b'<svg:svg xmlns:svg="x">',
    ],
)
def test_svg_is_no_plain_text_and_no_other_xml(data: bytes) -> None:
    assert sniff(data) == "image/svg+xml"


def test_xml_is_told_by_its_declaration() -> None:
    assert sniff(b'<?xml version="1.0"?><note/>') == "application/xml"


def test_xml_with_a_page_in_it_is_xhtml() -> None:
    assert sniff(b'<?xml version="1.0"?><html xmlns="x">') == "application/xhtml+xml"


@pytest.mark.parametrize("data", [b"{}", b"[1, 2]", b' {"a": null}', b'\xef\xbb\xbf{"a": 1}'])
def test_json_is_told_by_parsing_it(data: bytes) -> None:
    assert sniff(data) == "application/json"


def test_long_json_is_told_by_its_beginning() -> None:
    assert sniff((b'{"a": "' + b"x" * SNIFF_BYTES)[:SNIFF_BYTES]) == "application/json"


def test_deeply_nested_json_is_text_and_no_error() -> None:
    assert sniff(b"[" * (SNIFF_BYTES - 1)) == "text/plain"


def test_a_character_cut_at_the_end_of_the_prefix_leaves_text_text() -> None:
    text = ("a" + "世" * SNIFF_BYTES).encode()
    assert sniff(text[:SNIFF_BYTES]) == "text/plain"


def test_a_character_cut_at_the_end_of_short_content_is_not_utf_8() -> None:
    assert sniff(b"a\xe4\xb8") != "text/html"


def test_content_beyond_the_prefix_is_not_looked_at() -> None:
    assert sniff(b"a" * SNIFF_BYTES + b"\0") == "text/plain"
    assert sniff(b"a" * (SNIFF_BYTES - 1) + b"\0") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        bytes(100),
        b"BM" + bytes(100),
        b"\xff\xfb\x90\x64" + bytes(500),  # one frame, and no second one where it ends
        b"\xff\xf1\x50\x80\x0d\x7f\xfc" + bytes(500),
        b"\0\0\1\0" + bytes(40),
        b"RIFF\0\0\0\0XXXX\0",
        b"\0\0\0\x18ftyp\xff\xfe\xfd\xfc" + bytes(20),
    ],
)
def test_binary_content_without_a_signature_has_no_type(data: bytes) -> None:
    assert sniff(data) is None


def test_random_bytes_have_no_type() -> None:
    chance = random.Random(4)  # noqa: S311 - reproducible samples, not a secret
    assert {sniff(chance.randbytes(4096)) for _ in range(200)} == {None}
