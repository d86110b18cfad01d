#!/usr/bin/env bash
# Pillow 13.0.0: a PNG's transparent colour (tRNS) is lost when its pixels are greys of 2 or 4 bits, or colours of 16 bits.
# Pillow widens (or narrows) the pixels to 8 bits, but hands over the colour at the depth of the file, so that no pixel is
# ever equal to it: convert("RGBA") gives an opaque picture. 1 and 8 bits are right. The W3C's PNG says (11.3.1.1) that the
# comparison is made at the file's depth; libpng (sharp 0.35, browsers) shows the pixels below as transparent.
#
# Output seen (Python 3.13, Pillow 13.0.0):
#   grey 1 bit  transparent 255  alpha of the pixel that has the colour: 0
#   grey 2 bit  transparent 3  alpha of the pixel that has the colour: 255
#   grey 4 bit  transparent 15  alpha of the pixel that has the colour: 255
#   grey 8 bit  transparent 255  alpha of the pixel that has the colour: 0
#   colour 8 bit  transparent (255, 255, 255)  alpha of the pixel that has the colour: 0
#   colour 16 bit  transparent (4660, 4660, 4660)  alpha of the pixel that has the colour: 255
# Exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - <<'PY'
import io, struct, sys, zlib
from PIL import Image

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

def png(depth, color_type):  # 8 x 1, every pixel of one colour, and that is transparent
    value = (1 << depth) - 1 if depth < 16 else 0x1234
    channels = 3 if color_type == 2 else 1
    row = b"\xff" * (depth * channels) if depth < 16 else b"\x12\x34" * 3 * 8
    header = struct.pack(">IIBBBBB", 8, 1, depth, color_type, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tRNS", struct.pack(">H", value) * channels)
            + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b""))

found = []
for depth, color_type in ((1, 0), (2, 0), (4, 0), (8, 0), (8, 2), (16, 2)):
    picture = Image.open(io.BytesIO(png(depth, color_type)))
    colour = picture.info["transparency"]
    alpha = picture.convert("RGBA").getpixel((0, 0))[3]
    print(f"{'colour' if color_type else 'grey'} {depth} bit  transparent {colour}  alpha of the pixel that has the colour: {alpha}")
    found.append(alpha)
sys.exit(found != [0, 255, 255, 0, 0, 255])
PY
