"""Form bodies byte for byte as clients write them, for every test that sends one.

Written from the sources of the SDKs at the commits of protocol.md 0, and for Node, curl, requests
and requests-toolbelt compared with or made by the program itself. Boundaries that a client draws at
random are fixed here. The upload is `Upload`; what a client cannot say, its builder leaves out.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import requests
from requests_toolbelt import MultipartEncoder

MOBILE_BOUNDARY = "werghnvt54wef654rjuhgb56trtg34tweuyrgf"

type Escape = Callable[[str], str]
type RawPart = tuple[str | bytes, bytes]  # the head without its last line end, the content


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What the client wants to send; `key` None means that it gives none."""

    token: str
    content: bytes
    key: str | None = "photo/1.jpg"
    file_name: str = "照片.jpg"
    mime_type: str = "image/jpeg"
    custom_variables: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    has_crc32: bool = True

    @property
    def crc32(self) -> str:
        """The checksum as the field has it: decimal."""
        return str(zlib.crc32(self.content))

    def fields(self, *order: str) -> dict[str, str]:
        """The plain fields in the order named; those that the upload has not are left out."""
        present: dict[str, Mapping[str, str]] = {
            "token": {"token": self.token},
            "key": {} if self.key is None else {"key": self.key},
            "fname": {"fname": self.file_name},
            "crc32": {"crc32": self.crc32} if self.has_crc32 else {},
            "vars": self.custom_variables,
            "meta": {f"x-qn-meta-{name}": value for name, value in self.metadata.items()},
        }
        return {name: value for group in order for name, value in present[group].items()}


@dataclass(frozen=True, slots=True)
class SentForm:
    """A request's Content-Type and body; `chunked`: the client sends no Content-Length."""

    content_type: str
    body: bytes
    chunked: bool = False


def backslash_escape(name: str) -> str:
    """PHP, Go, Android, iOS."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


def percent_escape(name: str) -> str:
    """Browsers, Node, requests, curl since 7.81 (WHATWG HTML, multipart/form-data)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def as_is(name: str) -> str:
    """Clients that escape nothing."""
    return name


def android(upload: Upload) -> SentForm:
    """AND RequestTransaction.java uploadFormData; a HashMap orders the fields, so any order is.

    The file part's two headers stand apart by a bare LF; an empty key is left out.
    """
    fields = upload.fields("meta", "crc32", "vars", "token", "key")
    return _mobile(upload, fields)


def ios(upload: Upload) -> SentForm:
    """IOS QNRequestTransaction.m uploadFormData: Android's bytes in an NSDictionary's order."""
    fields = upload.fields("key", "vars", "token", "crc32", "meta")
    return _mobile(upload, fields)


def _mobile(upload: Upload, fields: dict[str, str]) -> SentForm:
    if not fields.get("key"):
        fields.pop("key", None)
    head = (
        f'Content-Disposition: form-data; name="file"; '
        f'filename="{backslash_escape(upload.file_name)}"\nContent-Type:{upload.mime_type}'
    )
    return _form(MOBILE_BOUNDARY, [*_plain(fields), (head, upload.content)])


def js(upload: Upload) -> SentForm:
    """JS src/upload/direct.ts, as Chrome writes its FormData: the file comes first."""
    fields = upload.fields("token", "key", "fname", "crc32", "vars", "meta")
    parts = [_file(upload, percent_escape), *_plain(fields, percent_escape)]
    return _form("----WebKitFormBoundary7MA4YWxkTrZu0gWi", parts)


def node(upload: Upload) -> SentForm:
    """NODE storage/form.js with formstream 1.5: fields, then the file, then crc32; chunked.

    formstream sends all buffered fields before the first stream, whatever order they came in.
    """
    before = upload.fields("token", "key", "vars", "meta")
    parts = [*_plain(before), _file(upload, percent_escape), *_plain(upload.fields("crc32"))]
    form = _form("--------------------------3f8c860a67bf6ebc69b6981d", parts)
    return SentForm(form.content_type, form.body, chunked=True)


def python(upload: Upload) -> SentForm:
    """PY uploaders/form_uploader.py: by the real requests."""
    request = requests.Request(
        "POST",
        "http://localhost/",
        data=upload.fields("token", "key", "crc32", "vars", "meta"),
        files={"file": (upload.file_name, upload.content, upload.mime_type)},
    ).prepare()
    assert isinstance(request.body, bytes)
    return SentForm(request.headers["Content-Type"], request.body)


def python_with_urllib3_1_24(upload: Upload) -> SentForm:
    """PY over urllib3 before 1.25: a name that is not plain ASCII is sent as `filename*` alone."""
    name = upload.file_name
    parameter = f'filename="{name}"'
    if not name.isascii() or any(mark in name for mark in '"\\\r\n'):
        parameter = f"filename*=utf-8''{quote(name, safe='')}"
    head = (
        f'Content-Disposition: form-data; name="file"; {parameter}\r\n'
        f"Content-Type: {upload.mime_type}"
    )
    parts = _plain(upload.fields("token", "key", "crc32", "vars", "meta"))
    return _form("d3b07384d113edec49eaa6238ad5ff00", [*parts, (head, upload.content)])


