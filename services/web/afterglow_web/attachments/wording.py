"""Words of files: what one is, how large, and why one was not taken."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from afterglow_design.languages import LazyString, _, lazy
from afterglow_foundation.client import UpstreamProblem

MEGABYTE, KILOBYTE = 1_000_000, 1_000
KINDS: Mapping[str, LazyString] = {
    "image": lazy("Picture"),
    "audio": lazy("Sound recording"),
    "application": lazy("PDF"),
}
TOO_LARGE_FOR_A_FORM = lazy("without JavaScript at most 900 kB fit, all together")
TOO_MANY_FOR_ONE = lazy("at most five go with one message")
NOT_REACHED = lazy("this one could not be sent just now. Please choose it once more in a moment")
REFUSALS: Mapping[str, LazyString] = {
    "wrong-kind": lazy(
        "this kind cannot be sent. Choose a JPEG, PNG or WebP picture, a PDF, or an MP3, M4A, Ogg or WAV recording"
    ),
    "heic": lazy("HEIC pictures open on few devices. Save it as JPEG and choose that"),
    "no-picture": lazy("this picture cannot be opened. It may be damaged"),
    "no-pdf": lazy("this PDF is damaged or not a whole one"),
    "too-many-points": lazy("this picture has too many points. Make it smaller and choose that"),
    "large": lazy("this one is too large. At most 25 MB fit"),
    "many": lazy("many of yours were begun just now and not sent. Try again in ten minutes"),
    "quarantined": lazy("this one was kept back because malware was found in it. Nobody can open it"),
    "not-scanned": lazy("this one could not be scanned just now, so it is not accepted yet. Try again in a moment"),
    "not-ready": lazy("one of them is gone or was sent before. Choose it once more"),
    "gone": lazy("this one was not taken. The conversation may be closed"),
    "unreached": NOT_REACHED,
    "over": lazy("you were signed out before all of it was sent. Please choose it once more"),
    "other": lazy("this one was not taken. Please try again"),
}
"""By the names that `upload.js` gives them; the name of the file, or of the field, comes before."""
CODES = {
    "too_many_attachments": "many",
    "quarantined": "quarantined",
    "not_scanned": "not-scanned",
    "still_checking": "unreached",
}


def file_kind(media_type: str) -> str:
    return str(KINDS[media_type.partition("/")[0]])


def file_size(size: int) -> str:
    """As telephones say it, with a point in every language."""
    if size < KILOBYTE:
        return _("less than 1 kB")
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{size // KILOBYTE} kB"


def about_files(why: LazyString) -> str:
    """As an error of the form's field."""
    return _("Files: %(why)s", why=why)


def refusal_words(problem: UpstreamProblem) -> LazyString:
    """What a refusal says of the file. Raises `problem` where it is not about it."""
    if name := CODES.get(problem.upstream.code):
        return REFUSALS[name]
    named = {error.field: error.code.replace("_", "-") for error in problem.upstream.errors}
    match problem.upstream_status:
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.REQUEST_ENTITY_TOO_LARGE if "file" not in named:
            return REFUSALS["large"] if "size" in named else REFUSALS["other"]
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            return REFUSALS.get(named["file"], REFUSALS["other"])
        case HTTPStatus.TOO_MANY_REQUESTS | 500 | 502 | 503 | 504:
            return NOT_REACHED
        case _:
            raise problem


FILTERS: dict[str, Callable[..., object]] = {"file_kind": file_kind, "file_size": file_size}
