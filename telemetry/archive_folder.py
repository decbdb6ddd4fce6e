"""Where the files of the archive lie, and how one takes the place of another without a reader seeing both.

    archive/tenant=maker/month=2026-01/day=2026-01-05/1.parquet

Whoever reads the folder without us takes what ends in `.parquet`. A file that is not yet, or no longer, the day's
stands beside it as `_1.parquet.aside`: readers of Parquet pass over such names, and we still find it.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from telemetry.refusal import Refusal

_NAME = re.compile(r"tenant=[a-z0-9-]+/month=\d{4}-\d\d/day=\d{4}-\d\d-\d\d/\d+\.parquet")
_ASIDE_KEPT = timedelta(hours=1)
"""No question that began with the file before lasts longer."""


class ArchiveBusy(Refusal):
    """Another process is at work in the archive."""


class NoArchive(Refusal):
    """Readings lie in the archive, and we were not told where that is."""


def name_of(tenant: str, day: date, generation: int) -> str:
    """Name a day's file within the archive.

    >>> name_of("maker", date(2026, 1, 5), 1)
    'tenant=maker/month=2026-01/day=2026-01-05/1.parquet'
    """
    return f"tenant={tenant}/month={day:%Y-%m}/day={day}/{generation}.parquet"


def is_name(path: str) -> bool:
    """Tell whether a text is such a name, and so leads nowhere else."""
    return _NAME.fullmatch(path) is not None


def aside(file: Path) -> Path:
    """Name the place beside a file where it waits.

    >>> aside(Path("day=2026-01-05/1.parquet")).as_posix()
    'day=2026-01-05/_1.parquet.aside'
    """
    return file.with_name(f"_{file.name}.aside")


def found(file: Path) -> Path:
    """Give the place at which a file of the manifest is: its own, or aside while one takes another's place."""
    return aside(file) if not file.exists() and aside(file).exists() else file


def make_room(file: Path) -> Path:
    """Make a file's folders, to outlast a power cut, and give the place aside where it may be written."""
    missing = [folder for folder in file.parents if not folder.exists()]
    file.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync(folder.parent)
    return aside(file)


def sync(folder: Path) -> None:
    """Make sure that the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_in_order(folder: Path, tenant: str, manifest: frozenset[str], *, now: datetime, day: date | None = None) -> int:
    """Let exactly the files of the manifest stand in their places, whatever a killed run left; give how many moved.

    A file that the manifest does not name waits aside for an hour and is then removed. With `day` only that day's.
    """
    moved = 0
    for place in sorted(folder.glob(f"tenant={tenant}/month=*/day={day or '*'}/*")):
        name = place.name.removeprefix("_").removesuffix(".aside")
        wanted = place.with_name(name).relative_to(folder).as_posix() in manifest
        moved += _put(place, place.with_name(name), now=now) if wanted else _away(place, now=now)
    return moved


@contextmanager
def alone(folder: Path, *, wait: bool) -> Iterator[None]:
    """Work in the archive as the only one; the lock falls with the process.

    Raises ArchiveBusy where somebody else does and we do not wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveBusy(f"another process is at work in {folder}; try again when it is done") from error
        yield


def _put(place: Path, file: Path, *, now: datetime) -> int:
    if place == file:
        return 0
    if place.name.endswith(".unfinished"):
        return _away(place, now=now)
    place.rename(file)
    sync(file.parent)
    return 1


def _away(place: Path, *, now: datetime) -> int:
    """Hide a file from other readers at once, and remove it when nobody of us can still be reading it."""
    moment = now.timestamp()
    if place.suffix == ".parquet":
        os.utime(place, (moment, moment))
        place.rename(aside(place))
    elif place.name.endswith(".unfinished") or place.stat().st_mtime < moment - _ASIDE_KEPT.total_seconds():
        place.unlink()
    else:
        return 0
    sync(place.parent)
    with suppress(OSError):
        place.parent.rmdir()  # only if that was its last file
    return 1
