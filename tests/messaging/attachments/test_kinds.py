"""What a content is, what a file may be called, and what is left of a picture."""

import io

import pytest
from afterglow_messaging.attachments import pictures
from afterglow_messaging.attachments.kinds import FileKind, kind_of
from afterglow_messaging.attachments.names import disposition, fitting, plain
from afterglow_messaging.attachments.pictures import redraw
from afterglow_messaging.attachments.refusals import UnfitAttachment
from PIL import Image, ImageCms

from tests.messaging.attachments.sending import BEGINNINGS, numbered, picture

ORIENTATION, CAMERA, PLACE, COMMENT = 0x0112, 0x0110, 0x8825, 0x9286


@pytest.mark.parametrize("kind", sorted(BEGINNINGS))
def test_the_content_says_what_it_is(kind: str):
    assert kind_of(numbered(2000, kind)) == kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_known_and_drawn_anew(kind: str):
    content = picture(kind)
    known = kind_of(content)
    assert known == FileKind(f"image/{kind.lower()}")
    drawn = redraw(content, known)
    assert kind_of(drawn) == known
    with Image.open(io.BytesIO(drawn)) as opened:
        assert opened.size == (60, 40)
        red, _, blue = opened.convert("RGB").getpixel((5, 20))
        assert (red > 200, blue < 60) == (True, True)


def test_nothing_of_where_and_when_a_picture_was_taken_is_left():
    """A picture as a telephone takes it: on its side, with a place, a maker and a comment."""
    noted = Image.Exif()
    noted[ORIENTATION], noted[CAMERA] = 6, "Telephone 15"
    noted.get_ifd(PLACE)[1] = "N"
    noted.get_ifd(PLACE)[2] = (52.0, 31.0, 12.5)
    noted.get_ifd(0x8769)[COMMENT] = b"ASCII\0\0\0at home"
    content = picture(size=(60, 40), exif=noted.tobytes(), comment=b"for my therapist", dpi=(300, 300))
    with Image.open(io.BytesIO(content)) as before:
        assert before.getexif().get_ifd(PLACE)[2] == (52.0, 31.0, 12.5)
    drawn = redraw(content, FileKind.jpeg)
    with Image.open(io.BytesIO(drawn)) as after:
        assert dict(after.getexif()) == {}
        assert not {"exif", "comment", "icc_profile", "xmp", "dpi"} & set(after.info)
        assert after.size == (40, 60)  # upright by its points, as it was meant
    assert not any(word in drawn for word in (b"Exif", b"Telephone", b"at home", b"therapist"))


def test_texts_of_a_png_stay_behind_and_what_is_seen_through_stays():
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415  # beside its one use

    texts, content = PngInfo(), io.BytesIO()
    texts.add_text("Author", "Avery")
    texts.add_itxt("XML:com.adobe.xmp", "<x>at home</x>")
    Image.new("RGBA", (20, 20), (255, 0, 0, 100)).save(content, "PNG", pnginfo=texts)
    drawn = redraw(content.getvalue(), FileKind.png)
    assert not any(word in drawn for word in (b"Avery", b"at home"))
    with Image.open(io.BytesIO(drawn)) as after:
        assert after.getpixel((3, 3)) == (255, 0, 0, 100)


def test_a_profile_is_worked_into_the_points():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for said in (profile, b"no profile at all"):
        with Image.open(io.BytesIO(redraw(picture(icc_profile=said), FileKind.jpeg))) as after:
            assert after.getpixel((5, 20))[0] > 200
            assert "icc_profile" not in after.info


def test_a_large_picture_gets_smaller():
    drawn = redraw(picture(size=(5000, 100)), FileKind.jpeg)
    with Image.open(io.BytesIO(drawn)) as after:
        assert after.size == (4096, 82)


def test_a_picture_that_would_unpack_without_end_is_not_unpacked():
    """It says of itself how large it is; nothing of it is read before."""
    content = bytearray(picture("PNG"))
    content[16:24] = (60_000).to_bytes(4, "big") * 2  # IHDR: width and height; its checksum is wrong by now
    with pytest.raises(UnfitAttachment):
        redraw(bytes(content), FileKind.png)


def test_a_jpeg_with_many_points_is_read_at_half(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pictures, "LARGEST_OPENED", 64 * 64)
    with Image.open(io.BytesIO(redraw(picture(size=(120, 80)), FileKind.jpeg))) as after:
        assert after.size == (60, 40)
    with pytest.raises(UnfitAttachment):
        redraw(picture("WEBP", size=(120, 80)), FileKind.webp)
    monkeypatch.setattr(pictures, "LARGEST_PICTURE", 64 * 64)
    with pytest.raises(UnfitAttachment):
        redraw(picture(size=(120, 80)), FileKind.jpeg)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("letter.pdf", "letter.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\letter.pdf", "letter.pdf"),
        ("fdp\u202egpj.exe", "fdpgpj.exe"),
        ("a\0b\r\nc.pdf", "abc.pdf"),
        ("...", ""),
        ("Überweisung 7.pdf", "Überweisung 7.pdf"),
        ("x" * 300, "x" * 200),
    ],
)
def test_names_are_plain(sent: str, kept: str):
    assert plain(sent) == kept


def test_a_download_ends_as_what_it_is_and_its_header_is_one():
    assert fitting("holiday.exe", FileKind.jpeg) == "holiday.exe.jpg"
    assert fitting("HOLIDAY.JPEG", FileKind.jpeg) == "HOLIDAY.JPEG"
    assert disposition('Arzt "7"; x.pdf') == (
        "attachment; filename=\"attachment.pdf\"; filename*=UTF-8''Arzt%20%227%22%3B%20x.pdf"
    )
    assert disposition("🌒" * 200 + ".pdf").isascii()