def php(upload: Upload) -> SentForm:
    """PHP Http/Client.php multipartPost; the boundary is an MD5."""
    fields = upload.fields("token", "key", "crc32", "vars", "meta")
    parts = [*_plain(fields), _file(upload, backslash_escape)]
    return _form("9e107d9d372bb6826bd81d3542a419d6", parts)


def php_put_file(upload: Upload) -> SentForm:
    """PHP FormUploader::putFile, by libcurl: without a key it sends an empty `key` field, last."""
    last = {"key": ""} if upload.key is None else {}
    after = upload.fields("key", "crc32", "vars", "meta") | last
    parts = [*_plain(upload.fields("token")), _file(upload, percent_escape), *_plain(after)]
    return _form("------------------------b5e2cd1a6e0f4c7d", parts)


def go(upload: Upload) -> SentForm:
    """GO api_post_object.go and clientv2/multipart.go: all values, then the file."""
    fields = upload.fields("key", "token", "crc32", "vars", "meta")
    parts = [*_plain(fields, backslash_escape), _file(upload, backslash_escape)]
    return _form("1f6c0ab0a9b5a3c5c98d4b4c6e0d7a1f2b3c4d5e6f708192a3b4c5d6e7f8", parts)


def chrome(upload: Upload) -> SentForm:
    """A plain HTML form in Chrome, hidden fields before the file input."""
    return _browser(upload, "----WebKitFormBoundaryePkpFF7tjBAqx29L")


def firefox(upload: Upload) -> SentForm:
    """The same form in Firefox before 132: its boundary is dashes and digits."""
    return _browser(upload, "---------------------------41184676334126532822957389245")


def firefox_gecko(upload: Upload) -> SentForm:
    """The same form in Firefox now."""
    return _browser(upload, "----geckoformboundary2b6d0a5c1f4e8a97c3d5e6f708192a3b")


def safari(upload: Upload) -> SentForm:
    """The same form in Safari."""
    return _browser(upload, "----WebKitFormBoundaryq0AbZxk3hVnUjGdy")


def old_internet_explorer(upload: Upload) -> SentForm:
    """The same form in IE before 8: the file's whole path, in the page's charset, nothing escaped.

    `accept` is what such pages set, or the browser offers the JSON as a download.
    """
    path = "C:\\Documents and Settings\\me\\" + upload.file_name
    head = f'Content-Disposition: form-data; name="file"; filename="{path}"'.encode("gbk")
    head += f"\r\nContent-Type: {upload.mime_type}".encode()
    fields = upload.fields("token", "key", "crc32", "vars", "meta") | {"accept": "text/plain"}
    return _form(
        "---------------------------7d44e178b0434", [*_plain(fields), (head, upload.content)]
    )


def _browser(upload: Upload, boundary: str) -> SentForm:
    fields = upload.fields("token", "key", "crc32", "vars", "meta")
    return _form(boundary, [*_plain(fields, percent_escape), _file(upload, percent_escape)])


def curl(upload: Upload) -> SentForm:
    """`curl -F token=... -F key=... -F file=@photo.jpg`, 7.88; newer ones draw 22 letters."""
    fields = upload.fields("token", "key", "crc32", "vars", "meta")
    parts = [*_plain(fields, percent_escape), _file(upload, percent_escape)]
    return _form("------------------------994078755a4fa386", parts)


def toolbelt(upload: Upload) -> SentForm:
    """requests-toolbelt's MultipartEncoder, the real one."""
    fields: dict[str, object] = {**upload.fields("token", "key", "crc32", "vars", "meta")}
    fields["file"] = (upload.file_name, upload.content, upload.mime_type)
    encoder = MultipartEncoder(fields=fields)
    return SentForm(encoder.content_type, encoder.read())


# Every client that can say all of an Upload: the tests run one upload through each.
CLIENTS: Mapping[str, Callable[[Upload], SentForm]] = {
    builder.__name__: builder
    for builder in (
        android,
        ios,
        js,
        node,
        python,
        python_with_urllib3_1_24,
        php,
        php_put_file,
        go,
        chrome,
        firefox,
        firefox_gecko,
        safari,
        old_internet_explorer,
        curl,
        toolbelt,
    )
}


def _plain(fields: Mapping[str, str], escape: Escape = as_is) -> list[RawPart]:
    return [
        (f'Content-Disposition: form-data; name="{escape(name)}"', value.encode())
        for name, value in fields.items()
    ]


def _file(upload: Upload, escape: Escape) -> RawPart:
    head = (
        f'Content-Disposition: form-data; name="file"; filename="{escape(upload.file_name)}"\r\n'
        f"Content-Type: {upload.mime_type}"
    )
    return head, upload.content


def _form(boundary: str, parts: Iterable[RawPart]) -> SentForm:
    pieces: list[bytes] = []
    for head, content in parts:
        raw = head.encode() if isinstance(head, str) else head
        pieces += [b"--", boundary.encode(), b"\r\n", raw, b"\r\n\r\n", content, b"\r\n"]
    pieces += [b"--", boundary.encode(), b"--\r\n"]
    return SentForm(f"multipart/form-data; boundary={boundary}", b"".join(pieces))
