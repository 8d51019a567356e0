"""Which words the sources say, and which are translated; `python -m afterglow_design.testing.words` lists what is not.

English stands in the sources, every other language in `<package>/translations/<language>/<room>.po`.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from afterglow_design.languages import LANGUAGES, SOURCE

DESIGN = "afterglow_design"
PACKAGES = (DESIGN, "afterglow_auth", "afterglow_web")
KEYWORDS: Mapping[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy": None,
    "ngettext": (1, 2),
    "OurWords": None,
}
TEMPLATES = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
PLACE = re.compile(r"%\((\w+)\)s")
BRACES = re.compile(r"{\w*}")
TAG = re.compile(r"</?[a-z][^>]*>")
LINE_END = re.compile(r"\n")  # where there is one too many, a catalogue's header slipped into its words
Words = str | tuple[str, ...]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """A message of the sources and where it stands first."""

    words: Words
    place: tuple[str, int]


@dataclass(frozen=True)
class Translated:
    """A message of a catalogue and the file it stands in."""

    message: Message
    file: Path


def folder_of(package: str) -> Path:
    specification = find_spec(package)
    if specification is None or specification.origin is None:
        raise LookupError(f"{package} is not installed")
    return Path(specification.origin).parent


def key_of(words: Words | list[str]) -> Key:
    return (words,) if isinstance(words, str) else tuple(words)


@cache
def said(package: str) -> Mapping[Key, Said]:
    """Every message of a package's templates and modules. A template that does not parse is an error."""
    folder = folder_of(package)
    sources = [path for path in sorted(folder.rglob("*")) if path.suffix in {".html", ".py", ".txt"}]
    found: dict[Key, Said] = {}
    for path in sources:
        inside = path.relative_to(folder)
        if {"testing", "static", "migrations"} & set(inside.parts) or (path.suffix == ".txt") > (
            "mail" in inside.parts
        ):
            continue
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        options = {} if path.suffix == ".py" else TEMPLATES
        for line, words, _comments, _context in extract_from_file(method, path, KEYWORDS, options=options):
            found.setdefault(key_of(words), Said(words, (f"{package}/{inside.as_posix()}", line)))
    return found


def files_of(package: str, language: str) -> Sequence[Path]:
    return sorted((folder_of(package) / "translations" / language).glob("*.po"))


@cache
def translated(package: str, language: str) -> Sequence[tuple[Key, Translated]]:
    """Every message of a package's catalogues in one language, in the order of the files."""
    found = []
    for file in files_of(package, language):
        with file.open("rb") as lines:
            found += [
                (key_of(message.id), Translated(message, file))
                for message in read_po(lines, locale=language)
                if message.id
            ]
    return found


def strings_of(message: Message) -> Key:
    return key_of(message.string or "")


def is_done(message: Message) -> bool:
    """Whether every form has its words and none is a guess."""
    return not message.fuzzy and all(text.strip() for text in strings_of(message))


def missing(package: str, language: str) -> Sequence[Said]:
    """What the package says and neither it nor design translates."""
    packages = {DESIGN, package}
    done = {key for one in packages for key, entry in translated(one, language) if is_done(entry.message)}
    return [found for key, found in said(package).items() if key not in done]


def obsolete(package: str, language: str) -> Sequence[Translated]:
    """What is translated and nobody says any more. What design translates, only design says."""
    return [entry for key, entry in translated(package, language) if key not in said(package)]


def differently(language: str, packages: Sequence[str] = PACKAGES) -> Mapping[Key, Sequence[Path]]:
    """Messages with more than one translation: the same words mean the same everywhere."""
    texts: dict[Key, set[Key]] = {}
    places: dict[Key, list[Path]] = {}
    for package in packages:
        for key, entry in translated(package, language):
            texts.setdefault(key, set()).add(strings_of(entry.message))
            places.setdefault(key, []).append(entry.file)
    return {key: places[key] for key, different in texts.items() if len(different) > 1}


def faults(message: Message) -> Iterator[str]:
    """What a translation does not carry over: named places, braces that scripts fill, and markup."""
    english, others = key_of(message.id), strings_of(message)
    named = {name for text in english for name in PLACE.findall(text)}
    for text in others:
        if not set(PLACE.findall(text)) <= named:
            yield f"a place that the source does not have in {text!r}"
    if set(PLACE.findall(others[-1])) != set(PLACE.findall(english[-1])):
        yield f"other places than the source's in {others[-1]!r}"
    for text in (*english, *others):
        if "%" in PLACE.sub("", text).replace("%%", ""):
            yield f"a bare per cent sign in {text!r}"
    for pattern, kind in ((BRACES, "braces"), (TAG, "markup"), (LINE_END, "line ends")):
        if any(sorted(pattern.findall(text)) != sorted(pattern.findall(english[-1])) for text in others):
            yield f"other {kind} than the source's in {others[-1]!r}"


def as_po(language: str, messages: Sequence[Said]) -> str:
    """What is to be translated, ready to be filled in."""
    catalogue = Catalog(locale=language)
    for one in messages:
        catalogue.add(one.words, locations=[one.place])
    text = BytesIO()
    write_po(text, catalogue, omit_header=True, width=116)
    return text.getvalue().decode()


def main() -> int:
    """Command line: 0 when nothing is missing or left over, else 1 and what it is on standard output."""
    left = False
    for language in LANGUAGES:
        for package in PACKAGES if language != SOURCE else ():
            if lacking := missing(package, language):
                sys.stdout.write(f"# {package}: {len(lacking)} to translate into {LANGUAGES[language]}\n\n")
                sys.stdout.write(as_po(language, lacking) + "\n")
            for entry in (over := obsolete(package, language)):
                sys.stdout.write(f"# not said any more: {entry.file.name} of {package}: {entry.message.id!r}\n")
            left = left or bool(lacking or over)
    sys.stdout.write("" if left else "Every word is translated, and nothing is left over.\n")
    return int(left)


if __name__ == "__main__":
    raise SystemExit(main())
