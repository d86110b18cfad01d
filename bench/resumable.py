"""Resumable uploads against their budget: `uv run python -m bench.resumable`.

Real handlers, the tests' S3 on loopback. Complete has to grow with its requests alone; a v2 upload
may read back half of the file; a mkfile of 1 GB has to be shared out so that no invocation needs
more than 20 s at 60 MB/s; and no invocation may take more than 128 MB (bench/resumable_memory.py).
"""

from __future__ import annotations

import importlib
import math
import os
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from bench import function_environment, resumable_memory
from bench.weightless_s3 import WeightlessS3
from tests import events
from tests.fakes import loopback
from tests.fakes.lambda_service import FakeLambda
from tests.fakes.s3 import StoredObject
from tests.resumable_client import BLOCK, Client, content, cut
from upgate import limits
from upgate.contents import qetag
from upgate.resumable import assembly_plan, multipart_session, work_names
from upgate.resumable.assembly_plan import Join
from upgate.resumable.block_context import BlockContext
from upgate.resumable.glue_share import GlueShare
from upgate.resumable.work_names import Part
from upgate.tokens.keys import KeyRing
from upgate.tokens.put_policy import Scope

PART_COUNTS = (16, 128, 1000)
BYTES_PER_SECOND = 60_000_000
MOST_SECONDS = 20.0
MOST_READ_BACK = 0.5
ROUNDS = 3
# Time by request may vary so much between the smallest and the largest upload.
MOST_GROWTH = 1.3


@dataclass(slots=True)
class Stage:
    """Everything a measurement needs."""

    s3: WeightlessS3
    functions: FakeLambda
    app: ModuleType
    shares: list[GlueShare] = field(default_factory=list)

    @property
    def client(self) -> Client:
        """A client with a token for everything."""
        return Client(self.app, events.token())


@contextmanager
def stage() -> Iterator[Stage]:
    """The real handlers, with their AWS on loopback."""
    s3, functions = WeightlessS3(), FakeLambda()
    with loopback.serve(s3) as s3_url, loopback.serve(functions) as lambda_url:
        os.environ.update(
            function_environment.VARIABLES,
            UPGATE_GLUE_FUNCTION="glue",
            AWS_ENDPOINT_URL_S3=s3_url,
            AWS_ENDPOINT_URL_LAMBDA=lambda_url,
            POWERTOOLS_LOG_LEVEL="CRITICAL",
        )
        app = importlib.import_module("functions.resumable.app")
        glue = importlib.import_module("functions.glue.app")
        app.UPLOADER._ports.keys._ring = KeyRing((events.PAIR,))
        app.UPLOADER._ports.keys._read_at = time.monotonic()
        on = Stage(s3, functions, app)

        def watched(event: Any, context: object) -> Any:
            on.shares.append(GlueShare.from_object(event))
            return glue.lambda_handler(event, context)

        functions.functions["glue"] = watched
        yield on


def put_parts(s3: WeightlessS3, count: int) -> tuple[str, list[tuple[int, str]]]:
    """An upload of so many parts of 4 MiB, glued by two as they arrived: (uploadId, parts)."""
    session = multipart_session.begin(time.time())
    part, pair = StoredObject(bytes(BLOCK), {}), StoredObject(bytes(2 * BLOCK), {})
    etag = qetag.of(part.body)
    parts = [Part(number, BLOCK, etag, "0" * 32) for number in range(1, count + 1)]
    for item in parts:
        s3.objects["work", work_names.part(session.session_id, item)] = part
    for first, second in zip(parts[::2], parts[1::2], strict=False):
        s3.objects["work", work_names.glued(session.session_id, (first, second))] = pair
    upload_id = session.to_text("demo", "k", events.PAIR)
    return upload_id, [(item.number, item.etag) for item in parts]


def put_blocks(s3: WeightlessS3, size: int) -> list[str]:
    """Blocks of a v1 upload of so many bytes; their ctx."""
    whole = bytes(BLOCK)
    ctxs = []
    for number in range(math.ceil(size / BLOCK)):
        body = whole[: min(BLOCK, size - number * BLOCK)]
        (sha1,) = qetag.block_digests(body)
        block = BlockContext(
            block_id=number.to_bytes(12),
            block_bytes=len(body),
            offset=len(body),
            sha1=sha1,
            crc32=zlib.crc32(body),
            created_at=int(time.time()),
        )
        s3.objects["work", block.piece.name] = StoredObject(body, {})
        ctxs.append(block.to_text(Scope("demo"), events.PAIR))
    return ctxs


