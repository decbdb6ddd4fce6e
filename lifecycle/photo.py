"""A photo is what a camera saw of a thing, shrunk and without where or by whom it was taken."""

import re

from sqlmodel import Field, SQLModel

from telemetry.refusal import Refusal

_DIGEST = re.compile(r"[0-9a-f]{64}")
MEDIA_TYPE = "image/jpeg"


class UnreadablePhoto(Refusal):
    """What was sent is no photo that we can read."""


class PhotoTooLarge(Refusal):
    """A photo has more pixels than any camera of a phone makes."""


class TooManyPhotos(Refusal):
    """One inspection holds more photos than anybody looks at."""


class NoPhotoFolder(Refusal):
    """Photos lie in a folder, and we were not told where that is."""


class PhotoMissing(Refusal):
    """The file of a photo is not there, or is not what it was."""


class UnknownPhoto(Refusal):
    """No photo of ours bears that digest in that inspection."""


class Photo(SQLModel):
    """A photo by the digest of its bytes, and by that of the bytes it was made of: the same shot twice is one."""

    sha256: str = Field(max_length=64)
    original: str = Field(max_length=64)
    width: int
    height: int
    size: int


def name_of(sha256: str) -> str:
    """Name a photo's file within the folder; digests lead nowhere else.

    >>> name_of("ab" * 32)[:12]
    'ab/ababababa'
    """
    if not _DIGEST.fullmatch(sha256):
        raise UnknownPhoto("there is no such photo")
    return f"{sha256[:2]}/{sha256}.jpg"


def is_name(path: str) -> bool:
    """Tell whether a text is such a name.

    >>> is_name(name_of("ab" * 32)), is_name("../x.jpg")
    (True, False)
    """
    digest = path[3:67]
    return bool(_DIGEST.fullmatch(digest)) and path == name_of(digest)
