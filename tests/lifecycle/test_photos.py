"""Photos are made anew: upright, small, without where they were taken; kept once; and no hostile file does harm."""

import io
import struct
import zlib
from datetime import datetime
from typing import Any

import pillow_heif
import pytest
from PIL import Image
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.add_photo import add_photo
from lifecycle.checklist_tables import InspectionPhotoRecord, PhotoRecord
from lifecycle.inspection import Inspection
from lifecycle.inspection_queries import UnknownInspection
from lifecycle.log_inspections import log_inspections
from lifecycle.photo import NoPhotoFolder, PhotoMissing, PhotoTooLarge, TooManyPhotos, UnreadablePhoto, name_of
from lifecycle.photo_folder import folder_of
from lifecycle.photo_gateway import pictures_of
from lifecycle.show_photo import show_photo
from lifecycle.tables import AssetEventRecord
from telemetry.identity import new_id
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 32), **saved: Any) -> bytes:
    """A picture that is red on the left and blue on the right."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    sink = io.BytesIO()
    image.save(sink, form, **saved)
    return sink.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 40,000 by 40,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def looked_at(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.fixture
def look(session: Session, now: datetime, actor: Actor) -> Inspection:
    asset = store_assets(session, store_product(session), now=now, by=actor)[0]
    return log_inspections(session, [inspection(asset.id, now)], now=now, by=actor)[0]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_every_form_of_a_phone_becomes_a_jpeg(form: str) -> None:
    if form == "HEIF":
        pillow_heif.register_heif_opener()

    made = pictures_of(picture(form))

    image = looked_at(made.photo)
    assert (image.format, image.size) == ("JPEG", (64, 32))
    red, _, blue = image.getpixel((4, 16))  # type: ignore[misc]
    assert red > 200
    assert blue < 60


def test_a_photo_is_turned_upright_and_loses_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (50.0, 51.0, 0.0)
    exif[0x010F] = "SecretMaker"

    made = pictures_of(picture(exif=exif, comment=b"SecretNote"))

    image = looked_at(made.photo)
    assert image.size == (32, 64)
    assert image.getpixel((16, 4))[0] > 200  # type: ignore[index]
    assert not image.getexif()
    assert b"Secret" not in made.photo + made.thumbnail
    assert b"Exif" not in made.photo


def test_a_large_photo_is_shrunk_and_a_small_one_is_not_blown_up() -> None:
    made = pictures_of(picture(size=(4000, 1000)))

    assert (made.width, made.height) == looked_at(made.photo).size == (2048, 512)
    assert looked_at(made.thumbnail).size == (320, 80)
    assert pictures_of(picture()).width == 64


def test_what_is_transparent_becomes_white() -> None:
    sink = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(sink, "PNG")

    assert min(looked_at(pictures_of(sink.getvalue()).photo).getpixel((4, 4))) > 250  # type: ignore[type-var]


@pytest.mark.parametrize("palette", ["P", "L", "1", "CMYK", "I;16"])
def test_every_kind_of_pixel_is_read(palette: str) -> None:
    sink = io.BytesIO()
    Image.new(palette, (8, 8)).save(sink, "JPEG" if palette == "CMYK" else "PNG")

    assert looked_at(pictures_of(sink.getvalue()).photo).mode == "RGB"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff" + b"\0" * 500,
        picture()[:300],
        picture("PNG")[:60],
        picture("WEBP")[:40],
        b"\0\0\0\x18ftypheic" + b"\xff" * 200,
        b"MZ" + b"\0" * 600,
    ],
)
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadablePhoto):
        pictures_of(content)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    assert len(bomb()) < 500
    with pytest.raises(PhotoTooLarge, match="64 million"):
        pictures_of(bomb())


def test_the_same_photo_twice_is_one_file_and_one_row(
    session: Session, look: Inspection, now: datetime, actor: Actor
) -> None:
    facts = {"inspection_id": look.id, "component": "light", "caption": "dark corner", "now": now, "by": actor}

    first = add_photo(session, made=pictures_of(picture()), **facts)
    again = add_photo(session, made=pictures_of(picture()), **facts)
    other = add_photo(session, made=pictures_of(picture()), **facts | {"component": "housing"})

    assert first == again != other
    assert first.sha256 == other.sha256
    assert len(session.exec(select(PhotoRecord)).all()) == 1
    assert len(session.exec(select(InspectionPhotoRecord)).all()) == 2
    folder = folder_of(session)
    assert folder is not None
    assert [file.name for file in folder.rglob(f"{first.sha256[:2]}/*.jpg") if "small" not in file.parts] == [
        f"{first.sha256}.jpg"
    ]
    told = session.exec(select(AssetEventRecord).where(AssetEventRecord.kind == "photographed")).all()
    assert [event.facts["photo"] for event in told] == [first.sha256] * 2


def test_a_thumbnail_that_is_gone_is_made_anew(session: Session, look: Inspection, now: datetime, actor: Actor) -> None:
    part = add_photo(
        session, inspection_id=look.id, made=pictures_of(picture()), component="x", caption="", now=now, by=actor
    )
    folder = folder_of(session)
    assert folder is not None
    small = folder / "small" / name_of(part.sha256)
    before = small.read_bytes()
    small.unlink()

    assert looked_at(show_photo(session, sha256=part.sha256, small=True)).size == looked_at(before).size
    assert small.exists()


def test_a_photo_that_was_changed_is_not_shown(session: Session, look: Inspection, now: datetime, actor: Actor) -> None:
    part = add_photo(
        session, inspection_id=look.id, made=pictures_of(picture()), component="x", caption="", now=now, by=actor
    )
    folder = folder_of(session)
    assert folder is not None
    (folder / name_of(part.sha256)).write_bytes(picture("PNG"))

    with pytest.raises(PhotoMissing, match="is not what it was"):
        show_photo(session, sha256=part.sha256, small=False)


def test_an_inspection_holds_so_many_photos(
    session: Session, look: Inspection, now: datetime, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.add_photo.limit", lambda _group, _name: 1.0)
    facts = {"inspection_id": look.id, "component": "light", "caption": "", "now": now, "by": actor}
    add_photo(session, made=pictures_of(picture()), **facts)

    with pytest.raises(TooManyPhotos):
        add_photo(session, made=pictures_of(picture(size=(9, 9))), **facts)


def test_a_photo_needs_its_inspection_and_its_folder(
    session: Session, look: Inspection, now: datetime, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"made": pictures_of(picture()), "component": "light", "caption": "", "now": now, "by": actor}
    with pytest.raises(UnknownInspection):
        add_photo(session, inspection_id=new_id(), **facts)
    monkeypatch.setitem(session.info, "photos", None)
    with pytest.raises(NoPhotoFolder):
        add_photo(session, inspection_id=look.id, **facts)
