"""The lock that lets one writer at a time into a store of facts. It knows nothing of what is written.

The system drops the lock with the process that holds it: a killed run leaves nothing to clean up.
"""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from foretune.errors import DataError

_POLL_S: Final = 0.05


class StoreLock:
    """`with StoreLock(folder, 30.0):` holds `folder/.lock` (the folder is made), between threads as well.

    Raises:
        DataError: somebody else held it for `wait_s` seconds.
    """

    def __init__(self, folder: Path, wait_s: float) -> None:
        self._path = folder / ".lock"
        self._wait_s = wait_s
        self._held: list[IO[bytes]] = []

    def __enter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("ab")
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    file.close()
                    raise DataError(
                        f"{self._path.parent}: another run has been writing here for {self._wait_s:g} s; wait for it, "
                        "or use another folder"
                    ) from None
                time.sleep(_POLL_S)
            else:
                self._held.append(file)
                return

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.pop().close()
