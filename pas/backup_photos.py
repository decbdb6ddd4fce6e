"""The photos in a backup: each named by the digest of its bytes, by which it is proved to be what it was."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from lifecycle.photo import is_name, name_of
from lifecycle.photo_folder import fault, photo, put_photo, within
from telemetry.refusal import Refusal

FOLDER = "photos/"
"""What the photos' names begin with inside a backup."""
_DIGEST = slice(3, 67)


class OtherPhotos(Refusal):
    """The folder holds another photo under the name of one of the backup's."""


def put_photos(backup: zipfile.ZipFile, folder: Path | None, digests: Iterable[str]) -> list[str]:
    """Put every photo that the database names into a backup; none is left out.

    Raises NoPhotoFolder, and PhotoMissing for one that is missing or not what it was.
    """
    named = sorted(set(digests))
    for sha256 in named:
        content = photo(folder, sha256)
        backup.writestr(zipfile.ZipInfo(FOLDER + name_of(sha256)), content, compress_type=zipfile.ZIP_STORED)
    return named


def photos_in(backup: zipfile.ZipFile) -> list[str]:
    """Read every photo in a backup; give the digests.

    Raises ValueError for a name that would lead elsewhere, and for a photo that is not what its name says.
    """
    found = []
    for name in backup.namelist():
        if not name.startswith(FOLDER):
            continue
        path = name.removeprefix(FOLDER)
        if not is_name(path) or hashlib.sha256(backup.read(name)).hexdigest() != path[_DIGEST]:
            msg = f"{name} is no photo, or was changed"
            raise ValueError(msg)
        found.append(path[_DIGEST])
    return sorted(found)


def take_photos(backup: zipfile.ZipFile, folder: Path | None, digests: Iterable[str]) -> None:
    """Write a backup's photos into the folder; what is there already is left, if it is the same.

    Raises NoPhotoFolder and OtherPhotos.
    """
    for sha256 in digests:
        if (within(folder) / name_of(sha256)).exists():
            if fault(folder, sha256):
                sentence = f"{folder} holds another photo under {sha256[:12]}; name an empty folder in PAS_HOME"
                raise OtherPhotos(sentence, field="photos")
            continue
        put_photo(folder, sha256, backup.read(FOLDER + name_of(sha256)))


def broken_photos(folder: Path | None, digests: Iterable[str]) -> list[str]:
    """Hold every photo against its digest; give what is wrong."""
    return [wrong for sha256 in sorted(set(digests)) if (wrong := fault(folder, sha256))]
