"""Pictures: drawn anew from their points, so that where, when and with what one was taken stays behind."""

from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

from afterglow_messaging.attachments.kinds import FileKind
from afterglow_messaging.attachments.refusals import UnfitAttachment

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = {FileKind.jpeg: "JPEG", FileKind.png: "PNG", FileKind.webp: "WEBP"}
LARGEST_PICTURE = 50_000_000  # points: what the largest telephones take, and nothing that unpacks without end
LARGEST_OPENED = 25_000_000  # points that are held at once, at four bytes for each; a larger JPEG is read at half
LONGEST_SIDE = 4096
QUALITY = 88
KEPT_MODES = {"1", "I;16", "L", "LA", "RGB", "RGBA"}  # a JPEG never has the first two, nor transparency


def redraw(content: bytes, kind: FileKind) -> bytes:
    """The same picture, upright, at most 4096 points a side, with nothing else in it. Runs in a thread.

    Of a moving picture the first image stays. Raises UnfitAttachment for what cannot be opened or is too large.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415  # a few MiB, for the first picture only

    # Pillow's readers raise whatever a broken file makes them stumble over.
    try:
        with Image.open(BytesIO(content), formats=[FORMATS[kind]]) as picture:
            refuse_large(picture.size, LARGEST_PICTURE)
            if picture.width * picture.height > LARGEST_OPENED:
                picture.draft(None, (picture.width // 2, picture.height // 2))  # of other formats it changes nothing
            refuse_large(picture.size, LARGEST_OPENED)
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            upright = in_common_colours(ImageOps.exif_transpose(picture))
    except UnfitAttachment:
        raise
    except Image.DecompressionBombError as error:
        raise too_large() from error
    except Exception as error:
        raise UnfitAttachment("no_picture", "This picture cannot be opened; it may be damaged.") from error
    blank = Image.new(upright.mode, upright.size)
    blank.paste(upright)  # points only: texts, places and profiles stay behind
    drawn = BytesIO()
    blank.save(drawn, FORMATS[kind], **({} if kind == FileKind.png else {"quality": QUALITY}))
    return drawn.getvalue()


def refuse_large(size: tuple[int, int], largest: int) -> None:
    """Raise UnfitAttachment by what the picture says of itself, before any of it is unpacked."""
    if size[0] * size[1] > largest:
        raise too_large()


def too_large() -> UnfitAttachment:
    return UnfitAttachment("too_many_points", "This picture has too many points: 25 million fit, or 50 in a JPEG.")


def in_common_colours(picture: "Picture") -> "Picture":
    """The points in sRGB, which is what a picture without a profile means."""
    from PIL import ImageCms  # noqa: PLC0415  # as above

    if picture.mode not in KEPT_MODES:
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if profile := picture.info.get("icc_profile"):
        with suppress(ImageCms.PyCMSError, OSError):  # a profile that nobody can read says nothing
            own, common = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, own, common) or picture
    return picture
