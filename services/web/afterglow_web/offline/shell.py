"""What a service worker keeps: pages that are the same for everybody, and the files they are made of."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from afterglow_design import languages
from afterglow_design.languages import current, gettext
from afterglow_design.templates import Templates
from starlette.requests import Request

from afterglow_web.client import fields
from afterglow_web.client.forms import CheckInForm
from afterglow_web.client.vocabulary_words import CONTEXTS, EMOTIONS
from afterglow_web.offline.manifest import Static
from afterglow_web.records import Vocabulary

NOWHERE, CHECK_IN = "/offline", "/offline/check-in"
STATIC_FILES = (
    *("afterglow.css", "icon.svg", "page.js", "vendor/atkinson-latin.woff2"),
    *("check-in.js", "content.js", "new-id.js", "offline.js", "outbox.js", "slider.js", "time-zone.js", "unsent.js"),
)
ICON = "icon-192.png"
WORKER = files(__package__).joinpath("service-worker.js").read_text("utf-8")
FEW = 16  # states of the practice, times languages


@dataclass(frozen=True)
class Shell:
    """In one language, with the practice as it is now. `pages` are whole documents by address."""

    language: str
    pages: dict[str, str]
    files: tuple[str, ...]
    name: str
    icon: str

    @cached_property
    def worker(self) -> str:
        """The worker's source. It differs as soon as anything does that it keeps, and so a browser keeps it anew."""
        asking = f"?ui_locales={self.language}"
        told = {
            "name": self.name,
            "icon": self.icon,
            "files": self.files,
            "pages": {"check_in": CHECK_IN + asking, "nowhere": NOWHERE + asking},
        }
        version = hashlib.sha256(json.dumps([told, self.pages, WORKER]).encode()).hexdigest()[:12]
        return f"const KEPT = {json.dumps({'version': version, **told})};\n{WORKER}"


class Shells:
    """Makes them, and remembers the last few."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._made: dict[tuple[object, str], Shell] = {}

    def now(self) -> Shell:
        known: dict[str, Any] = dict(self._templates.environment.globals)
        key = (languages.catalogue(current()), known["practice"].model_dump_json())
        if key not in self._made:
            while len(self._made) >= FEW:
                del self._made[next(iter(self._made))]
            self._made[key] = self._make(known["static"], gettext(str(known["practice"].neutral_name)))
        return self._made[key]

    def _make(self, static: Static, name: str) -> Shell:
        everywhere = {"modules": ["offline.js"]}
        empty = fields.shown(CheckInForm(), Vocabulary(words=list(EMOTIONS), tags=list(CONTEXTS)), [])
        pages = {
            CHECK_IN: self._templates.render("offline/check_in.html", path="/", **everywhere, **empty),
            NOWHERE: self._templates.render("offline/page.html", path=NOWHERE, **everywhere),
        }
        return Shell(current(), pages, tuple(map(static, STATIC_FILES)), name, static(ICON))


def shell_of(request: Request) -> Shell:
    shells: Shells = request.app.state.shells
    return shells.now()
