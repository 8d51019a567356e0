"""The practice's settings, a few at a time: which fields a page has, what stands in them, and what is sent of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from afterglow_design.languages import LANGUAGES, LazyString, gettext, lazy, speaking
from afterglow_design.practice import Practice, PracticeWords
from afterglow_design.terms import paragraphs_of
from afterglow_foundation.errors import FieldError

from afterglow_web.practice import fields, office_hours, ways
from afterglow_web.practice.fields import Field, in_language

Values = Mapping[str, str]


@dataclass(frozen=True)
class Section:
    """One page: `path` below /practice; `shown` its fields, `filled` their values, `change` what is sent."""

    path: str
    heading: LazyString
    about: LazyString
    shown: Callable[[Practice, Values], Sequence[Field]]
    filled: Callable[[Practice], dict[str, str]]
    change: Callable[[Practice, Values], dict[str, Any]]


def languages_of(practice: Practice) -> list[str]:
    """Those that are offered, the practice's own first."""
    return sorted(practice.languages, key=lambda one: one != practice.default_language)


def words_in(practice: Practice, language: str, name: str) -> str:
    """What the practice says in that language, or what we say for it; nothing where it has only said it in its own."""
    said = str(getattr(practice, name))
    if language == practice.default_language:
        return said
    own = next((words for known, words in practice.words.items() if known == language), PracticeWords())
    with speaking(language):
        ours = gettext(said)
    return str(getattr(own, name) or (ours if ours != said else ""))


def spoken_values(practice: Practice, *names: str) -> dict[str, str]:
    return {
        in_language(name, language): words_in(practice, language, name)
        for language in languages_of(practice)
        for name in names
    }


def spoken_change(practice: Practice, values: Values, *names: str) -> dict[str, Any]:
    """The practice's own words as they are, and those of its other languages beside what these say elsewhere."""
    own = {name: values.get(in_language(name, practice.default_language), "").strip() for name in names}
    words: dict[str, Any] = {known: said.model_dump(mode="json") for known, said in practice.words.items()}
    for language in languages_of(practice)[1:]:
        typed = {name: values.get(in_language(name, language), "").strip() or None for name in names}
        words[language] = words.get(language, {}) | typed
    return {**own, "words": words}


def name_fields(_practice: Practice, _values: Values) -> list[Field]:
    return [fields.NAME, fields.NEUTRAL_NAME, fields.MAIL_SENDER]


def name_values(practice: Practice) -> dict[str, str]:
    return {name: str(getattr(practice, name)) for name in ("name", "neutral_name", "mail_sender")}


def name_change(_practice: Practice, values: Values) -> dict[str, Any]:
    return {name: values.get(name, "").strip() for name in ("name", "neutral_name", "mail_sender")}


def contact_fields(practice: Practice, _values: Values) -> list[Field]:
    spoken = [make(language) for language in languages_of(practice) for make in (fields.hours, fields.service_area)]
    return [fields.TELEPHONE, fields.ADDRESS, *spoken]


def contact_values(practice: Practice) -> dict[str, str]:
    given = {"telephone": practice.telephone or "", "address": str(practice.address)}
    return given | spoken_values(practice, "hours", "service_area")


def contact_change(practice: Practice, values: Values) -> dict[str, Any]:
    address = values.get("address", "").replace("\r\n", "\n").strip()
    given = {"telephone": values.get("telephone", "").strip() or None, "address": address}
    return {**given, **unixed(spoken_change(practice, values, "hours", "service_area"))}


def crisis_fields(practice: Practice, values: Values) -> list[Field]:
    spoken = [fields.crisis_line(language) for language in languages_of(practice)]
    rows = [field for number in range(ways.rows_of(values)) for field in ways.row_fields(number)]
    return [*spoken, fields.QUICK_EXIT, *rows]


def crisis_values(practice: Practice) -> dict[str, str]:
    spoken = spoken_values(practice, "crisis_line")
    return {**spoken, "quick_exit": practice.quick_exit, **ways.filled(practice.crisis_services)}


def crisis_change(practice: Practice, values: Values) -> dict[str, Any]:
    spoken = spoken_change(practice, values, "crisis_line")
    services, _rows = ways.written(values)
    return {**spoken, "quick_exit": values.get("quick_exit", "").strip(), "crisis_services": services}


def team_fields(_practice: Practice, _values: Values) -> list[Field]:
    return [fields.CARE_TEAM_CONVERSATIONS]


def team_values(practice: Practice) -> dict[str, str]:
    return {fields.CARE_TEAM_CONVERSATIONS.name: "yes"} if practice.care_team_conversations else {}


def team_change(_practice: Practice, values: Values) -> dict[str, Any]:
    name = fields.CARE_TEAM_CONVERSATIONS.name
    return {name: bool(values.get(name))}


def language_fields(_practice: Practice, _values: Values) -> list[Field]:
    return [*(fields.offered(language) for language in LANGUAGES), fields.DEFAULT_LANGUAGE]


def language_values(practice: Practice) -> dict[str, str]:
    chosen = {in_language("language", language): "yes" for language in practice.languages}
    return {**chosen, "default_language": practice.default_language}


def language_change(_practice: Practice, values: Values) -> dict[str, Any]:
    chosen = [language for language in LANGUAGES if values.get(in_language("language", language))]
    return {"languages": chosen, "default_language": values.get("default_language", "")}


def terms_fields(practice: Practice, _values: Values) -> list[Field]:
    return [fields.terms(language) for language in languages_of(practice)]


def terms_values(practice: Practice) -> dict[str, str]:
    return {in_language("terms", text.language): text.text for text in practice.terms.texts}


