"""The upload handler against a floor and a naive handler: `uv run python -m bench.upload`.

One process, one S3 on loopback, the variants in turn; medians. The floor is what no handler can
avoid: decode the body, hash it, copy it once, PUT it. The naive handler is what a first draft
looks like: requests-toolbelt's decoder, the standard library's base64, boto3 as it comes.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
import pybase64
from PIL import Image
from requests_toolbelt import MultipartEncoder
from requests_toolbelt.multipart import decoder

from bench import function_environment, photo, sink
from tests import events

ROUNDS = 40
WARM_UP = 5
RETURN_BODY = '{"key":$(key),"hash":$(etag),"w":$(imageInfo.width),"h":$(imageInfo.height)}'

# The upload function's own, from template.yaml; all three handlers get them.
ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": "67108864", "MALLOC_MMAP_THRESHOLD_": "33554432"}

MOST_OF_FLOOR = 1.6
MOST_OF_NAIVE = 0.65


def make_event(jpeg: bytes) -> dict[str, Any]:
    token = events.token(returnBody=RETURN_BODY)
    encoder = MultipartEncoder(
        {"token": token, "key": "photo.jpg", "file": ("photo.jpg", jpeg, "image/jpeg")}
    )
    return events.form(encoder.read(), encoder.content_type)


def floor(port: int) -> Callable[[dict[str, Any]], None]:
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def handle(event: dict[str, Any]) -> None:
        body = pybase64.b64decode(event["body"], validate=True)
        start = body.index(b"\xff\xd8")
        content = body[start : start + photo.TARGET_BYTES]
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        connection.request("PUT", f"/bucket/{digest}", content)
        connection.getresponse().read()

    return handle


def naive(port: int) -> Callable[[dict[str, Any]], None]:
    import io

    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")

    def handle(event: dict[str, Any]) -> None:
        body = base64.b64decode(event["body"])
        parts = decoder.MultipartDecoder(body, event["headers"]["content-type"]).parts
        content = parts[-1].content
        etag = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        with Image.open(io.BytesIO(content)) as image:
            answer = {"hash": etag, "w": image.width, "h": image.height}
        client.put_object(Bucket="bucket", Key="photo.jpg", Body=content)
        json.dumps(answer)

    return handle


def upgate(port: int) -> Callable[[dict[str, Any]], None]:
    os.environ.update(
        function_environment.VARIABLES,
        AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{port}",
        POWERTOOLS_LOG_LEVEL="CRITICAL",
    )
    app = importlib.import_module("functions.upload.app")
    from upgate.tokens.keys import KeyRing

    # The keys are read once per environment; they are no part of an upload.
    app.UPLOADER._ports.keys._ring = KeyRing((events.PAIR,))
    app.UPLOADER._ports.keys._read_at = time.monotonic()

    def handle(event: dict[str, Any]) -> None:
        answer = app.lambda_handler(event, None)
        assert answer["statusCode"] == 200, answer
        assert json.loads(answer["body"])["w"] == 2000

    return handle


def measure(
    handlers: dict[str, Callable[[dict[str, Any]], None]], event: dict[str, Any]
) -> dict[str, float]:
    """Medians in milliseconds, the handlers taking turns so that a drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in handlers}
    for round_number in range(WARM_UP + ROUNDS):
        for name, handle in handlers.items():
            started = time.perf_counter()
            handle(event)
            if round_number >= WARM_UP:
                times[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    if not ALLOCATOR.items() <= os.environ.items():  # glibc reads them at start-up only
        os.execve(sys.executable, [sys.executable, "-m", "bench.upload"], os.environ | ALLOCATOR)
    os.environ.update(function_environment.VARIABLES)  # boto3, of the naive handler, too
    event = make_event(photo.make())
    # Ports of their own: the sink answers one connection at a time.
    with sink.running() as one, sink.running() as two, sink.running() as three:
        handlers = {"floor": floor(one), "upgate": upgate(two), "naive": naive(three)}
        medians = measure(handlers, event)
    ours = medians["upgate"]
    print("4 MiB JPEG, returnBody with imageInfo, S3 on loopback; median of", ROUNDS)
    print(f"{'handler':8} {'ms':>7} {'ratio of ours':>14} {'at most':>8}")
    print(f"{'floor':8} {medians['floor']:7.1f} {ours / medians['floor']:14.2f} {MOST_OF_FLOOR:8}")
    print(f"{'naive':8} {medians['naive']:7.1f} {ours / medians['naive']:14.2f} {MOST_OF_NAIVE:8}")
    print(f"{'upgate':8} {ours:7.1f}")


if __name__ == "__main__":
    main()
