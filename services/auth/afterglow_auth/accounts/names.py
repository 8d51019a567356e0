"""Names of people: any script, and nothing that a reader cannot see."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

JOINERS = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}  # Persian and several Indian scripts need them
UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}  # controls, directions, unassigned, private, line separators


def check_seen(name: str) -> str:
    if any(unicodedata.category(letter) in UNSEEN and letter not in JOINERS for letter in name):
        raise PydanticCustomError("control_characters", "there are characters in it that nobody can see")
    return name


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(check_seen),
]
