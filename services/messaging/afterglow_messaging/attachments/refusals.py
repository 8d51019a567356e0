"""Why a file is not taken."""

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, Problem, Unavailable

WRONG_KIND = "Send a JPEG, PNG or WebP picture, a PDF, or an MP3, M4A, Ogg (Opus) or WAV recording."


class UnfitAttachment(InvalidInput):
    """The file itself is not one of those that are taken."""

    def __init__(self, code: str, message: str, *, field: str = "file") -> None:
        super().__init__(errors=[FieldError(field=field, code=code, message=message)])


class TooManyAttachments(Conflict):
    code, title = "too_many_attachments", "Too many files were begun just now and are not sent yet"


class NotWhole(Conflict):
    code, title = "not_whole", "Not all of the file is here yet"


class Quarantined(Problem):
    """A scanner found something in it: it stays sealed, opens for nobody and goes with no message."""

    status, code, title = 422, "quarantined", "This file was kept back: a scanner found malware in it"


class NotScanned(Unavailable):
    code, title = "not_scanned", "The file could not be scanned just now; it is not accepted yet. Try again in a moment"


class StillChecking(Unavailable):
    code, title = "still_checking", "Other files are being checked; try again in a moment"
