"""Where the files of photos lie: each named by the digest of its bytes, so that the same photo is there once."""

import hashlib
import os
from pathlib import Path
from uuid import uuid4

from sqlmodel import Session

from lifecycle.photo import NoPhotoFolder, PhotoMissing, name_of

_SMALL = "small"


def folder_of(session: Session) -> Path | None:
    """Give the folder of photos, as the session was told when it began."""
    folder: Path | None = session.info.get("photos")
    return folder


def put(folder: Path | None, photo: bytes, thumbnail: bytes) -> str:
    """Write a photo and its thumbnail, to outlast a power cut; give its digest. What is there already is left.

    Raises NoPhotoFolder.
    """
    sha256 = hashlib.sha256(photo).hexdigest()
    root = within(folder)
    _write(root / name_of(sha256), photo)
    _write(root / _SMALL / name_of(sha256), thumbnail)
    return sha256


def photo(folder: Path | None, sha256: str) -> bytes:
    """Read a photo, whole and as it was written.

    Raises NoPhotoFolder and PhotoMissing.
    """
    content = _read(within(folder) / name_of(sha256))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise PhotoMissing("the file of this photo is not what it was; restore it from a backup")
    return content


def thumbnail(folder: Path | None, sha256: str) -> bytes | None:
    """Read the thumbnail of a photo; None where there is none, as after a restore."""
    try:
        return _read(within(folder) / _SMALL / name_of(sha256))
    except PhotoMissing:
        return None


def put_photo(folder: Path | None, sha256: str, content: bytes) -> None:
    """Write a photo under its digest, as it comes out of a backup."""
    _write(within(folder) / name_of(sha256), content)


def put_thumbnail(folder: Path | None, sha256: str, small: bytes) -> None:
    """Write the thumbnail of a photo that is there."""
    _write(within(folder) / _SMALL / name_of(sha256), small)


def within(folder: Path | None) -> Path:
    """Give the folder.

    Raises NoPhotoFolder.
    """
    if folder is None:
        raise NoPhotoFolder("no folder is set for photos; set PAS_HOME")
    return folder


def fault(folder: Path | None, sha256: str) -> str | None:
    """Say what is wrong with the file of a photo, None where all is well."""
    try:
        photo(folder, sha256)
    except (NoPhotoFolder, PhotoMissing) as wrong:
        return f"photo {sha256[:12]}: {wrong.sentence}"
    return None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PhotoMissing("the file of this photo is not there; restore it from a backup") from error


def _write(file: Path, content: bytes) -> None:
    """Write beside, then give it its name, so that nobody reads half a photo."""
    if file.exists() and file.stat().st_size == len(content):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{uuid4().hex}")
    with unfinished.open("wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())
    unfinished.replace(file)
    handle = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
