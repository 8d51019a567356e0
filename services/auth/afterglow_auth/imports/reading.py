"""Reading a file: its columns, and each row as the client it would make, or what is wrong with it and where."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from afterglow_auth.accounts.mail_addresses import plain_domain
from afterglow_auth.imports.schemas import MOST_ROWS, ImportIn, RowFault
from afterglow_auth.invitations.schemas import InvitationIn

REQUIRED = ("name", "email")
COLUMNS = (*REQUIRED, "time_zone", "locale", "role", "therapist_email")
DELIMITERS = ",;\t"
HEADER = 1
INVITED = {"name", "email", "time_zone", "locale"}
MESSAGES = {
    "duplicate": "this address is in an earlier row too",
    "empty": "there are no rows",
    "malformed": "this cannot be read as CSV",
    "missing_column": "this column is missing",
    "repeated_column": "this column is there twice",
    "staff": "only clients can be imported: staff take a second person",
    "too_many_rows": f"there are more than {MOST_ROWS} rows",
    "unknown_column": "no column has this name here",
    "width": "this row has more or fewer cells than the first",
}


@dataclass
class Reading:
    """What a file says: whom it would invite by row, whom they are to be treated by, and what is wrong."""

    people: dict[int, InvitationIn] = field(default_factory=dict)
    therapists: dict[int, str] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)
    total: int = 0

    def wrong(self, row: int, column: str | None, code: str, detail: str | None = None, message: str = "") -> None:
        found = RowFault(row=row, column=column, code=code, message=message or MESSAGES[code], detail=detail)
        self.faults.append(found)


def read(wanted: ImportIn) -> Reading:
    """Every fault there is, in the order of rows; no more than columns where those are wrong already."""
    reading = Reading()
    try:
        table = list(numbered(wanted.csv.removeprefix("\ufeff")))
    except csv.Error:
        reading.wrong(HEADER, None, "malformed")
        return reading
    if not table:
        reading.wrong(HEADER, None, "empty")
        return reading
    columns = read_header(reading, table[0][1])
    rows = table[1:]
    reading.total = len(rows)
    if not rows:
        reading.wrong(HEADER, None, "empty")
    if len(rows) > MOST_ROWS:
        reading.wrong(HEADER, None, "too_many_rows")
    if not reading.faults:
        seen: dict[str, int] = {}
        for number, cells in rows:
            read_row(reading, wanted, number, columns, cells, seen)
    return reading


def numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with cells, as a spreadsheet counts them. Raises csv.Error."""
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True), start=HEADER):
        if any(cell.strip() for cell in cells):
            yield number, [cell.strip(" ") for cell in cells]


def read_header(reading: Reading, cells: list[str]) -> list[str]:
    columns = [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in cells]
    for name in columns:
        if name not in COLUMNS:
            reading.wrong(HEADER, None, "unknown_column", name[:40])
    for name in REQUIRED:
        if name not in columns:
            reading.wrong(HEADER, name, "missing_column", name)
    for name in COLUMNS:
        if columns.count(name) > 1:
            reading.wrong(HEADER, name, "repeated_column", name)
    return columns


def read_row(  # noqa: PLR0917  # one row, what it belongs to, and what came before it
    reading: Reading, wanted: ImportIn, number: int, columns: list[str], cells: list[str], seen: dict[str, int]
) -> None:
    if len(cells) != len(columns):
        reading.wrong(number, None, "width")
        return
    values = {name: cell for name, cell in zip(columns, cells, strict=True) if cell}
    if values.get("role", "client").lower() != "client":
        reading.wrong(number, "role", "staff")
    address = values.get("email", "").lower()
    if address and (earlier := seen.setdefault(address, number)) != number:
        reading.wrong(number, "email", "duplicate", str(earlier))
    if "therapist_email" in values:
        reading.therapists[number] = values["therapist_email"]
    try:
        reading.people[number] = InvitationIn.model_validate(invited(values, wanted))
    except ValidationError as error:
        for one in error.errors():
            column = str(one["loc"][0])
            code = "missing" if one["type"] == "string_too_short" else str(one["type"])
            detail = plain_domain(values.get("email", "")) or None if code == "domain_not_ascii" else None
            reading.wrong(number, column, code, detail, one["msg"].removeprefix("Value error, "))


def invited(values: Mapping[str, str], wanted: ImportIn) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if name in INVITED}
    return {"time_zone": wanted.time_zone, "locale": wanted.locale, **given, "role": "client"}
