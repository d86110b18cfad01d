"""Every size and time that comes from outside, by name, each with a typed refusal at its use."""

from __future__ import annotations

# One request. Lambda takes 6,291,456 bytes of JSON event; base64 and the envelope leave 4.48 MiB.
REQUEST_BODY_BYTES = 4_700_000

# A form (protocol.md 2). The protocol does not count fields; a form of thousands is an attack.
FORM_PARTS = 256
FORM_FIELD_BYTES = 64 * 1024
FORM_HEADER_BYTES = 8 * 1024
FORM_HEADERS_PER_PART = 8
FORM_BOUNDARY_BYTES = 70  # RFC 2046, 5.1.1

# Names. 750 is Kodo's; S3 would take 1,024.
KEY_BYTES = 750
FILE_NAME_BYTES = 1024
ENCODED_PATH_BYTES = 8 * 1024

# Object metadata: S3 counts names and values together, 2 KB for one object.
METADATA_BYTES = 1536  # leaves room for the gateway's own entries

# A token (protocol.md 1).
TOKEN_BYTES = 32 * 1024
KEYLIMIT_KEYS = 20

# What a template may grow to once its variables are filled in.
RENDERED_BYTES = 256 * 1024

# A callback (protocol.md 7).
CALLBACK_URLS = 10
CALLBACK_URL_BYTES = 8 * 1024
CALLBACK_ANSWER_BYTES = 1024 * 1024

# Pictures: hostile input. Kodo's own figures for synchronous work (peers.md 2.3).
IMAGE_SIDE_PIXELS = 30_000
IMAGE_PIXELS = 150_000_000
EXIF_VALUE_BYTES = 4 * 1024