def measure_complete(on: Stage) -> None:
    """Time of complete by number of parts."""
    print("complete of parts of 4 MiB (S3 on loopback)")
    print(
        f"{'parts':>6} {'requests':>9} {'copies':>7} {'bytes read':>11} {'ms':>8}"
        f" {'ms/request':>11}"
    )
    by_request: list[float] = []
    for count in PART_COUNTS:
        times = []
        for _ in range(ROUNDS):
            on.s3.reset()
            upload_id, parts = put_parts(on.s3, count)
            started = time.perf_counter()
            answer = on.client.complete(upload_id, parts, mimeType="video/mp4")
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status == 200, answer
        calls = Counter(call.operation for call in on.s3.calls)
        read = on.s3.read_back_bytes()
        least, total = min(times), sum(calls.values())
        by_request.append(least / total)
        copies = calls["UploadPartCopy"]
        print(f"{count:6} {total:9} {copies:7} {read:11} {least:8.0f} {least / total:11.2f}")
        assert (read, calls["UploadPart"], copies) == (0, 0, count // 2)
        assert total <= count // 2 + math.ceil(1.5 * count / limits.LISTED_PARTS) + 8
    assert by_request[-1] <= by_request[0] * MOST_GROWTH, "complete grows faster than its requests"


def measure_read_back(on: Stage) -> None:
    """Bytes that S3 gives out over a whole v2 upload."""
    on.s3.reset()
    data = content(16 * BLOCK + 1000)
    upload_id = on.client.initiate()
    parts = on.client.parts(upload_id, cut(data))
    assert on.client.complete(upload_id, parts, mimeType="video/mp4").status == 200
    share = on.s3.read_back_bytes() / len(data)
    print(
        f"\nv2 upload of {len(data)} bytes: {share:.3f} of them read back"
        f" (at most {MOST_READ_BACK})"
    )
    assert share <= MOST_READ_BACK


def simulate_mkfile(on: Stage, size: int) -> None:
    """The plan of a large mkfile, carried out, with a bandwidth's clock and not this machine's."""
    on.s3.reset()
    on.shares.clear()
    ctxs = put_blocks(on.s3, size)
    answer = on.client.mkfile(size, ctxs, f"/mimeType/{'dmlkZW8vbXA0'}")
    assert answer.status == 200, answer
    by_share = [_joined_bytes(share) for share in on.shares]
    copied = size - sum(by_share)
    assert on.s3.taken_bytes == sum(by_share)
    assert 0 <= copied < BLOCK
    slowest = max(by_share) / BYTES_PER_SECOND
    print(
        f"\nmkfile of {size} bytes: {len(by_share)} invocations, the largest moves {max(by_share)}"
        f" bytes: {slowest:.1f} s at {BYTES_PER_SECOND // 10**6} MB/s (at most {MOST_SECONDS:.0f});"
        f" read and sent one after the other {2 * slowest:.1f} s"
    )
    assert 2 * slowest < MOST_SECONDS


def _joined_bytes(share: GlueShare) -> int:
    parts: Sequence[assembly_plan.PlannedPart] = [part for _, part in share.parts]
    assert all(isinstance(part, Join) for part in parts[:-1])
    return assembly_plan.joined_bytes(parts)


def measure_memory() -> None:
    """Peak memory of the invocations that hold most."""
    print(f"\npeak memory in MB, a fresh process each (at most {resumable_memory.MOST_MEGABYTES})")
    for name, megabytes in resumable_memory.measure().items():
        print(f"{name:32} {megabytes:5.0f}")
        assert megabytes < resumable_memory.MOST_MEGABYTES, name


def main() -> None:
    with stage() as on:
        measure_complete(on)
        measure_read_back(on)
        simulate_mkfile(on, 1_000_000_000)
    measure_memory()


if __name__ == "__main__":
    main()
