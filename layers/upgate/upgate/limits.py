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
# Of those, what stat tells of an upload; longer ones are not kept.
END_USER_BYTES = 128
PART_SIZES_BYTES = 96

# Headers that S3 keeps and sends back: it takes 8 KB of them in one request.
OBJECT_HEADER_BYTES = 1024
MIME_TYPE_BYTES = 200  # Kodo's own

# Resumable uploads (protocol.md 3 and 4).
RESUMABLE_LIFETIME_SECONDS = 7 * 24 * 3600
MKFILE_BLOCKS = 20_000  # 80 GB: two blocks make an S3 part, and S3 takes 10,000 parts
PARTS = 10_000
PART_BYTES = 1024 * 1024  # at least, each but the last
LISTED_PARTS = 1_000

# S3's own: every part but the last has 5 MiB or more, and there are 10,000 at most (aws.md 3).
S3_PART_BYTES = 5 * 1024 * 1024
S3_PARTS = 10_000

# A token (protocol.md 1).
TOKEN_BYTES = 32 * 1024
KEYLIMIT_KEYS = 20

# A user's day (the policy extension `quota`): beyond these a number is a slip of the pen.
QUOTA_UPLOADS = 1_000_000
QUOTA_BYTES = 10**15

# What a template may grow by once its variables are filled in. A callback's body, URLs and the
# operations stand together in one ledger item, escaped as JSON: DynamoDB takes 400 KB.
RENDERED_BYTES = 64 * 1024

# A redirect's Location, and so the request line that the browser will send to the business server.
LOCATION_BYTES = 8 * 1024

# A callback (protocol.md 7). A claim covers storing and calling back; it ends with the outcome.
DELIVERY_CLAIM_SECONDS = 20.0
CALLBACK_URLS = 10
CALLBACK_URL_BYTES = 8 * 1024
CALLBACK_ANSWER_BYTES = 1024 * 1024
CALLBACK_BUDGET_SECONDS = 25  # the front door hangs up after 30
DELIVERY_ID_BYTES = 128
DELIVERY_ERROR_CHARACTERS = 200  # of an attempt's error, as the ledger keeps it

# Redelivery. An upload function has ended after 29 seconds: what is owed then is nobody's.
UNREPORTED_SECONDS = 30
REDELIVERY_CLAIM_SECONDS = 30  # above the redelivery function's own time
REDELIVERY_RUNGS = 12
REDELIVERY_WAIT_SECONDS = 24 * 3600
QUEUE_DELAY_SECONDS = 900  # SQS's longest
CLOCK_SKEW_SECONDS = 60  # what two functions' clocks may differ by and still be believed

# `upgate listen` (development stacks). Request and answer lie in one item of 400 KB, in base64.
LISTENER_LEASE_SECONDS = 30
MAILBOX_LIFETIME_SECONDS = 3600  # of what nobody has removed
MAILBOX_BODY_BYTES = 64 * 1024
MAILBOX_ANSWER_BYTES = 192 * 1024

# `commit: strict`. How long an object may wait for its callback: the upload bucket's lifecycle
# aborts it a day later. How many uploads of one content may wait for one insert-only name.
STRICT_HOLD_SECONDS = 6 * 24 * 3600
STRICT_NAME_HOLDERS = 50

# Any outgoing request: the answer's head, and how many of a name's addresses are tried.
EGRESS_HEAD_BYTES = 32 * 1024
EGRESS_ADDRESSES = 4

# Pictures: hostile input. Kodo's own figures for synchronous work (peers.md 2.3).
IMAGE_SIDE_PIXELS = 30_000
IMAGE_PIXELS = 150_000_000
EXIF_BYTES = 4 * 1024 * 1024  # of HEIC, PNG and WebP; a JPEG's segment holds 64 KiB
EXIF_VALUE_BYTES = 4 * 1024
EXIF_TAGS = 512  # in one directory; cameras write under 60
IMAGE_SEGMENTS = 2_000  # JPEG segments, PNG or RIFF chunks, boxes: what is walked over for a header
IMAGE_STRAY_BYTES = 64 * 1024  # between two segments of a JPEG
IMAGE_GIF_BLOCKS = 250_000  # sub-blocks of up to 255 bytes: 64 MB of picture, 50 ms of counting
IMAGE_META_BYTES = 1024 * 1024  # the `meta` box of a HEIF file
IMAGE_DECODE_PIXELS = 50_000_000  # what is ever decoded: 4 bytes of memory for each

SNIFF_BYTES = 8 * 1024  # of the content, to tell its type

# Processing (protocol.md 9): what a client may ask for in one command line.
FOP_BYTES = 8 * 1024  # one pipe; a command carries whole URLs in base64
FOP_PIPE_COMMANDS = 10
FOP_JOB_PIPES = 50
FOP_ERROR_CHARACTERS = 500  # of a reason, in an item and in a notification
FOP_ATTEMPTS = 3  # of a command that ends with its function: killed, or out of memory
FOP_FETCH_BYTES = 4 * 1024 * 1024  # a watermark or subtitles, through the callback function
FOP_FETCH_REDIRECTS = 2
JOB_ID_BYTES = 256  # of a persistentId that somebody asks for; ours have under 64
JOB_LIFETIME_SECONDS = 30 * 24 * 3600
JOB_WAITING_SECONDS = 24 * 3600  # after which an upload that nothing came of is said to have failed
NOTIFY_URL_BYTES = CALLBACK_URL_BYTES
NOTIFY_BUDGET_SECONDS = 8.0

# Results: how long each state of one may be believed.
RESULT_QUEUED_SECONDS = 300
RESULT_FAILED_SECONDS = 600

# Downloads (protocol.md 9.6 to 9.8).
DOWNLOAD_QUERY_BYTES = 8 * 1024
DOWNLOAD_INLINE_BYTES = 4 * 1024 * 1024  # playlists: their references are relative to the answer
DOWNLOAD_SOURCE_BYTES = 256 * 1024 * 1024  # what is processed while a client waits
ATTNAME_BYTES = 1024
STYLES = 500
STYLE_NAME_BYTES = 128
STYLE_SEPARATORS = 16

# Management calls (protocol.md 12): Kodo's own figures, and S3's for one CopyObject.
LISTED_OBJECTS = 1_000
LISTED_PART_SIZES = 20_000
BATCH_CALLS = 1_000
COPY_BYTES = 5 * 1024**3

# $(avinfo): as much of a file as one invocation carries in base64, the end being a quarter of it.
AVINFO_BYTES = 4 * 1024 * 1024
AVINFO_INDEX_BYTES = 16 * 1024 * 1024  # of an MP4, before it is packed: some hours of film
