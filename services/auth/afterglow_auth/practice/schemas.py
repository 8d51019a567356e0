"""What the accounts API says about the practice, and takes."""

from datetime import datetime

from afterglow_design.practice import Practice
from pydantic import Field, field_validator

LARGEST_DOCUMENT = 64 * 1024  # it travels whole in a security event's token


class PracticeIn(Practice):
    """A change: what is left out stays as it is. `version` is the one that it was made from."""

    version: int = Field(ge=0)

    @field_validator("logo")
    @classmethod
    def not_here(cls, value: str | None) -> str | None:
        if value is not None:
            raise ValueError("the logo is changed by sending a picture to its own address")
        return value

    def onto(self, present: Practice) -> Practice:
        """The practice with this change. Raises ValidationError where the two do not fit together."""
        changed = {name: getattr(self, name) for name in self.model_fields_set & Practice.model_fields.keys()}
        return Practice.model_validate(present.model_dump() | {**changed, "logo": present.logo})


class PracticeOut(Practice):
    """`version` is 0 until an admin has saved anything; before that the installation's settings hold."""

    version: int
    changed_at: datetime | None = None
