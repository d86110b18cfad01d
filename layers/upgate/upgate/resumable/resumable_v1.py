"""Resumable upload v1: `mkblk`, `bput`, `mkfile` (protocol.md 3).

A block grows by whole new objects, one for each chunk: the ctx names the newest, and an old ctx
stays true. The blocks' order is known only at mkfile, so only there are they joined.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import zlib

from upgate import encoding, limits
from upgate.answers.responses import Response, json_response
from upgate.contents import qetag
from upgate.contents.content import BufferedContent
from upgate.errors import (
    FileTooLargeError,
    InvalidArgumentError,
    InvalidContextError,
    UnexpectedFileSizeError,
)
from upgate.intake import path_pairs
from upgate.intake.upload_request import UploadSession
from upgate.resumable import assembly_plan, block_context, work_names
from upgate.resumable.assembly import AssembledStore, Assembler
from upgate.resumable.block_context import BlockContext
from upgate.resumable.ranged_content import RangedContent
from upgate.resumable.resumable_call import ResumableCall
from upgate.resumable.work_bucket import PieceGoneError, WorkBucket
from upgate.tokens.authorization import Grant
from upgate.uploads.upload import Uploader

_IN_LIST = "invalid context"


class BlockUploads:
    """The three calls; one instance serves all requests of a function."""

    def __init__(self, uploader: Uploader, work: WorkBucket, assembler: Assembler) -> None:
        self._uploader = uploader
        self._work = work
        self._assembler = assembler

    def make_block(self, call: ResumableCall) -> Response:
        """`POST /mkblk/<blockSize>`: begin a block with its first chunk.

        Raises:
            InvalidArgumentError: the size, or a chunk that does not fit.
            QuotaExceededError: mkfile would be refused today.
            TokenError and others: see `Uploader.authorize`.
            StorageFailedError: S3 failed.
        """
        grant = call.grant(self._uploader)
        size, rest = path_pairs.split_path(call.path, "mkblk")
        block_bytes = path_pairs.parse_size(size)
        if rest or not 0 <= block_bytes <= qetag.BLOCK_BYTES:
            raise InvalidArgumentError(f"a block has 0 to {qetag.BLOCK_BYTES} bytes")
        self._uploader.refuse_used_up(grant, call.context)
        chunk = call.body()
        if block_bytes or chunk:  # of an empty file some clients send its one empty block
            _check_room(block_bytes, 0, chunk)
        return self._keep(call, grant, secrets.token_bytes(12), block_bytes, b"", chunk)

    def put_chunk(self, call: ResumableCall) -> Response:
        """`POST /bput/<ctx>/<chunkOffset>`: add a chunk to a block.

        Raises:
            InvalidContextError: the ctx, or an offset that is not where the ctx ends.
            InvalidArgumentError, TokenError, StorageFailedError: as `make_block`.
        """
        grant = call.grant(self._uploader)
        text, rest = path_pairs.split_path(call.path, "bput")
        if len(rest) != 1:
            raise InvalidArgumentError("path is not /bput/<ctx>/<offset>")
        before = self._context(call, grant, text)
        if path_pairs.parse_size(rest[0]) != before.offset:
            raise InvalidContextError
        chunk = call.body()
        _check_room(before.block_bytes, before.offset, chunk)
        try:
            with call.context.stages.stage("get"):
                start = bytes(self._work.read(before.piece))
        except PieceGoneError as error:
            raise InvalidContextError from error
        return self._keep(call, grant, before.block_id, before.block_bytes, start, chunk)

    def make_file(self, call: ResumableCall) -> Response:
        """`POST /mkfile/<fsize>[/<name>/<value>]*`: the object, from the last ctx of each block.

        Raises:
            InvalidContextError, InvalidArgumentError: a block is not what it should be.
            UpgateError: see `Uploader.receive`.
        """
        grant = call.grant(self._uploader)
        with call.context.stages.stage("parse"):
            size, segments = path_pairs.split_path(call.path, "mkfile")
            file_bytes = path_pairs.parse_size(size)
            request = path_pairs.parse_pairs(segments, call.token())
        listed = call.body().strip()
        blocks = self._blocks(call, grant, listed, file_bytes)
        session = UploadSession(
            identity=hashlib.sha256(listed).hexdigest(),
            started_at=blocks[0].created_at if blocks else int(call.context.now_seconds),
        )
        filled = [block for block in blocks if block.block_bytes]
        pieces = [block.piece for block in filled]
        digests = [block.sha1 for block in filled] or qetag.block_digests(b"")
        content = RangedContent(self._work, pieces, qetag.from_block_digests(digests))
        parts = assembly_plan.plan(pieces, {})
        store = AssembledStore(self._assembler, parts, work_names.made_file)
        # Without a block there is nothing to tell two empty files apart by: it is like a form.
        request = dataclasses.replace(request, session=session if blocks else None)
        try:
            return self._uploader.receive(request, content, store, call.context)
        except PieceGoneError as error:
            raise InvalidContextError from error

    def _keep(
        self,
        call: ResumableCall,
        grant: Grant,
        block_id: bytes,
        block_bytes: int,
        start: bytes,
        chunk: bytes,
    ) -> Response:
        """Write the block so far, and answer with what the next call needs."""
        content = BufferedContent(start + chunk)
        with call.context.stages.stage("hash"):
            (sha1,) = content.block_digests
            block = BlockContext(
                block_id=block_id,
                block_bytes=block_bytes,
                offset=content.size_bytes,
                sha1=sha1,
                crc32=content.crc32(),
                created_at=int(call.context.now_seconds),
            )
        if content.size_bytes:
            with call.context.stages.stage("put"):
                self._work.put(block.piece.name, content)
        return json_response(
            200,
            {
                "ctx": block.to_text(grant.policy.scope, grant.key_pair),
                "checksum": encoding.encode(sha1),
                # Of this request's bytes alone: SDKs compare it with those (protocol.md 3).
                "crc32": zlib.crc32(chunk),
                "offset": block.offset,
                "host": call.origin,
                "expired_at": block.expires_at,
            },
        )

    def _context(self, call: ResumableCall, grant: Grant, text: str) -> BlockContext:
        now = call.context.now_seconds
        return block_context.parse(text, grant.policy.scope, grant.key_pair, now)

    def _blocks(
        self, call: ResumableCall, grant: Grant, listed: bytes, file_bytes: int
    ) -> list[BlockContext]:
        """The blocks of a list of ctx, each whole, together of the size that the path says."""
        texts = listed.decode("utf-8", "replace").split(",") if listed or file_bytes else []
        if len(texts) > limits.MKFILE_BLOCKS:
            raise FileTooLargeError(f"a file has at most {limits.MKFILE_BLOCKS} blocks")
        blocks: list[BlockContext] = []
        for number, text in enumerate(texts):
            try:
                blocks.append(self._context(call, grant, text.strip()))
            except InvalidContextError as error:
                raise InvalidContextError(f"block {number}: {_IN_LIST}") from error
        _check_blocks(blocks)
        if sum(block.offset for block in blocks) != file_bytes:
            raise UnexpectedFileSizeError
        return blocks


def _check_room(block_bytes: int, used_bytes: int, chunk: bytes) -> None:
    if not chunk:
        raise InvalidArgumentError("the chunk is empty")
    if used_bytes + len(chunk) > block_bytes:
        raise InvalidArgumentError(
            f"too many data to read, block capacity is {block_bytes} bytes,"
            f" {used_bytes} byte(s) used"
        )


def _check_blocks(blocks: list[BlockContext]) -> None:
    """Texts as Kodo has them; SDK users search for them (protocol.md 3)."""
    seen: set[bytes] = set()
    for number, block in enumerate(blocks):
        if block.block_id in seen:
            raise InvalidContextError(f"block {number}: {_IN_LIST}")
        seen.add(block.block_id)
        if number + 1 < len(blocks) and block.block_bytes != qetag.BLOCK_BYTES:
            raise InvalidArgumentError(f"block {number}: unexpected block size {block.block_bytes}")
        if block.offset != block.block_bytes:
            raise InvalidArgumentError(
                f"block {number}: expect {block.block_bytes} bytes"
                f" but only {block.offset} bytes uploaded"
            )