def terms_change(practice: Practice, values: Values) -> dict[str, Any]:
    """Other words are another version, which everybody is asked to accept."""
    typed = {language: unix(values.get(in_language("terms", language), "")) for language in languages_of(practice)}
    kept = {text.language: text.text for text in practice.terms.texts if text.language not in typed}
    texts = {language: words for language, words in typed.items() if words.strip()} | kept
    same = {language: paragraphs_of(words) for language, words in texts.items()} == practice.terms.words()
    version = practice.terms.version if same else practice.terms.version + 1
    return {"terms": {"version": version, "texts": [{"language": one, "text": text} for one, text in texts.items()]}}


def list_fields(of: Callable[[str], Field], practice: Practice, _values: Values) -> list[Field]:
    """`of` makes the field of a list in a language."""
    return [of(language) for language in languages_of(practice)]


def list_values(name: str, practice: Practice) -> dict[str, str]:
    return {
        in_language(name, language): "\n".join(listed_in(name, practice, language))
        for language in languages_of(practice)
    }


def listed_in(name: str, practice: Practice, language: str) -> Sequence[str]:
    """The list in that language, or ours translated; nothing where the practice has only written it in its own."""
    said: Sequence[str] = getattr(practice, name)
    if language == practice.default_language:
        return said
    own = next((words for known, words in practice.words.items() if known == language), PracticeWords())
    ours = translated(said, language)
    return getattr(own, name) or (ours if ours != [*said] else ())


def translated(items: Sequence[str], language: str) -> list[str]:
    with speaking(language):
        return [gettext(one) for one in items]


def list_change(name: str, practice: Practice, values: Values) -> dict[str, Any]:
    """One in a line. Where another language only says ours translated, nothing is kept of it: it follows the list."""
    own, *others = languages_of(practice)
    listed = lines_of(values, name, own)
    words: dict[str, Any] = {known: said.model_dump(mode="json") for known, said in practice.words.items()}
    for language in others:
        typed = lines_of(values, name, language)
        follows = not typed or typed == translated(listed, language)
        words[language] = words.get(language, {}) | {name: None if follows else typed}
    return {name: listed, "words": words}


def lines_of(values: Values, name: str, language: str) -> list[str]:
    typed = values.get(in_language(name, language), "").splitlines()
    return [line.strip() for line in typed if line.strip()]


def unix(words: str) -> str:
    """With the line ends that we keep: forms send others."""
    return words.replace("\r\n", "\n")


def unixed(value: Any) -> Any:  # noqa: ANN401  # any part of a JSON document
    if isinstance(value, dict):
        return {name: unixed(part) for name, part in value.items()}
    return unix(value) if isinstance(value, str) else value


SECTIONS = {
    section.path: section
    for section in (
        Section(
            "names",
            lazy("Names"),
            lazy("What the practice is called, and what others see of it"),
            name_fields,
            name_values,
            name_change,
        ),
        Section(
            "contact",
            lazy("How it is reached"),
            lazy("Telephone, address, hours and where it treats people"),
            contact_fields,
            contact_values,
            contact_change,
        ),
        Section(
            "hours",
            lazy("Office hours"),
            lazy("When somebody is there: outside of them, clients are told before they send a message"),
            office_hours.shown,
            office_hours.filled,
            office_hours.change,
        ),
        Section(
            "crisis",
            lazy("Help in a crisis"),
            lazy("Whom people can turn to at once, and where “Leave now” leads"),
            crisis_fields,
            crisis_values,
            crisis_change,
        ),
        Section(
            "intake",
            lazy("Intake"),
            lazy("What is asked about before a course of treatment"),
            partial(list_fields, fields.contraindications),
            partial(list_values, "contraindications"),
            partial(list_change, "contraindications"),
        ),
        Section(
            "words",
            lazy("Words that bring up help"),
            lazy("What somebody may be typing in a message when they need help now"),
            partial(list_fields, fields.crisis_words),
            partial(list_values, "crisis_words"),
            partial(list_change, "crisis_words"),
        ),
        Section(
            "care-teams",
            lazy("Care teams"),
            lazy("Whether a client writes to all who treat them in one conversation"),
            team_fields,
            team_values,
            team_change,
        ),
        Section(
            "languages",
            lazy("Languages"),
            lazy("Which languages the pages speak"),
            language_fields,
            language_values,
            language_change,
        ),
        Section(
            "terms",
            lazy("Terms"),
            lazy("What everybody accepts before they go on"),
            terms_fields,
            terms_values,
            terms_change,
        ),
    )
}


def field_of(error: FieldError, practice: Practice, values: Values) -> str:
    """The form's field that auth's error is about; its own name where there is no such field."""
    match error.field.split("."):
        case ["hours" | "service_area" | "crisis_line" as name]:
            found = in_language(name, practice.default_language)
        case ["words", language, name, *_]:
            found = in_language(name, language)
        case ["crisis_services", number, part]:
            _services, rows = ways.written(values)
            found = f"way_{rows[int(number)]}_{'to' if part == 'href' else part}"
        case ["crisis_services"]:
            found = "way_0_name"
        case ["contraindications" | "crisis_words" as name, *_]:
            found = in_language(name, practice.default_language)
        case ["office_hours", *_]:
            found = office_hours.field_of(error)
        case ["languages", *_]:
            found = in_language("language", next(iter(LANGUAGES)))
        case ["terms", *_]:
            found = next((name for name in values if name.startswith("terms_") and too_long(values[name])), "")
            found = found or in_language("terms", practice.default_language)
        case [name, *_]:
            found = name
    return found


def too_long(words: str) -> bool:
    return len(unix(words)) > fields.LONGEST_TERMS
