"""An EXIF value as libexif prints it, which is what Kodo answers: "1/50 sec.", "5.00 EV (f/5.7)".

Written from the Exif standard (2.32, section 4.6) and from what libexif 0.6.24 was seen to print
(tests/vectors/exif). A value of a type or count that its tag cannot have is printed as nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from upgate import limits
from upgate.images.exif_enumerations import CONTIGUOUS, LISTED
from upgate.images.exif_tags import Ifd
from upgate.images.tiff_directory import Entry, Format

type Formatter = Callable[[Entry], str]

_BYTE_ENUMERATIONS: Final = {
    (Ifd.EXIF, 0xA300): Format.UNDEFINED,
    (Ifd.EXIF, 0xA301): Format.UNDEFINED,
    (Ifd.GPS, 0x0005): Format.BYTE,
}
_CANDELA_PER_SQUARE_METRE = 1 / (math.pi * 0.3048**2)  # a foot-lambert: APEX brightness 0
_COMPONENTS = ("-", "Y", "Cb", "Cr", "R", "G", "B")
_EXIF_VERSIONS = {
    "0110": "1.1",
    "0120": "1.2",
    "0200": "2.0",
    "0210": "2.1",
    "0220": "2.2",
    "0221": "2.21",
    "0230": "2.3",
    "0231": "2.31",
    "0232": "2.32",
}
_FLASHPIX_VERSIONS = {"0100": "1.0", "0101": "1.01"}


def exif_text(ifd: Ifd, entry: Entry) -> str | None:
    """The text of an entry of one directory, None when its value is above EXIF_VALUE_BYTES.

    The text of an UNDEFINED value is mostly its size, so such a value may be of any size.
    """
    if not entry.data and entry.format is not Format.UNDEFINED:
        return None
    key = (ifd, entry.tag)
    if key in CONTIGUOUS:
        text = _contiguous(entry, CONTIGUOUS[key])
    elif key in LISTED:
        text = _listed(entry, LISTED[key], _BYTE_ENUMERATIONS.get(key, Format.SHORT))
    else:
        text = _FORMATTERS.get(key, _plain)(entry)
    return text if len(text) <= limits.EXIF_VALUE_BYTES else None


def _single(entry: Entry, value_format: Format) -> int | None:
    if entry.format is not value_format or entry.count != 1:
        return None
    return entry.data[0] if value_format is Format.UNDEFINED else entry.integers()[0]


def _contiguous(entry: Entry, texts: dict[int, str]) -> str:
    value = _single(entry, Format.SHORT)
    if value is None:
        return ""
    return texts.get(value) or (f"Unknown value {value}" if value < max(texts) else str(value))


def _listed(entry: Entry, texts: dict[int, str], value_format: Format) -> str:
    value = _single(entry, value_format)
    if value is None:
        return ""
    return texts.get(value, f"Internal error (unknown value {value})")


def _plain(entry: Entry) -> str:
    """By type alone."""
    match entry.format:
        case Format.ASCII:
            return _until_nul(entry.data)
        case Format.UNDEFINED:
            return f"{entry.size} bytes undefined data"
        case Format.FLOAT | Format.DOUBLE:
            return f"{entry.size} bytes unsupported data type"
        case Format.BYTE | Format.SBYTE:
            return ", ".join(f"0x{byte:02x}" for byte in entry.data)
        case Format.RATIONAL | Format.SRATIONAL:
            return ", ".join(_ratio(*ratio) for ratio in entry.rationals())
        case _:
            return ", ".join(map(str, entry.integers()))


def _until_nul(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _ratio(numerator: int, denominator: int) -> str:
    """A quotient with about as many decimals as the denominator has digits to give."""
    if denominator == 0:
        return f"{numerator}/{denominator}"
    decimals = int(math.log10(abs(denominator)) + 0.92)
    return f"{numerator / denominator:2.{decimals}f}"


def _power_of_two(exponent: float) -> float:
    try:
        return math.pow(2, exponent)
    except OverflowError:
        return math.inf


def _of_quotient(value_format: Format, text: Callable[[float], str]) -> Formatter:
    """A formatter of one (signed) rational; a zero denominator is printed as it stands."""

    def formatter(entry: Entry) -> str:
        if entry.format is not value_format or entry.count != 1:
            return ""
        ((numerator, denominator),) = entry.rationals()
        return text(numerator / denominator) if denominator else _ratio(numerator, denominator)

    return formatter


def _seconds(seconds: float) -> str:
    return f"1/{1 / seconds:.0f} sec." if 0 < seconds < 1 else f"{seconds:.0f} sec."


def _aperture(apex: float) -> str:
    return f"{apex:.2f} EV (f/{_power_of_two(apex / 2):.1f})"


def _shutter_speed(apex: float) -> str:
    seconds = _power_of_two(-apex)
    return f"{apex:.2f} EV ({_seconds(seconds)})"


def _brightness(apex: float) -> str:
    return f"{apex:.2f} EV ({_CANDELA_PER_SQUARE_METRE * _power_of_two(apex):.2f} cd/m^2)"


def _copyright(entry: Entry) -> str:
    """Photographer and editor, parted by a NUL; a blank stands for nobody."""
    if entry.format is not Format.ASCII:
        return ""
    photographer, _, rest = entry.data.partition(b"\0")
    names = (_until_nul(name) for name in (photographer, rest))
    photographer_text, editor_text = (name if name.strip() else "[None]" for name in names)
    return f"{photographer_text} (Photographer) - {editor_text} (Editor)"


def _user_comment(entry: Entry) -> str:
    """Eight bytes of character code, then the text; writers that leave the code out are common."""
    if entry.format is not Format.UNDEFINED:
        return ""
    code, text = entry.data[:8], entry.data[8:]
    if code in (b"UNICODE\0", b"JIS\0\0\0\0\0"):
        return f"Unsupported {code.rstrip(b'\0').decode('ascii')} string"
    return _until_nul(text if code == b"ASCII\0\0\0" or code[:1] == b"\0" else entry.data)


def _subject_area(entry: Entry) -> str:
    if entry.format is not Format.SHORT:
        return ""
    match entry.integers():
        case (x, y):
            return f"(x,y) = ({x},{y})"
        case (x, y, distance):
            return f"Within distance {distance} of (x,y) = ({x},{y})"
        case (x, y, width, height):
            return f"Within rectangle (width {width}, height {height}) around (x,y) = ({x},{y})"
    return f"Unexpected number of components ({entry.count}, expected 2, 3, or 4)."


def _components_configuration(entry: Entry) -> str:
    if entry.format is not Format.UNDEFINED or entry.count != 4:
        return ""
    return " ".join(
        _COMPONENTS[byte] if byte < len(_COMPONENTS) else "Reserved" for byte in entry.data
    )


def _version(name: str, versions: dict[str, str]) -> Formatter:
    def formatter(entry: Entry) -> str:
        if entry.format is not Format.UNDEFINED or entry.count != 4:
            return ""
        version = versions.get(entry.data.decode("latin-1"))
        return f"{name} Version {version}" if version else f"Unknown {name} Version"

    return formatter


def _chroma_subsampling(entry: Entry) -> str:
    if entry.format is not Format.SHORT or entry.count != 2:
        return ""
    factors = entry.integers()
    names: dict[tuple[int, ...], str] = {(2, 1): "YCbCr4:2:2", (2, 2): "YCbCr4:2:0"}
    return names.get(factors) or _plain(entry)


def _utf16(entry: Entry) -> str:
    """Windows writes these tags in little-endian UTF-16, whatever the byte order of the rest."""
    data = entry.data + b"\0" * (entry.size % 2)
    return data.decode("utf-16-le", "replace").split("\0", 1)[0]


def _interoperability_version(entry: Entry) -> str:
    return _until_nul(entry.data) if entry.format is Format.UNDEFINED else _plain(entry)


def _gps_version(entry: Entry) -> str:
    if entry.format is not Format.BYTE or entry.count != 4:
        return ""
    return ".".join(map(str, entry.data))


def _gps_time(entry: Entry) -> str:
    if entry.format is not Format.RATIONAL or entry.count != 3:
        return ""
    ratios = entry.rationals()
    if not all(denominator for _, denominator in ratios):
        return _plain(entry)
    hours, minutes = (numerator // denominator for numerator, denominator in ratios[:2])
    seconds = ratios[2][0] / ratios[2][1]
    return f"{hours:02d}:{minutes:02d}:{seconds:05.2f}"


_FORMATTERS: Final[dict[tuple[Ifd, int], Formatter]] = {
    (Ifd.IMAGE, 0x0212): _chroma_subsampling,
    (Ifd.IMAGE, 0x8298): _copyright,
    **{(Ifd.IMAGE, tag): _utf16 for tag in range(0x9C9B, 0x9CA0)},
    (Ifd.EXIF, 0x829A): _of_quotient(Format.RATIONAL, _seconds),
    (Ifd.EXIF, 0x829D): _of_quotient(Format.RATIONAL, "f/{:.1f}".format),
    (Ifd.EXIF, 0x9000): _version("Exif", _EXIF_VERSIONS),
    (Ifd.EXIF, 0x9101): _components_configuration,
    (Ifd.EXIF, 0x9201): _of_quotient(Format.SRATIONAL, _shutter_speed),
    (Ifd.EXIF, 0x9202): _of_quotient(Format.RATIONAL, _aperture),
    (Ifd.EXIF, 0x9203): _of_quotient(Format.SRATIONAL, _brightness),
    (Ifd.EXIF, 0x9204): _of_quotient(Format.SRATIONAL, "{:.2f} EV".format),
    (Ifd.EXIF, 0x9205): _of_quotient(Format.RATIONAL, _aperture),
    (Ifd.EXIF, 0x9206): _of_quotient(Format.RATIONAL, "{:.1f} m".format),
    (Ifd.EXIF, 0x920A): _of_quotient(Format.RATIONAL, "{:.1f} mm".format),
    (Ifd.EXIF, 0x9214): _subject_area,
    (Ifd.EXIF, 0x9286): _user_comment,
    (Ifd.EXIF, 0xA000): _version("FlashPix", _FLASHPIX_VERSIONS),
    (Ifd.GPS, 0x0000): _gps_version,
    (Ifd.GPS, 0x0007): _gps_time,
    (Ifd.INTEROP, 0x0002): _interoperability_version,
}
