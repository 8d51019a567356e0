"""Mail addresses that a person can read for what they are: no letters that look like others, no names in disguise."""

from enum import StrEnum

from pydantic_core import PydanticCustomError


class Disguise(StrEnum):
    """Why an address that a mail server might take is not taken here."""

    look_alike = "look_alike"  # a letter that may be another script's, such as a Cyrillic one in place of a Latin a
    other_script = "domain_not_ascii"  # a domain to be written in its ASCII form, where one sees what it is


def disguise_of(address: str) -> Disguise | None:
    """What keeps a reader from seeing whom a mail goes to. The domain may be written as `xn--…`, the name may not."""
    name, _, domain = address.rpartition("@")
    if not name.isascii():
        return Disguise.look_alike
    return None if domain.isascii() else Disguise.other_script


def plain_domain(address: str) -> str:
    """The domain in ASCII (`xn--…`), so that somebody sees what they typed; empty where it has no such form."""
    try:
        return address.rpartition("@")[2].encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def check_readable(address: str) -> str:
    """For a Pydantic field. The error's code is the disguise's."""
    found = disguise_of(address)
    if found == Disguise.look_alike:
        raise PydanticCustomError(found.value, "the part before the @ has letters that may look like others")
    if found and (domain := plain_domain(address)):
        raise PydanticCustomError(found.value, "write the domain as {domain}", {"domain": domain})
    if found:
        raise PydanticCustomError(found.value, "write the domain in ASCII")
    return address
