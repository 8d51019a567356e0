"""What the journal's form posts, and the bodies portal takes: the entry's, and the draft's as it is being typed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_foundation.errors import FieldError
from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel, field_validator

from afterglow_web.journal.records import Draft, Entry, Phase
from afterglow_web.records import Visibility
from afterglow_web.session.sign_in import known_zone
from afterglow_web.typed import Typed, broken

BY_READERS = (Visibility.only_me, Visibility.next_session, Visibility.therapist)


class JournalForm(BaseModel):
    """The fields as typed; everything is text and may be missing.

    `base_version` is the version that is being changed (0 for a new entry), `revision` the draft's last known one,
    `exact` the time of that version to the second, where `felt_at` has minutes, `then` where to go on then.
    """

    title: Typed = ""
    text: Typed = ""
    phase: str = ""
    follows: str = ""
    felt_at: Typed = ""
    exact: str = ""
    time_zone: Typed = ""
    visibility: str = ""
    base_version: str = "0"
    revision: str = "0"
    version_id: Typed = ""
    kept: str = ""
    then: str = ""

    @field_validator("follows")
    @classmethod
    def an_id_or_nothing(cls, typed: str) -> str:
        """It becomes part of an address on the page."""
        return str(id_or_none(typed) or "")

    @classmethod
    def empty(cls, *, visibility: str, phase: str = "", follows: str = "") -> "JournalForm":
        known = phase if phase in set(Phase) else ""
        return cls(visibility=visibility, phase=known, follows=follows, version_id=str(new_id()))

    @classmethod
    def of_entry(cls, entry: Entry) -> "JournalForm":
        return cls(
            title=entry.title or "",
            text=entry.text,
            phase=entry.phase or "",
            follows=str(entry.follows or ""),
            felt_at=wall_clock(entry.felt_at, entry.time_zone),
            exact=entry.felt_at.isoformat(),
            time_zone=entry.time_zone,
            visibility=entry.visibility,
            base_version=str(entry.version),
            version_id=str(new_id()),
        )

    @classmethod
    def of_draft(cls, draft: Draft, entry: Entry | None, *, standing: str) -> "JournalForm":
        """The draft on top of what the entry says by now; `standing` is who may see it where nothing else says so."""
        visibility = draft.visibility or (entry.visibility if entry else standing)
        if entry and entry.version != draft.base_version:
            visibility = narrower(visibility, entry.visibility)
        return cls(
            title=draft.title,
            text=draft.text,
            phase=draft.phase or "",
            follows=str(draft.follows or ""),
            felt_at=draft.felt_at,
            exact=entry.felt_at.isoformat() if entry else "",
            time_zone=draft.time_zone,
            visibility=visibility,
            base_version=str(entry.version if entry else 0),
            revision=str(draft.revision),
            version_id=str(new_id()),
        )

    @classmethod
    def again(cls, fields: Mapping[str, str], *, kept: str) -> "JournalForm":
        """The form as it was kept over a sign-in."""
        return cls.model_validate({**fields, "kept": kept})

    @property
    def kept_id(self) -> UUID | None:
        return id_or_none(self.kept)

    @property
    def is_edit(self) -> bool:
        return number(self.base_version) > 0

    def zone(self, person_zone: str) -> str:
        """The zone the form was written in where there is such a one, else the person's own."""
        return self.time_zone if self.time_zone and known_zone(self.time_zone) == self.time_zone else person_zone

    def felt(self, person_zone: str) -> datetime:
        """When it was, as typed on the wall clock of the zone; as it was where nobody changed it; else now.

        Raises ValueError. The wall clock alone has no seconds, and one hour of autumn twice.
        """
        zone = self.zone(person_zone)
        exact = moment_or_none(self.exact) if self.is_edit else None
        if exact and self.felt_at in {"", wall_clock(exact, zone)}:
            return exact.astimezone(UTC)
        if not self.felt_at:
            return datetime.now(UTC)
        typed = datetime.fromisoformat(self.felt_at)
        local = typed.replace(tzinfo=ZoneInfo(zone)) if typed.tzinfo is None else typed
        return local.astimezone(UTC)

    def errors(self, person_zone: str) -> list[FieldError]:
        """What cannot even be read. Whether it makes sense is portal's to say."""
        found = broken("title", self.title) + broken("text", self.text)
        try:
            self.felt(person_zone)
        except (ValueError, OverflowError):
            found.append(FieldError(field="felt_at", code="not_a_time", message="is not a time"))
        return found

    def words(self) -> dict[str, Any]:
        """What entry and draft have in common; line ends as they are counted everywhere else."""
        return {
            "title": self.title,
            "text": self.text.replace("\r\n", "\n"),
            "phase": self.phase if self.phase in set(Phase) else None,
            "follows": str(follows) if (follows := id_or_none(self.follows)) else None,
        }

    def body(self, person_zone: str) -> dict[str, Any]:
        """The JSON of an entry; of an edit where the form began with a version."""
        edit = {"version_id": self.version_id, "base_version": number(self.base_version)} if self.is_edit else {}
        return {
            **self.words(),
            "felt_at": self.felt(person_zone).isoformat(),
            "time_zone": self.zone(person_zone),
            "visibility": self.visibility,
            "draft_revision": number(self.revision),
            **edit,
        }

    def draft(self) -> dict[str, Any]:
        """The JSON of a draft: as it was typed, whether or not it could be saved so."""
        return {
            **self.words(),
            "felt_at": self.felt_at[:40],
            "time_zone": self.time_zone[:64],
            "visibility": self.visibility if self.visibility in set(Visibility) else None,
            "base_version": number(self.base_version),
            "revision": number(self.revision),
        }


def narrower(one: str, other: str) -> str:
    """Of two answers to who may see it, the one that fewer people do; an answer that is none is as good as unsaid."""
    known = [answer for answer in BY_READERS if answer in {one, other}]
    return known[0] if known else one


def wall_clock(moment: datetime, zone: str) -> str:
    """A moment as a clock on the wall of the zone shows it, as a form's field has it."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def moment_or_none(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004  # what an integer column holds


def id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
