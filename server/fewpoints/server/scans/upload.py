# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Request bodies that are files: streamed to disk, counted, hashed, and gone if broken off."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from fewpoints.server.errors import AppError, Invalid
from fewpoints.server.storage import Storage, readable_bytes

WRITE_BYTES = 4 * 1024 * 1024
STALLED_S = 30.0  # A sender of whom nothing comes for so long is gone, whatever TCP knows.


class TooLarge(AppError):
    """The body is larger than this server accepts."""

    status = 413
    code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The file is larger than {readable_bytes(limit)}. Split it, or raise "
            "FEWPOINTS_MAX_UPLOAD_BYTES."
        )


class BrokenOff(AppError):
    """The sender went away; nobody reads this answer."""

    status = 400
    code = "upload_broken_off"

    def __init__(self) -> None:
        super().__init__("The upload broke off. Send the file again.")


@dataclass(frozen=True)
class Received:
    """A complete upload."""

    path: Path
    count: int
    sha256: str


@asynccontextmanager
async def received_file(
    request: Request, storage: Storage, *, limit: int, suffix: str
) -> AsyncIterator[Received]:
    """Stream the body to a temporary file, which is removed at the end of the block.

    Raises:
        TooLarge, DiskFull, BrokenOff: by what is announced, and again by what arrives.
        Invalid: the body is empty.
    """
    announced = _announced_bytes(request)
    if announced > limit:
        raise TooLarge(limit)
    await run_in_threadpool(storage.require_free, announced)
    with storage.temporary_upload(suffix) as path:
        digest = hashlib.sha256()
        count = 0
        with path.open("wb") as file:
            waiting = bytearray()

            def write() -> None:
                storage.require_free(len(waiting))
                digest.update(waiting)
                file.write(waiting)
                waiting.clear()

            try:
                async for chunk in request.stream():
                    count += len(chunk)
                    if count > limit:
                        raise TooLarge(limit)
                    waiting += chunk
                    if len(waiting) >= WRITE_BYTES:
                        await run_in_threadpool(write)
            except ClientDisconnect as error:
                raise BrokenOff from error
            await run_in_threadpool(write)
            await run_in_threadpool(_sync, file)
        if count == 0:
            raise Invalid("The request has no body. Send the file's bytes.")
        yield Received(path, count, digest.hexdigest())


async def append_body(request: Request, storage: Storage, path: Path, *, most: int) -> int:
    """Add the body to the end of a file; return how many bytes that were.

    Whatever arrives is kept, also of a body that breaks off or stands still.

    Raises:
        Invalid: there is no body, or it is longer than `most`; its bytes up to there are kept.
        DiskFull, BrokenOff: as it says.
    """
    announced = _announced_bytes(request)
    if announced > most:
        raise Invalid(f"{announced} bytes were sent, but only {most} of the file are missing.")
    await run_in_threadpool(storage.require_free, announced)
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    waiting = bytearray()
    with path.open("ab", buffering=0) as file:

        def write() -> None:
            storage.require_free(len(waiting))
            rest = memoryview(bytes(waiting))
            waiting.clear()
            while rest:
                rest = rest[file.write(rest) :]

        pieces = request.stream().__aiter__()
        try:
            while (piece := await asyncio.wait_for(anext(pieces, None), STALLED_S)) is not None:
                count += len(piece)
                if count > most:
                    raise Invalid(f"More was sent than the {most} bytes that are missing.")
                waiting += piece
                if len(waiting) >= WRITE_BYTES:
                    await run_in_threadpool(write)
        except (ClientDisconnect, asyncio.TimeoutError) as error:
            raise BrokenOff from error
        finally:
            if waiting:
                await run_in_threadpool(write)
    if count == 0:
        raise Invalid("The request has no body. Send the file's bytes.")
    return count


def _sync(file: BufferedWriter) -> None:
    file.flush()
    os.fsync(file.fileno())


def _announced_bytes(request: Request) -> int:
    try:
        return max(0, int(request.headers.get("content-length", "0")))
    except ValueError:
        return 0
