"""Bytes of an upload, or a file of this machine, to an image of the session: bounded, and checked."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..errors import ReadError, RequestError
from ..read.digest import digest
from ..read.find import IMAGES
from ..read.opening import identify, open_regular, printable
from .meta import Meta
from .settings import Limits
from .store import Image, Store

CHECKED = 16 << 20  # bytes between two looks at the room on the disk


def clean_name(name: str, limits: Limits) -> str:
    """What a client calls its file, as a name that is shown and that results are named after: never a path.

    Raises RequestError for a suffix that no image has.
    """
    bare = PureWindowsPath(PurePosixPath(name.strip()).name).name
    bare = printable(bare).replace("\\", "_").replace(":", "_").strip(". ")
    path = Path(bare)
    if path.suffix.lower() not in IMAGES or not path.stem:
        known = ", ".join(sorted(IMAGES))
        shown = bare[: limits.name]
        raise RequestError(f"'{shown}': is not named as an image is; its end must be one of {known}", 415)
    return path.stem[: limits.name] + path.suffix


def check_room(store: Store, length: int, limits: Limits) -> None:
    """Raises RequestError where an upload of `length` bytes would be too much."""
    if len(store.images) >= limits.images:
        raise RequestError(f"{limits.images} images are the most; delete some", 413)
    if length > limits.upload:
        raise too_large(limits)
    if shutil.disk_usage(store.folder).free - length < limits.spare:
        raise no_room()


async def receive(
    store: Store, name: str, length: int | None, body: AsyncIterator[bytes], limits: Limits
) -> Image:
    """A whole upload, on the disk before it counts; nothing is left of one that ends early."""
    name = clean_name(name, limits)
    check_room(store, length or 0, limits)
    folder = store.new_folder()
    try:
        path = folder / f"input{Path(name).suffix.lower()}"
        sums = hashlib.sha256()
        size = 0
        with path.open("xb") as file:
            async for chunk in patiently(body, limits.patience):
                size += len(chunk)
                if size > limits.upload:
                    raise too_large(limits)
                if size // CHECKED != (size - len(chunk)) // CHECKED:
                    check_room(store, size, limits)
                sums.update(chunk)
                file.write(chunk)
            await asyncio.to_thread(to_disk, file.fileno())
        if length is not None and size != length:
            raise RequestError(f"{name}: {size} of {length} bytes came; send it again")
        return await asyncio.to_thread(admit, store, folder, path, name, sums.hexdigest())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def adopt(store: Store, path: Path, limits: Limits) -> Image | None:
    """A file of this machine; None where the session has it. Raises ReadError or RequestError."""
    open_regular(path).close()  # no FIFO is waited for
    sha256 = digest(path)
    if any(image.meta.sha256 == sha256 for image in store.images.values()):
        return None
    name = clean_name(path.name, limits)
    check_room(store, path.stat().st_size, limits)
    folder = store.new_folder()
    try:
        copy = folder / f"input{path.suffix.lower()}"
        shutil.copyfile(path, copy)
        return admit(store, folder, copy, name, sha256)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def admit(store: Store, folder: Path, path: Path, name: str, sha256: str) -> Image:
    """A whole file as an image, unless its first bytes say that it is none."""
    try:
        with open_regular(path) as file:
            identify(path, file)
    except ReadError as cause:
        raise RequestError(str(cause).replace(str(path), name), 415) from cause
    return store.add(folder, Meta(name, path.name, sha256, time.time()))


async def patiently(body: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """Its chunks, unless the next one takes longer than `seconds`."""
    chunks = body.__aiter__()
    while True:
        try:
            yield await asyncio.wait_for(anext(chunks), seconds)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise RequestError(f"nothing came for {seconds:g} s; send it again", 408) from None


def to_disk(descriptor: int) -> None:
    """Waits until its bytes are there."""
    os.fsync(descriptor)


def too_large(limits: Limits) -> RequestError:
    most = f"{limits.upload / 1e9:.1f} GB"
    return RequestError(f"larger than {most}, which is the most; give it with -i instead", 413)


def no_room() -> RequestError:
    return RequestError("the disk is full; delete images or free space", 507)
