"""The named sets of parameters of 2013, as the parameters that they stand for (protocol.md 9.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Sizes by name, ffmpeg's own (`-s` of the ffmpeg manual): what `/s/` takes beside <width>x<height>.
SIZES = {
    "sqcif": "128x96",
    "qcif": "176x144",
    "qvga": "320x240",
    "cif": "352x288",
    "vga": "640x480",
    "4cif": "704x576",
    "svga": "800x600",
    "xga": "1024x768",
    "hd480": "852x480",
    "hd720": "1280x720",
    "hd1080": "1920x1080",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A format and the parameters that stand unless the command gives its own."""

    container: str
    parameters: Mapping[str, str]


def _phone(size: str, video: str, audio: str) -> Preset:
    parameters = {"vcodec": "libx264", "s": size, "vb": video, "acodec": "libfaac", "ab": audio}
    return Preset("mp4", {**parameters, "ar": "48000"})


_SMALL = {
    "": _phone("480x320", "512k", "128k"),
    "_high": _phone("480x320", "700k", "128k"),
    "_low": _phone("480x320", "96k", "64k"),
}

PRESETS = {
    **{f"android{suffix}": preset for suffix, preset in _SMALL.items()},
    **{f"iphone{suffix}": preset for suffix, preset in _SMALL.items()},
    "ipad": _phone("1024x768", "700k", "128k"),
    "ipad_high": _phone("1024x768", "1200k", "128k"),
    "ipad_low": _phone("1024x768", "512k", "128k"),
    "flash": Preset(
        "flv",
        {
            "vcodec": "flv",
            "s": "320x240",
            "vb": "512k",
            "acodec": "libmp3lame",
            "ab": "64k",
            "ar": "44100",
        },
    ),
}

_SHAPES = {"16x9_": {"s": "400x224", "aspect": "16:9"}, "4x3_": {"s": "400x300", "aspect": "4:3"}}


def _hls_presets() -> dict[str, Mapping[str, str]]:
    presets: dict[str, Mapping[str, str]] = {
        f"audio_{rate}k": {"vn": "1", "ab": f"{rate}k"} for rate in (32, 48, 64)
    }
    for rate in (150, 240, 440, 640, 1000, 1500):
        presets[f"video_{rate}k"] = {"vb": f"{rate}k", "ab": "64k"}
    for shape, parameters in _SHAPES.items():
        for rate in (150, 240, 440, 640):
            presets[f"video_{shape}{rate}k"] = {"vb": f"{rate}k", "ab": "64k", **parameters}
    return presets


HLS_PRESETS = _hls_presets()
