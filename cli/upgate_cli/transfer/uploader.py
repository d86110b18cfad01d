"""Uploads a file the way that fits its size, and checks what came of it."""

from __future__ import annotations

import threading
from pathlib import Path

from upgate_cli.errors import CommandError
from upgate_cli.gateway.client import GatewayClient
from upgate_cli.gateway.complaint import refusal
from upgate_cli.gateway.token_source import TokenSource
from upgate_cli.transfer.body import Advance
from upgate_cli.transfer.form import MOST_BYTES, send_form
from upgate_cli.transfer.multipart import MultipartUpload
from upgate_cli.transfer.source_file import SourceFile
from upgate_cli.transfer.upload import Extras, Target, Uploaded
from upgate_cli.transfer.verification import check_hash


class Uploader:
    """Sends files to one gateway from any thread; `parallel` requests at once for all of them."""

    def __init__(self, client: GatewayClient, tokens: TokenSource, parallel: int) -> None:
        self._client = client
        self._tokens = tokens
        self._parallel = parallel
        self._slots = threading.BoundedSemaphore(parallel)

    def upload(
        self, source: SourceFile, target: Target, extras: Extras, advance: Advance
    ) -> Uploaded:
        """Upload a file.

        Raises:
            ChangedFileError: it changed meanwhile.
            RefusedError: the gateway said no.
            HopelessError: the gateway cannot be reached.
            CommandError: anything else that ends this upload.
        """
        _check_names(source.path, target)
        if source.size_bytes <= min(MOST_BYTES, extras.part_bytes):
            with self._slots:
                token = self._tokens.token(target.key)
                answer, etag = send_form(self._client, source, target, token, extras, advance)
        else:
            answer, etag = MultipartUpload(
                self._client,
                source,
                target,
                self._tokens,
                extras,
                advance,
                self._slots,
                self._parallel,
            ).run()
        if not answer.is_success or not answer.is_gateway:
            raise refusal(self._client.url, answer)
        check_hash(answer, self._tokens.policy(), etag, str(source.path))
        return Uploaded(answer.document, etag)


def _check_names(path: Path, target: Target) -> None:
    """Neither a key nor a form can hold a file name that is not UTF-8."""
    try:
        path.name.encode()
        (target.key or "").encode()
    except UnicodeEncodeError:
        raise CommandError(f"{path}: the name is not UTF-8; rename it") from None
