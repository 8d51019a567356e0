"""What is wrong with a row of a file, in words that say what to do about it."""

from afterglow_design.languages import LazyString, _, lazy

from afterglow_web.admin.records import RowFault

FAULTS: dict[str, LazyString] = {
    "address_taken": lazy("Somebody here has this address already."),
    "control_characters": lazy("There are characters in it that nobody can see. Type it anew."),
    "domain_not_ascii": lazy(
        "The part after the @ has letters that may look like others. If it is right, write it as %(detail)s."
    ),
    "duplicate": lazy("Row %(detail)s has this address too."),
    "empty": lazy("There are no people in this file."),
    "look_alike": lazy("The part before the @ has letters that may look like others. Type it anew."),
    "malformed": lazy("This cannot be read as CSV. Save the table as CSV once more."),
    "missing": lazy("This is empty."),
    "missing_column": lazy("There is no column with the name %(detail)s."),
    "no_such_therapist": lazy("No therapist here has this address."),
    "repeated_column": lazy("There are two columns with the name %(detail)s."),
    "staff": lazy(
        "Only clients come from a file. A therapist or an admin takes a second person: invite them one by one."
    ),
    "too_many_rows": lazy("There are more than 2,000 people in this file. Split it."),
    "unknown_column": lazy("Nothing here is called %(detail)s. Take that column out, or name it as below."),
    "width": lazy("This row has more or fewer cells than the first one."),
}
COLUMNS: dict[str | None, LazyString] = {
    "email": lazy("Write a mail address, such as name@example.org."),
    "locale": lazy("Write a language such as en or es."),
    "name": lazy("Write a name of at most 200 characters."),
    "time_zone": lazy("Write a time zone such as Europe/London."),
}


def fault_words(fault: RowFault) -> str:
    """By its code; what only the column tells, by that."""
    words = FAULTS.get(fault.code) or COLUMNS.get(fault.column)
    if words is None:
        return _("This cannot be used.")
    return str(words) % {"detail": fault.detail or ""} if "%(detail)s" in str(words) else str(words)


def disguise_words(address: str, code: str) -> str | None:
    """For an address that may not be what it looks like, with its domain as it really is; None for another fault."""
    if code not in {"control_characters", "domain_not_ascii", "look_alike"}:
        return None
    try:
        domain = address.strip().rpartition("@")[2].encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    return fault_words(RowFault(row=0, code=code if domain else "look_alike", detail=domain))
