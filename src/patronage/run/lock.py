"""One writer per results folder: an advisory lock that the kernel drops when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from patronage.errors import RunError

# Errors that mean "somebody else holds it", as against "this file system cannot lock".
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        # A byte far beyond the text, because a locked byte cannot be read by others on Windows.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """An exclusive lock on a folder, held from `acquire` to `release` or to the end of the process.

    The file stays behind when the holder is gone: only the kernel's lock on it counts, so a killed
    run never blocks the next one. The text in the file names the holder for the error message.

    Parameters
    ----------
    folder: the folder to lock; it must exist.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / ".lock"
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self) -> Lock:
        """Take the lock, or say who holds it.

        Errors: RunError if another process (or another Lock in this one) holds it, or if the file
        cannot be opened.
        """
        if self.held:
            return self
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise RunError(
                f"the folder cannot be written ({error.strerror})", where=str(self.path.parent)
            ) from error
        try:
            _take(descriptor)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, _card())
        except OSError as error:
            os.close(descriptor)
            raise self._refusal(error) from error
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Give the lock back; does nothing if it is not held."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> str:
        """Who holds the lock, as far as the file tells."""
        try:
            card = json.loads(self.path.read_text(encoding="utf-8"))
            return f"process {card['pid']} on {card['host']} since {card['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"

    def _refusal(self, error: OSError) -> RunError:
        folder = str(self.path.parent)
        if error.errno in _HELD:
            return RunError(
                f"the folder is in use by {self.holder()}; wait for it, or choose another folder",
                where=folder,
            )
        return RunError(
            f"the folder cannot be locked ({error.strerror}); choose one on another file system",
            where=folder,
        )

    def __enter__(self) -> Lock:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _card() -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    card = {"pid": os.getpid(), "host": platform.node(), "since": since}
    return json.dumps(card).encode()
