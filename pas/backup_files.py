"""The archive's files in a backup: as they are, each proved to be what the database says."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from telemetry.archive_folder import NoArchive, alone, found, is_name, make_room, sync
from telemetry.parquet_gateway import ArchiveUnreadable, sha256_of, unreadable
from telemetry.refusal import Refusal

FOLDER = "archive/"
"""What the files' names begin with inside a backup."""
_BYTES_AT_ONCE = 1 << 20

Files = dict[str, str]
"""By their place within the archive, the digests of their bytes."""


class OtherArchive(Refusal):
    """The archive's folder holds another file where the backup's would go."""


def undisturbed(folder: Path | None) -> AbstractContextManager[None]:
    """Let no other process change the archive meanwhile; wait until that is so."""
    return alone(folder, wait=True) if folder is not None and folder.is_dir() else nullcontext()


def put_files(backup: zipfile.ZipFile, folder: Path | None, named: Mapping[str, str]) -> Files:
    """Put every file that the database names into a backup; none is left out.

    Raises NoArchive, and ArchiveUnreadable for a file that is missing or not what it was.
    """
    for path, sha256 in sorted(named.items()):
        file = found(_within(folder) / path)
        if sha256_of(file) != sha256:
            raise unreadable(file, "it was changed after it was written")
        backup.write(file, FOLDER + path, compress_type=zipfile.ZIP_STORED)
    return dict(named)


def digests_of(backup: zipfile.ZipFile) -> Files:
    """Read every file in a backup; give the digests.

    Raises ValueError for a name that would lead elsewhere.
    """
    names = {name: name.removeprefix(FOLDER) for name in backup.namelist() if name.startswith(FOLDER)}
    if strange := [name for name, path in names.items() if not is_name(path)]:
        msg = f"{strange[0]} is no file of an archive"
        raise ValueError(msg)
    return {path: _digest(backup, name) for name, path in names.items()}


def take_files(backup: zipfile.ZipFile, folder: Path | None, files: Mapping[str, str]) -> None:
    """Write a backup's files into the archive; what is there already is left, if it is the same.

    Raises NoArchive and OtherArchive, and then writes nothing.
    """
    missing = [path for path, sha256 in sorted(files.items()) if not _there(_within(folder) / path, sha256)]
    for path in missing:
        file = _within(folder) / path
        unfinished = make_room(file)
        with backup.open(FOLDER + path) as source, unfinished.open("wb") as sink:
            shutil.copyfileobj(source, sink, _BYTES_AT_ONCE)
            sink.flush()
            os.fsync(sink.fileno())
        unfinished.replace(file)
        sync(file.parent)


def _there(file: Path, sha256: str) -> bool:
    if not file.exists():
        return False
    try:
        same = sha256_of(file) == sha256
    except ArchiveUnreadable:
        same = False
    if not same:
        sentence = f"{file} is another file than the backup's; name an empty folder in PAS_HOME"
        raise OtherArchive(sentence, field="archive")
    return True


def _within(folder: Path | None) -> Path:
    if folder is None:
        raise NoArchive("a backup holds the files of the archive, and no folder is set for it; set PAS_HOME")
    return folder


def _digest(backup: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with backup.open(name) as source:
        while part := source.read(_BYTES_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()
