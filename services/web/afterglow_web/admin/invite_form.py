"""What the invite form posts, and what auth's answer to it means for the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import SOURCE, known, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import BadRequest, Unavailable
from afterglow_foundation.identifiers import new_id
from pydantic import BaseModel

from afterglow_web.admin.accounts import Accounts
from afterglow_web.admin.import_words import disguise_words
from afterglow_web.admin.records import Link, PersonDetail, PersonRole, Proposal
from afterglow_web.admin.wording import REFUSALS
from afterglow_web.session.kept_forms import known_id

FIELDS = {
    "name": lazy("Write their name, in at most 200 characters"),
    "email": lazy("Write a mail address, such as name@example.org"),
    "role": lazy("Say what they will be here"),
    "time_zone": lazy("Write a time zone such as Europe/London, or leave it empty for your own"),
}
NOT_REACHED = lazy(
    "Nobody was invited: this could not be sent just now. What you typed is still here: please try again."
)
SENT_BEFORE = lazy("This form was sent before with other details, and those stay. Send it once more for this person.")


class Wanted(BaseModel):
    """The JSON that auth takes."""

    email: str
    name: str
    role: str
    locale: str
    time_zone: str


class InviteForm(BaseModel):
    """The fields as typed; everything is text and may be missing."""

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    locale: str = ""
    time_zone: str = ""
    kept: str = ""

    @classmethod
    def empty(cls) -> "InviteForm":
        return cls(id=str(new_id()))

    @classmethod
    def about(cls, person: PersonDetail) -> "InviteForm":
        """The form for somebody who was invited before and never came."""
        kept = person.model_dump(include={"name", "email", "role", "locale", "time_zone"}, mode="json")
        return cls(id=str(new_id()), **kept)

    @classmethod
    def again(cls, fields: Mapping[str, str], *, kept: str) -> "InviteForm":
        """The form as it was kept over a sign-in."""
        return cls.model_validate({**fields, "kept": kept})

    @property
    def invitation_id(self) -> UUID:
        if (found := known_id(self.id)) is None:
            raise BadRequest
        return found

    @property
    def kept_id(self) -> UUID | None:
        return known_id(self.kept)

    def errors(self) -> dict[str, str]:
        """What is missing, by field. Whether the rest can be used is auth's to say."""
        missing = [name for name in ("name", "email") if not getattr(self, name).strip()]
        missing += [] if self.role in set(PersonRole) else ["role"]
        return {name: str(FIELDS[name]) for name in missing}

    def wanted(self, own_zone: str) -> Wanted:
        return Wanted(
            email=self.email.strip(),
            name=self.name.strip(),
            role=self.role,
            locale=known(self.locale) or SOURCE,
            time_zone=self.time_zone.strip() or own_zone,
        )


@dataclass(frozen=True)
class Result:
    """What was made, or the form to show again with a status, errors by field or one sentence."""

    form: InviteForm
    made: Link | Proposal | None = None
    status: int = HTTPStatus.SEE_OTHER
    errors: dict[str, str] = field(default_factory=dict)
    message: str | None = None


async def send(accounts: Accounts, form: InviteForm, own_zone: str) -> Result:
    """Send the form to auth. Refusals that are not about the form (not signed in, forbidden) are raised on."""
    if errors := form.errors():
        return Result(form, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
    try:
        return Result(form, await accounts.invite(form.invitation_id, form.wanted(own_zone)))
    except UpstreamProblem as problem:
        return refused(form, problem)
    except Unavailable:
        return Result(form, status=HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))


def refused(form: InviteForm, problem: UpstreamProblem) -> Result:
    match problem.upstream_status:
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            named = [(error.field, error.code) for error in problem.upstream.errors if error.field in FIELDS]
            errors = {name: disguise_words(form.email, code) or str(FIELDS[name]) for name, code in named}
            if not errors:
                raise problem
            return Result(form, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
        case HTTPStatus.CONFLICT if problem.upstream.code in REFUSALS:
            return Result(form, status=HTTPStatus.CONFLICT, errors={"email": str(REFUSALS[problem.upstream.code])})
        case HTTPStatus.CONFLICT:
            fresh = form.model_copy(update={"id": str(new_id())})
            return Result(fresh, status=HTTPStatus.CONFLICT, message=str(SENT_BEFORE))
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise problem
        case _:
            return Result(form, status=HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
