"""Secrets that Putright makes for itself and keeps in its data directory.

A newcomer would write the file and then chmod it: do not.  In between anybody may open it, and of
two commands that start together each would keep a secret of its own.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kept_once(path: Path, make: Callable[[], str]) -> str:
    """Return the text of `path`, made by `make` and written first if there is no such file.

    The file is readable by its owner only from its first instant, and is there whole or not at
    all: of two commands that write it together both get the text of the one that was first.
    Raises OSError.
    """
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8")
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename it never replaces what another has written
    finally:
        os.unlink(draft)
    return path.read_text(encoding="utf-8")
