"""Kinds of recordings, and how a content shows that it is one: by its first bytes, never by a name.

What browsers record and telephones keep, and nothing else: WebM and Ogg with Opus, MP4 with AAC, MP3, WAV.
"""

from enum import StrEnum

FIRST_BYTES = 4096  # where a file says what it is; a track's codec stands within the first few hundred
SHORTEST = 16


class AudioKind(StrEnum):
    """A media type as it is kept and served."""

    mp3 = "audio/mpeg"
    mp4 = "audio/mp4"
    ogg = "audio/ogg"
    wav = "audio/wav"
    webm = "audio/webm"


ALSO_CALLED = {
    "audio/m4a": AudioKind.mp4,
    "audio/x-m4a": AudioKind.mp4,
    "audio/mp3": AudioKind.mp3,
    "audio/vnd.wave": AudioKind.wav,
    "audio/wave": AudioKind.wav,
    "audio/x-wav": AudioKind.wav,
    "application/ogg": AudioKind.ogg,
    "video/webm": AudioKind.webm,  # what some browsers call a file that has only sound in it
    "video/mp4": AudioKind.mp4,
}
MP4_BRANDS = (b"M4A ", b"M4B ", b"mp4", b"iso", b"dash", b"MSNV", b"f4a ")
VIDEO_CODECS = (b"V_VP8", b"V_VP9", b"V_AV1", b"V_MPEG")
MPEG_RESERVED = {"version": 0b01, "bitrate": 0b1111, "rate": 0b11}
LAYER_3 = 0b01


def canonical(declared: object) -> object:
    """The kind that a declared media type means, whatever its parameters; what is unknown stays as it is."""
    if not isinstance(declared, str):
        return declared
    plain = declared.partition(";")[0].strip().lower()
    return ALSO_CALLED.get(plain, plain)


def kind_of(content: bytes) -> AudioKind | None:
    """What the beginning of a content is, or None for anything that is not taken."""
    first = content[:FIRST_BYTES]
    if len(first) < SHORTEST:
        return None
    if first.startswith(b"\x1a\x45\xdf\xa3"):
        is_sound = b"webm" in first and b"A_OPUS" in first and not any(codec in first for codec in VIDEO_CODECS)
        return AudioKind.webm if is_sound else None
    if first.startswith(b"OggS"):
        return AudioKind.ogg if b"OpusHead" in first else None
    if first[4:8] == b"ftyp":
        return AudioKind.mp4 if first[8:12].startswith(MP4_BRANDS) else None
    if first.startswith(b"RIFF"):
        return AudioKind.wav if first[8:12] == b"WAVE" else None
    return AudioKind.mp3 if first.startswith(b"ID3") or is_mp3_frame(first) else None


def is_mp3_frame(first: bytes) -> bool:
    """Whether a frame of MPEG audio, layer III, begins here, with nothing in its header that is reserved."""
    if first[0] != 0xFF or first[1] & 0xE0 != 0xE0:  # noqa: PLR2004  # eleven bits in a row
        return False
    version, layer = first[1] >> 3 & 0b11, first[1] >> 1 & 0b11
    said = {"version": version, "bitrate": first[2] >> 4, "rate": first[2] >> 2 & 0b11}
    return layer == LAYER_3 and all(said[name] != reserved for name, reserved in MPEG_RESERVED.items())
