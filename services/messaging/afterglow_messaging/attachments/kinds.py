"""Which files are taken, and how a content shows that it is one: by what is in it, never by a name."""

from enum import StrEnum

from afterglow_foundation.audio_kinds import AudioKind
from afterglow_foundation.audio_kinds import kind_of as audio_kind_of


class FileKind(StrEnum):
    """A media type as it is kept and served."""

    jpeg = "image/jpeg"
    png = "image/png"
    webp = "image/webp"
    pdf = "application/pdf"
    mp3 = "audio/mpeg"
    mp4 = "audio/mp4"
    ogg = "audio/ogg"
    wav = "audio/wav"

    @property
    def is_picture(self) -> bool:
        return self in PICTURES

    @property
    def endings(self) -> tuple[str, ...]:
        """How names of such files end; the first is given to one that ends otherwise."""
        return ENDINGS[self]


PICTURES = {FileKind.jpeg, FileKind.png, FileKind.webp}
ENDINGS = {
    FileKind.jpeg: (".jpg", ".jpeg"),
    FileKind.png: (".png",),
    FileKind.webp: (".webp",),
    FileKind.pdf: (".pdf",),
    FileKind.mp3: (".mp3",),
    FileKind.mp4: (".m4a", ".mp4"),
    FileKind.ogg: (".ogg", ".oga", ".opus"),
    FileKind.wav: (".wav",),
}
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
END_OF_PDF = 1024  # bytes; a reader looks for the end mark within the last ones


def kind_of(first: bytes) -> FileKind | None:
    """What the beginning of a content is, or None for anything that is not taken."""
    if first.startswith(b"\xff\xd8\xff"):
        return FileKind.jpeg
    if first.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.png
    if first.startswith(b"RIFF") and first[8:12] == b"WEBP":
        return FileKind.webp
    if first.startswith((b"%PDF-1.", b"%PDF-2.")):
        return FileKind.pdf
    if is_heic(first):
        return None
    sound = audio_kind_of(first)
    return FileKind(sound) if sound and sound != AudioKind.webm else None


def is_heic(first: bytes) -> bool:
    """What telephones of one maker call a picture, and few others can show."""
    return first[4:8] == b"ftyp" and first[8:12] in HEIC_BRANDS


def is_whole_pdf(content: bytes) -> bool:
    return b"%%EOF" in content[-END_OF_PDF:]
