"""The practice as its pages name it: configuration, never code."""

from pydantic import BaseModel, ConfigDict, Field


class CrisisService(BaseModel):
    """One way to reach help at once; `href` is a tel:, sms: or https: address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    detail: str
    href: str = Field(pattern=r"^(tel:|sms:|https://)[^\s\"'<>]+$")


UNITED_STATES = (
    CrisisService(name="Call 988", detail="Suicide and Crisis Lifeline, day and night", href="tel:988"),
    CrisisService(name="Text 988", detail="The same people, in writing", href="sms:988"),
    CrisisService(name="Call 911", detail="If someone is in danger right now", href="tel:911"),
)


class Practice(BaseModel):
    """What a person needs to reach the practice and local crisis services.

    The name is neutral by default: a glance at someone's phone must not tell what they are treated for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "Afterglow"
    telephone: str | None = None
    hours: str = "Messages and entries are read during practice hours, not around the clock."
    crisis_line: str = "Call or text 988, day and night."
    crisis_services: tuple[CrisisService, ...] = Field(default=UNITED_STATES, min_length=1)

    @property
    def telephone_href(self) -> str | None:
        """The practice's number as a link, without spaces and brackets."""
        if self.telephone is None:
            return None
        return "tel:" + "".join(character for character in self.telephone if character in "+0123456789")
