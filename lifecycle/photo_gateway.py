"""Read photos as phones make them, hostile ones too, and write them anew: upright, small, with nothing else in them."""

import hashlib
import io
import warnings
from threading import BoundedSemaphore
from typing import NamedTuple

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from lifecycle.inspection_rules import limit
from lifecycle.photo import PhotoTooLarge, UnreadablePhoto

_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
_WHITE = "white"
_at_once = BoundedSemaphore(2)
"""Photos taken apart at the same time; one of 64 million pixels takes 200 MB."""

pillow_heif.register_heif_opener(thumbnails=False)


class Pictures(NamedTuple):
    """A photo made anew, and a small one of it, as JPEG; `original` is the digest of the bytes it was made of."""

    original: str
    photo: bytes
    thumbnail: bytes
    width: int
    height: int


def pictures_of(content: bytes) -> Pictures:
    """Make a photo anew: turned upright, shrunk, on white where it was transparent, without EXIF, place or profile.

    Raises UnreadablePhoto and PhotoTooLarge; the pixels are counted before any is unpacked.
    """
    with _at_once, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _pictures(content)
        except (PhotoTooLarge, MemoryError, Image.DecompressionBombError) as error:
            raise PhotoTooLarge(_too_large(), field="file") from error
        except UnidentifiedImageError as error:
            raise UnreadablePhoto("this is no photo in JPEG, PNG, WebP or HEIC", field="file") from error
        except Exception as error:  # a decoder may raise anything at what was never an image
            raise UnreadablePhoto("the photo is damaged and cannot be read; take it again", field="file") from error


def _pictures(content: bytes) -> Pictures:
    side, quality = int(limit("photo", "side")), int(limit("photo", "quality"))
    with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        if opened.width * opened.height > limit("photo", "pixels"):
            raise PhotoTooLarge(_too_large())
        opened.draft("RGB", (side, side))
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((side, side))
        picture = _on_white(upright)
    small = picture.copy()
    small.thumbnail((int(limit("photo", "thumbnail")),) * 2)
    original = hashlib.sha256(content).hexdigest()
    return Pictures(original, _jpeg(picture, quality), _jpeg(small, quality), picture.width, picture.height)


def _on_white(image: Image.Image) -> Image.Image:
    """Give bare pixels in RGB; a copy carries none of what stood beside them."""
    clear = image.convert("RGBA") if "transparency" in image.info or image.mode in {"RGBA", "LA", "PA"} else None
    bare = Image.new("RGB", image.size, _WHITE)
    bare.paste(clear or image.convert("RGB"), mask=clear)
    return bare


def _jpeg(image: Image.Image, quality: int) -> bytes:
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=quality, optimize=True)
    return sink.getvalue()


def _too_large() -> str:
    return f"the photo has more than {limit('photo', 'pixels') / 1e6:.0f} million pixels; send a smaller one"
