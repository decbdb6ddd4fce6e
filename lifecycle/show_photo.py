"""Show a photo, or the small one of it, which is made anew where it is not there."""

from sqlmodel import Session

from lifecycle.photo_folder import folder_of, photo, put_thumbnail, thumbnail
from lifecycle.photo_gateway import pictures_of


def show_photo(session: Session, *, sha256: str, small: bool) -> bytes:
    """Give the bytes of a photo of ours.

    Raises NoPhotoFolder and PhotoMissing.
    """
    folder = folder_of(session)
    if not small:
        return photo(folder, sha256)
    known = thumbnail(folder, sha256)
    if known is None:
        known = pictures_of(photo(folder, sha256)).thumbnail
        put_thumbnail(folder, sha256, known)
    return known
