"""Media types by file extension: our own table, because a machine's /etc/mime.types is its own.

Registered types (IANA) where there is one, otherwise the one that browsers and S3 users expect.
"""

from __future__ import annotations

import re
from typing import Final

OCTET_STREAM: Final = "application/octet-stream"

# The first extension of a type is the one that extension_for gives.
_EXTENSIONS: Final = {
    "application/epub+zip": ("epub",),
    "application/geo+json": ("geojson",),
    "application/gzip": ("gz", "tgz"),
    "application/java-archive": ("jar",),
    "application/json": ("json", "map"),
    "application/manifest+json": ("webmanifest",),
    "application/msword": ("doc", "dot"),
    OCTET_STREAM: ("bin", "img", "dmg", "iso", "so", "dll", "deb", "pkg"),
    "application/pdf": ("pdf",),
    "application/postscript": ("eps", "ps", "ai"),
    "application/rtf": ("rtf",),
    "application/vnd.android.package-archive": ("apk",),
    "application/vnd.apple.mpegurl": ("m3u8",),
    "application/vnd.ms-excel": ("xls",),
    "application/vnd.ms-excel.sheet.macroEnabled.12": ("xlsm",),
    "application/vnd.ms-outlook": ("msg",),
    "application/vnd.ms-powerpoint": ("ppt", "pps"),
    "application/vnd.ms-powerpoint.presentation.macroEnabled.12": ("pptm",),
    "application/vnd.ms-visio.drawing": ("vsdx",),
    "application/vnd.ms-word.document.macroEnabled.12": ("docm",),
    "application/vnd.oasis.opendocument.graphics": ("odg",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.rar": ("rar",),
    "application/vnd.sqlite3": ("sqlite", "db"),
    "application/vnd.visio": ("vsd",),
    "application/wasm": ("wasm",),
    "application/x-7z-compressed": ("7z",),
    "application/x-bzip2": ("bz2",),
    "application/x-msdownload": ("exe",),
    "application/x-sh": ("sh",),
    "application/x-tar": ("tar",),
    "application/x-xz": ("xz",),
    "application/xhtml+xml": ("xhtml", "xht"),
    "application/xml": ("xml", "xsl", "xsd"),
    "application/zip": ("zip",),
    "application/zstd": ("zst",),
    "audio/aac": ("aac",),
    "audio/aiff": ("aiff", "aif"),
    "audio/amr": ("amr",),
    "audio/amr-wb": ("awb",),
    "audio/flac": ("flac",),
    "audio/midi": ("mid", "midi"),
    "audio/mp4": ("m4a", "m4b"),
    "audio/mpeg": ("mp3", "mp2", "mpga"),
    "audio/ogg": ("ogg", "oga", "opus", "spx"),
    "audio/wav": ("wav",),
    "audio/webm": ("weba",),
    "audio/x-ms-wma": ("wma",),
    "font/collection": ("ttc",),
    "font/otf": ("otf",),
    "font/ttf": ("ttf",),
    "font/woff": ("woff",),
    "font/woff2": ("woff2",),
    "image/apng": ("apng",),
    "image/avif": ("avif", "avifs"),
    "image/bmp": ("bmp", "dib"),
    "image/gif": ("gif",),
    "image/heic": ("heic", "heics"),
    "image/heif": ("heif", "hif"),
    "image/jp2": ("jp2",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/jxl": ("jxl",),
    "image/png": ("png",),
    "image/svg+xml": ("svg",),
    "image/tiff": ("tiff", "tif"),
    "image/vnd.adobe.photoshop": ("psd",),
    "image/vnd.microsoft.icon": ("ico", "cur"),
    "image/webp": ("webp",),
    "image/x-adobe-dng": ("dng",),
    "image/x-canon-cr3": ("cr3",),
    "model/gltf+json": ("gltf",),
    "model/gltf-binary": ("glb",),
    "text/calendar": ("ics",),
    "text/css": ("css",),
    "text/csv": ("csv",),
    "text/html": ("html", "htm"),
    "text/javascript": ("js", "mjs", "cjs"),
    "text/markdown": ("md", "markdown"),
    "text/plain": ("txt", "text", "log", "conf", "ini", "srt"),
    "text/tab-separated-values": ("tsv",),
    "text/vcard": ("vcf",),
    "text/vtt": ("vtt",),
    "text/yaml": ("yaml", "yml"),
    "video/3gpp": ("3gp", "3gpp"),
    "video/3gpp2": ("3g2",),
    "video/matroska": ("mkv",),
    "video/mp2t": ("ts", "m2ts", "mts"),
    "video/mp4": ("mp4", "m4v", "mpg4"),
    "video/mpeg": ("mpeg", "mpg", "mpe", "vob"),
    "video/ogg": ("ogv",),
    "video/quicktime": ("mov", "qt"),
    "video/webm": ("webm",),
    "video/x-flv": ("flv",),
    "video/x-ms-asf": ("asf",),
    "video/x-ms-wmv": ("wmv",),
    "video/x-msvideo": ("avi",),
}
# Names that clients send for types above.
_ALIASES: Final = {
    "application/javascript": "text/javascript",
    "application/x-gzip": "application/gzip",
    "application/x-javascript": "text/javascript",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-yaml": "text/yaml",
    "application/x-zip-compressed": "application/zip",
    "application/yaml": "text/yaml",
    "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-aac": "audio/aac",
    "audio/x-aiff": "audio/aiff",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-icon": "image/vnd.microsoft.icon",
    "image/x-ms-bmp": "image/bmp",
    "image/x-png": "image/png",
    "text/xml": "application/xml",
    "video/x-matroska": "video/matroska",
    "video/x-m4v": "video/mp4",
}
# RFC 6838, 4.2: no asterisk, so that no range passes for a type.
_ESSENCE: Final = re.compile(r"[0-9a-z][0-9a-z!#$&^_.+-]*/[0-9a-z][0-9a-z!#$&^_.+-]*", re.ASCII)
_TYPES: Final = {
    extension: media_type
    for media_type, extensions in _EXTENSIONS.items()
    for extension in extensions
}


def from_name(name: str) -> str | None:
    """The media type of a file name or key by its last extension, None if that is not known.

    A name that only starts with a dot (".mp4") has no extension; case does not matter.
    """
    stem, dot, extension = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    return _TYPES.get(extension.lower()) if dot and stem else None


def essence(label: str) -> str | None:
    """A media type's name in lower case, without its parameters; None if the label is none.

    What Kodo keeps of a client may be `jpg`, or `image/png, text/html`, of which a browser takes
    the last: neither is a media type.
    """
    name = label.partition(";")[0].strip().lower()
    return name if "," not in label and _ESSENCE.fullmatch(name) else None


def canonical(name: str) -> str:
    """The table's name of a type that has several: image/jpeg for image/jpg."""
    return _ALIASES.get(name, name)


def extension_for(media_type: str) -> str:
    """The usual extension with its dot (".jpg"), empty if there is none for this type."""
    name = media_type.partition(";")[0].strip().lower()
    extensions = _EXTENSIONS.get(canonical(name))
    return f".{extensions[0]}" if extensions and name != OCTET_STREAM else ""
