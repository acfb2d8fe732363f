"""Diagrams and forms in folders, the shipped ones or a process owner's own: read and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from engine.errors import DiagramRefused
from engine.store import schema as t
from engine.store.work import Store
from engine.usecases.publish import KINDS, publish


@dataclass(frozen=True)
class Written:
    """What was written anew, and what the release does not have."""

    written: tuple[Path, ...]
    left: tuple[Path, ...]


_TOP = Path(__file__).parents[1]
SHIPPED = (_TOP / "workflows", _TOP / "forms")
_MOST_BYTES = 10 * 1024 * 1024


def read_release(folders: Sequence[Path] = SHIPPED) -> dict[str, bytes]:
    """Return the diagrams, decision tables and forms in these folders, by file name.

    Raises DiagramRefused for a folder without any, for two files of one name, and for a file
    too large to be one.
    """
    files: dict[str, bytes] = {}
    for folder in folders:
        found = sorted(file for file in folder.iterdir() if file.suffix in KINDS)
        if not found:
            raise DiagramRefused([f"{folder} holds no diagrams and no forms"])
        for file in found:
            if file.name in files:
                raise DiagramRefused([f"{file.name} is in more than one folder"])
            if file.stat().st_size > _MOST_BYTES:
                raise DiagramRefused([f"{file.name} is larger than {_MOST_BYTES} bytes"])
            files[file.name] = file.read_bytes()
    return files


def write_release(files: Mapping[str, bytes], folders: Sequence[Path]) -> Written:
    """Write the files of a release into folders, byte for byte.

    A file goes where one of its name is, else to the folder that has others of its kind, else to
    the first.  What else of these kinds is there is named and left alone.
    """
    found = {
        file.name: folder
        for folder in folders
        if folder.is_dir()
        for file in sorted(folder.iterdir())
        if file.suffix in KINDS
    }
    homes = {Path(name).suffix: folder for name, folder in found.items()}
    written = []
    for name, content in files.items():
        folder = found.get(name) or homes.get(Path(name).suffix) or folders[0]
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
            written.append(file)
    left = tuple(folder / name for name, folder in found.items() if name not in files)
    return Written(tuple(written), left)


def publish_shipped_first(store: Store) -> None:
    """Publish what is shipped, unless something has been published before."""
    with store.read() as conn:
        any_release = conn.scalar(select(t.release.c.id).limit(1))
    if any_release is None:
        publish(store, read_release(), by="putright", reason="as shipped")
