"""Names of files: what a person may read of one, and what a download may be called."""

import unicodedata
from urllib.parse import quote

from afterglow_messaging.attachments.kinds import FileKind

LONGEST_NAME = 200
SHORTENED = 150  # with each character percent-encoded as four bytes, still a header that every server passes on
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, and what turns the direction of reading around


def plain(name: str) -> str:
    """Without folders, and without characters that nobody sees; empty where nothing else was in it."""
    last = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    seen = "".join(one for one in last if unicodedata.category(one) not in UNSEEN)
    return seen.strip(". \t")[:LONGEST_NAME]


def fitting(name: str, kind: FileKind) -> str:
    """The name with an ending of what it really is: a picture called letter.exe is called letter.exe.jpg."""
    return name if name.lower().endswith(kind.endings) else f"{name}{kind.endings[0]}"


def disposition(name: str) -> str:
    """A Content-Disposition that always downloads (RFC 6266)."""
    stem, dot, ending = name.rpartition(".")
    short = f"{stem[:SHORTENED]}{dot}{ending}"
    return f"attachment; filename=\"attachment{dot}{ending}\"; filename*=UTF-8''{quote(short, safe='')}"
