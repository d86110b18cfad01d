"""Brings the colours of a film to what 8 bits hold and every screen shows: BT.709.

Phones record HDR (HLG or PQ) by default. Taken for BT.709 such a picture is grey and dull, so its
light is made linear, its highlights are compressed, and its primaries are changed.
"""

from __future__ import annotations

from dataclasses import dataclass

# Code points of ITU-T H.273, which ffmpeg's enumerations are: transfer, primaries, matrix.
_HDR = {16: "smpte2084", 18: "arib-std-b67"}  # PQ, HLG
_SDR_TRANSFERS = {4: "bt470m", 5: "bt470bg", 7: "240m", 13: "iec61966-2-1"}
_PRIMARIES = {1: "709", 9: "2020", 11: "smpte431", 12: "smpte432"}
_MATRICES = {
    0: "gbr",
    1: "709",
    5: "470bg",
    6: "170m",
    7: "240m",
    9: "2020_ncl",
    10: "2020_cl",
    14: "ictcp",
}
_WIDE = (9, 11, 12)  # BT.2020 and the two P3
# BT.2408: the white of a page is at 203 cd/m2; what phones record ends at 1000.
_WHITE_NITS, _PEAK_NITS = 203, 1000
# Mobius leaves all below this share of white alone, and folds what is above it.
_KNEE = 0.8


@dataclass(frozen=True, slots=True)
class Colours:
    """What a stream says of its colours, as code points of H.273; 2 is "not told"."""

    transfer: int = 2
    primaries: int = 2
    matrix: int = 2
    is_full_range: bool = False

    @property
    def is_hdr(self) -> bool:
        """Whether the brightness is PQ's or HLG's."""
        return self.transfer in _HDR

    @property
    def is_bt709(self) -> bool:
        """Whether a screen may take it as it is; what tells nothing is taken so."""
        return not self.is_hdr and self.primaries not in _WIDE


def bt709_steps(colours: Colours, width: int, height: int, *, as_rgb: bool) -> list[str]:
    """ffmpeg's filters, from frames of that size to RGB or to Y'CbCr 4:2:0, 8 bits each.

    None of them where nothing is to be done. They cost more than scaling, which belongs before.
    """
    if colours.is_bt709:
        return []
    # zimg takes no odd side with subsampled colour; swscale does.
    steps = ["format=yuv444p16le"] if width % 2 or height % 2 else []
    source = (
        f"zscale=f=spline36:min={_MATRICES.get(colours.matrix, '2020_ncl')}"
        f":pin={_PRIMARIES.get(colours.primaries, '2020')}"
        f":rin={'full' if colours.is_full_range else 'limited'}"
    )
    target = "m=gbr:r=full" if as_rgb else "m=709:r=limited"
    if colours.is_hdr:
        peak = _PEAK_NITS / _WHITE_NITS
        steps += [
            f"{source}:tin={_HDR[colours.transfer]}:t=linear:npl={_WHITE_NITS}",
            "format=gbrpf32le",
            "zscale=p=709",
            f"tonemap=mobius:param={_KNEE}:peak={peak:.3f}:desat=0",
            f"zscale=t=709:{target}:d=error_diffusion",
        ]
    else:
        transfer = _SDR_TRANSFERS.get(colours.transfer, "709")
        steps.append(f"{source}:tin={transfer}:t=709:p=709:{target}:d=error_diffusion")
    return [*steps, "format=gbrp" if as_rgb else "format=yuv420p"]
