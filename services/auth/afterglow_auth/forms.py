"""Parameters from outside, read strictly: one value for each name, no control characters, no surprises."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 64 * 1024
LARGEST_QUERY = 6 * 1024
MOST_FIELDS = 40
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
REPEATED = "resource"
"""The one parameter that may be there several times (RFC 8707 §2): URIs, kept with spaces between them."""


class MalformedInputError(Exception):
    """What was sent cannot be read; the message is plain ASCII and repeats nothing of it."""


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form-encoded body. Raises MalformedInputError for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise MalformedInputError(f"The body must be {FORM}.")
    try:
        body = await request.body()
    except HTTPException as error:
        raise MalformedInputError("The body is too large.") from error
    if len(body) > LARGEST_FORM:
        raise MalformedInputError("The body is too large.")
    return parse(body)


def read_query(request: Request) -> Mapping[str, str]:
    """The query's parameters. Raises MalformedInputError."""
    query: bytes = request.scope["query_string"]
    if len(query) > LARGEST_QUERY:
        raise MalformedInputError("The request is too long.")
    return parse(query)


def parse(encoded: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise MalformedInputError("The parameters are not well-formed.") from error
    values = dict(pairs)
    repeated = [value for name, value in pairs if name == REPEATED]
    if len(values) + len(repeated[1:]) != len(pairs):
        raise MalformedInputError("A parameter is there twice.")
    if any(CONTROL_CHARACTER.search(text) for pair in pairs for text in pair):
        raise MalformedInputError("A parameter contains control characters.")
    if repeated:
        values[REPEATED] = " ".join(repeated).strip()
    return {name: value for name, value in values.items() if value}  # RFC 6749 §3.1: empty is as if omitted
