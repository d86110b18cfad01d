"""Brands of the ISO base media file format that say "a picture" (ISO/IEC 14496-12, 4.3)."""

from __future__ import annotations

_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIC_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)


def heif_format(prefix: bytes) -> str | None:
    """`heic` or `avif` from the `ftyp` box at the start of a file, None for anything else."""
    if prefix[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(prefix[:4]), len(prefix))
    brands = [prefix[8:12], *(prefix[at : at + 4] for at in range(16, end, 4))]
    major = brands[0]
    # `mif1` says "some HEIF": only the compatible brands tell with which codec.
    if major in _AVIF_BRANDS or (major in (b"mif1", b"msf1") and _AVIF_BRANDS & set(brands)):
        return "avif"
    return "heic" if major in _HEIC_BRANDS else None
