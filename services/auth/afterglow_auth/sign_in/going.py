"""Where somebody who signs in was going."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from afterglow_design import languages

from afterglow_auth import forms
from afterglow_auth.oauth.authorize import Asked, validate
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.oauth.openid import max_age
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.local import local_path

LANGUAGE = "ui_locales"


@dataclass(frozen=True, slots=True)
class Going:
    """On to a client with its request, or to a page of ours; neither, to the start."""

    asked: Asked | None = None
    page: str | None = None

    @property
    def query(self) -> str:
        """As it stands in the address of the sign-in page, and in its form."""
        if self.asked:
            return self.asked.query
        return urlencode({"next": self.page}) if self.page else ""

    @property
    def redirect_uri(self) -> str | None:
        return self.asked.redirect_uri if self.asked else None

    @property
    def login_hint(self) -> str:
        """Whom the client thinks it is about (OpenID Connect Core §3.1.2.1)."""
        return self.asked.parameters.get("login_hint", "") if self.asked else ""

    @property
    def proves_again(self) -> bool:
        """Whether the client knows who it is, and wants it proved anew for what comes next (RFC 9470)."""
        return bool(self.asked and self.asked.hint and max_age(self.asked.parameters) is not None)

    @property
    def client_name(self) -> str | None:
        return self.asked.client.name if self.asked else None


async def read_going(provider: IdentityProvider, parameters: Mapping[str, str]) -> Going | Answer:
    """The authorization request in progress, checked anew; or where else whoever came to the page directly goes."""
    speak(parameters)
    if not parameters.keys() - {"next", LANGUAGE}:
        return Going(page=local_path(parameters.get("next")))
    asked = await validate(provider, parameters)
    if isinstance(asked, Answer):
        return asked
    return going_to(asked)


def going_to(asked: Asked) -> Going:
    """On to a client, in the language that it asked for."""
    speak(asked.parameters)
    return Going(asked)


def speak(parameters: Mapping[str, str]) -> None:
    """The language that the request asks for; of a pushed one it stands in what was pushed."""
    for tag in parameters.get(LANGUAGE, "").split()[::-1]:
        languages.speak(tag, by="address")


async def reread_going(provider: IdentityProvider, query: str) -> Going | Answer:
    """The same, as a form or a stage carried it. Raises MalformedInputError."""
    try:
        return await read_going(provider, forms.parse(query.encode("ascii")))
    except UnicodeError as error:
        raise forms.MalformedInputError("The parameters are not well-formed.") from error
