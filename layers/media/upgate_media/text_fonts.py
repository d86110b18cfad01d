"""The fonts that a text may be drawn with, in the order in which they are tried.

Every .ttf, .otf and .ttc file in this package's `fonts` directory comes first, in the order of
names: an operator's own. Then Pillow's built-in font, and Noto Sans CJK (SIL Open Font License) for
what that has not: Chinese, Japanese, Korean, Greek, Cyrillic. The names of Windows fonts that Kodo
pages carry lead to Noto Sans CJK at once.
"""

from __future__ import annotations

import functools
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upgate.errors import BadFopError
from upgate_media.ffmpeg_program import unpacked

if TYPE_CHECKING:
    from PIL import ImageFont

FONT_DIRECTORY = Path(__file__).parent / "fonts"

_SUFFIXES = frozenset((".ttf", ".otf", ".ttc"))
# Han characters are drawn differently where they are read; the faces of the collection by number.
_JAPANESE, _KOREAN, _SIMPLIFIED, _TRADITIONAL = 0, 1, 2, 3
_KANA = re.compile("[\u3041-\u30ff\uff66-\uff9f]")
_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_FACES_BY_NAME: Final = {
    _SIMPLIFIED: (
        *("宋体", "新宋体", "simsun", "nsimsun", "华文宋体", "stsong", "仿宋", "fangsong"),
        *("黑体", "simhei", "华文黑体", "stheiti", "微软雅黑", "microsoft yahei", "msyh"),
        *("楷体", "kaiti", "simkai", "华文楷体", "stkaiti", "幼圆", "隶书", "simfang"),
        *("wenquanyi", "wenquanyi zen hei", "wenquanyi micro hei", "文泉驿正黑", "文泉驿微米黑"),
        *("思源黑体", "source han sans", "source han sans cn", "noto sans cjk sc", "noto sans sc"),
        *("苹方", "pingfang sc", "droid sans fallback"),
    ),
    _TRADITIONAL: (
        *("細明體", "新細明體", "mingliu", "pmingliu", "標楷體", "dfkai-sb", "微軟正黑體"),
        *("microsoft jhenghei", "pingfang tc", "noto sans cjk tc", "noto sans tc"),
    ),
    _JAPANESE: (
        *("ms gothic", "ms mincho", "ms pgothic", "ms pmincho", "meiryo", "yu gothic"),
        *("メイリオ", "noto sans cjk jp", "noto sans jp"),
    ),
    _KOREAN: (
        *("batang", "dotum", "gulim", "malgun gothic", "바탕", "돋움", "굴림", "맑은 고딕"),
        *("noto sans cjk kr", "noto sans kr"),
    ),
}
_NAMED: Final = {name: face for face, names in _FACES_BY_NAME.items() for name in names}


@dataclass(frozen=True, slots=True)
class Face:
    """One font of a file; `path` None is Pillow's built-in one."""

    path: Path | None
    index: int = 0


def candidates(text: str, font_name: str | None) -> Iterator[Face]:
    """The fonts to try for a text; the file called `font_name` is first."""
    files = _operator_files()
    yield from (Face(path) for path in files if path.stem == font_name)
    named = _NAMED.get((font_name or "").casefold())
    if named is not None:
        yield Face(_cjk_file(), _face_of(text, named))
    yield from (Face(path) for path in files if path.stem != font_name)
    yield Face(None)
    yield Face(_cjk_file(), _face_of(text, _SIMPLIFIED))


@functools.lru_cache(maxsize=8)
def load(face: Face, size_pixels: int) -> ImageFont.FreeTypeFont:
    """The font in a size; raises OSError for a file that only looks like one."""
    from PIL import ImageFont

    if face.path is not None:
        return ImageFont.truetype(face.path, size_pixels, face.index)
    font = ImageFont.load_default(size_pixels)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise BadFopError("watermark: this Pillow has no FreeType, so it draws no text")
    return font


def _face_of(text: str, otherwise: int) -> int:
    if _KANA.search(text):
        return _JAPANESE
    return _KOREAN if _HANGUL.search(text) else otherwise


def _operator_files() -> list[Path]:
    if not FONT_DIRECTORY.is_dir():
        return []
    return sorted(path for path in FONT_DIRECTORY.iterdir() if path.suffix.lower() in _SUFFIXES)


def _cjk_file() -> Path:
    import noto_cjk_sans_otc  # type: ignore[import-untyped]

    path = Path(str(noto_cjk_sans_otc.FONT_PATH))
    packed = path.with_name(f"{path.name}.gz")  # in a layer (layers/make/pack_ffmpeg.py)
    return path if path.exists() else unpacked(packed, Path(tempfile.gettempdir()))
