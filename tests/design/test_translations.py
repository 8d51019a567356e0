"""Every word of every package in every language: translated once, carried over whole, and said by somebody."""

import re
from pathlib import Path

import pytest
from afterglow_design.languages import LANGUAGES, SOURCE
from afterglow_design.static import collect
from afterglow_design.templates import make_templates
from afterglow_design.testing import words
from afterglow_design.testing.bare_text import bare_texts
from jinja2 import Environment

OTHERS = [language for language in LANGUAGES if language != SOURCE]
everywhere = pytest.mark.parametrize("package", words.PACKAGES)
# Shrinks to nothing as these pages are written anew.
STRING = re.compile(r"""//[^
]*|"[^"\n]*"|'[^'\n]*'|`[^`]*`""")
TWO_WORDS = re.compile(r"[a-z]{2,} [a-z]{2,}")
in_each = pytest.mark.parametrize("language", OTHERS)


@in_each
@everywhere
def test_every_word_is_translated(package: str, language: str):
    assert [f"{one.place[0]}:{one.place[1]} {one.words}" for one in words.missing(package, language)] == []


@in_each
@everywhere
def test_nothing_is_translated_that_nobody_says(package: str, language: str):
    assert [f"{one.file.name}: {one.message.id!r}" for one in words.obsolete(package, language)] == []


@in_each
@everywhere
def test_a_translation_carries_over_what_is_filled_in_and_marked_up(package: str, language: str):
    translated = words.translated(package, language)
    assert [(entry.file.name, fault) for _key, entry in translated for fault in words.faults(entry.message)] == []


@in_each
def test_the_same_words_mean_the_same_everywhere(language: str):
    assert words.differently(language) == {}


def environment_of(package: str) -> Environment:
    return make_templates(None if package == words.DESIGN else package, static_prefix="/static").environment


@everywhere
def test_no_template_says_a_word_that_cannot_be_translated(package: str):
    environment, folder = environment_of(package), words.folder_of(package) / "templates"
    templates = [path for path in sorted(folder.rglob("*")) if path.suffix in {".html", ".txt"}]
    assert len(templates) > 5
    bare = {path.relative_to(folder).as_posix(): bare_texts(environment, path) for path in templates}
    assert {name: texts for name, texts in bare.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ x }} left</p>", ["\ufffc left"]),
        ('<a title="Go on" href="/x">{{ _("Go on") }}</a>', ["title=Go on"]),
        ('<p data-say="{% if x %}Kept{% endif %}"></p>', ["data-say=Kept"]),
        ('{{ ui.button("Go on", kind="quiet") }}', ["Go on"]),
        ('{{ _("Go %(where)s", where=x or "to the start") }}', ["to the start"]),
        ("{% trans %}Go on{% endtrans %}{{ x if x == 'Go on' else y }} 12 · {% block layout %}wide{% endblock %}", []),
    ],
)
def test_a_bare_word_is_found_wherever_it_stands(source: str, found: list[str], tmp_path: Path):
    template = tmp_path / "page.html"
    template.write_text(source)
    assert bare_texts(environment_of(words.DESIGN), template) == found


@everywhere
def test_scripts_say_nothing_of_their_own(package: str):
    """What a script says stands in the page it belongs to, in a data attribute."""
    scripts = {
        name: STRING.findall(asset.content.decode())
        for name, asset in collect(package).items()
        if name.endswith(".js") and not name.startswith("vendor/")
    }
    assert len(scripts) > 2
    said = {
        name: [one for one in strings if one[0] != "/" and TWO_WORDS.search(one)] for name, strings in scripts.items()
    }
    assert {name: strings for name, strings in said.items() if strings} == {}


def test_whatever_a_translation_loses_is_named():
    def faults(english: str, spanish: str) -> int:
        return len(list(words.faults(words.Message(english, spanish))))

    assert faults("Wait %(wait)s, <b>now</b>.", "Espere %(wait)s, <b>ya</b>.") == 0
    assert faults("Wait %(wait)s.", "Espere.") == 1
    assert faults("Wait.", "Espere %(wait)s.") == 2
    assert faults("<b>Now</b>", "Ya") == 1
    assert faults("{value} of ten", "{valor} de diez") == 1
    assert faults("Half", "50 %") == 1
    assert faults("Wait.", "Espere.MIME-Version: 1.0\n") == 1
