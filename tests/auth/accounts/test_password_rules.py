"""Which passwords will do: length in characters, nobody's own words, not common, not easily guessed, and no more."""

import time
import unicodedata

import pytest
from afterglow_auth.accounts import common_list, guessing
from afterglow_auth.accounts.common_passwords import is_common, listed
from afterglow_auth.accounts.own_words import stands_in
from afterglow_auth.accounts.passwords import (
    COMMON,
    GUESSABLE,
    LONGEST_PASSWORD,
    MISSING,
    OWN_WORDS,
    TOO_LONG,
    fault,
    hash_password,
    strength,
    too_short,
    verify,
)
from afterglow_design.languages import speaking
from zxcvbn.matching import RANKED_DICTIONARIES

ABOUT = ["Zoë Rowan-Hale", "zoe.rowan77@example.org", "Quiet Harbour"]
FIFTEEN = str(too_short(15))


async def words(password: str, *, alone: bool = True) -> str | None:
    found = await fault(password, alone=alone, about=ABOUT)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    "password",
    [
        "calm-water-under-the-bridge",
        "four words nobody guesses",
        "all small letters with blanks",  # no rule asks for capitals, digits or signs
        "narrow answers every morning",  # the end of one word and the beginning of another are no name
        "我喜欢在海边散步的早晨和晚上都很好",
        "mañana pintaré doce árboles",
        "👩‍👩‍👧‍👦 feed the geese at the pond",
        "9f86d081884c7d659a2feaa0c55ad015",
    ],
)
async def test_long_and_unusual_ones_will_do(password: str):
    assert await words(password) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", MISSING),
        ("dusk violin 14", FIFTEEN),  # 14 characters
        ("x" * (LONGEST_PASSWORD + 1), TOO_LONG),
        ("zoë likes the rowan tree", OWN_WORDS),
        ("ZOE.ROWAN77 and some more", OWN_WORDS),
        ("R0w@n and a boat on a lake", OWN_WORDS),
        ("z.o.e.r.o.w.a.n.h.a.l.e.!", OWN_WORDS),
        ("zoerowan77zoerowan77", OWN_WORDS),
        ("in the QUIET HARBOUR at six", OWN_WORDS),
        ("passwordpassword", COMMON),
        ("PassWordPassWord", COMMON),
        ("123456789987654321", COMMON),
        ("qwerty123456789", COMMON),
        ("ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ", COMMON),  # noqa: RUF001  # wide letters are the same letters
        ("summer2024summer2024", GUESSABLE),
        ("abcdefghijklmnopqrs", GUESSABLE),
        ("zzzzzzzzzzzzzzzzzzzzzzzzzz", GUESSABLE),
    ],
)
async def test_what_is_tried_first_will_not(password: str, why: object):
    assert await words(password) == str(why)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kiwi-4-moon", None),
        ("dXv3!q%8", None),  # 8 characters
        ("dXv3!q%", str(too_short(8))),
        ("12345678", str(COMMON)),
        ("Passw0rd", str(COMMON)),
        ("abcabcabc9", str(GUESSABLE)),
        ("rowan-x7!kq", str(OWN_WORDS)),
    ],
)
async def test_beside_a_second_factor_eight_characters_are_enough(password: str, why: str | None):
    assert await words(password, alone=False) == why


async def test_length_counts_characters_of_what_is_kept_not_bytes():
    assert await words("ñ" * 3 + "áéíóúüçøåæß") == FIFTEEN  # 14 characters in 28 bytes
    decomposed = unicodedata.normalize("NFD", "árbol é ñu í ó ú")
    assert len(decomposed) > 15
    assert await words(decomposed[:-6]) == FIFTEEN  # accents that stand apart are not characters of their own
    assert await words("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * LONGEST_PASSWORD) == str(TOO_LONG)


async def test_the_same_characters_from_another_keyboard_open_it():
    stored = await hash_password(unicodedata.normalize("NFC", "mañana pintaré doce árboles"))
    assert (await verify(unicodedata.normalize("NFD", "mañana pintaré doce árboles"), stored))[0]


@pytest.mark.parametrize("name", ["Ana", "Li", ""])
def test_names_that_are_parts_of_many_words_forbid_nothing(name: str):
    assert not stands_in("banana liana linden", [name])


@pytest.mark.usefixtures("app")  # it brings auth's words along
async def test_reasons_are_told_in_the_readers_language():
    with speaking("es"):
        assert await words("short") == "Use al menos 15 caracteres. Bastan cuatro o cinco palabras."
        assert await words("passwordpassword") == (
            "Muchas personas usan esta contraseña y por eso es de las primeras que se prueban. Elija otra, por favor."
        )


async def test_the_meter_never_praises_what_will_not_do():
    weak = await strength("rowan & the lighthouse by the sea", ABOUT)
    assert (weak.score, str(weak.fault)) == (1, str(OWN_WORDS))
    good = await strength("a lighthouse by the northern sea", ABOUT)
    assert (good.score, str(good.words), good.fault) == (4, "Very hard to guess", None)


async def test_a_meter_in_a_hurry_is_refused_while_a_form_waits_its_turn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guessing, "MOST_WAITING", 0)
    with pytest.raises(guessing.TooBusyError):
        await strength("a lighthouse by the northern sea", ABOUT)
    assert await words("a lighthouse by the northern sea") is None


async def test_the_library_keeps_nobodys_words():
    assert await words("a lighthouse by the northern sea") is None
    assert "user_inputs" not in RANKED_DICTIONARIES


@pytest.mark.parametrize("typed", ["4@8({[<369&#!1/|0$5+7%2" * 40, "a" * 1000, "p4$$w0rd" * 100, "20:12/1.1990-" * 70])
def test_no_password_keeps_the_estimate_busy(typed: str):
    """The library alone takes eight seconds for the first of these; how much we let it see decides that."""
    seen = list(guessing.pieces(typed))
    assert len(seen) <= guessing.PIECES
    assert all(len(piece) <= guessing.LONGEST_PIECE for piece in seen)
    assert all(len(set(piece) & guessing.STAND_INS) <= guessing.MOST_STAND_INS for piece in seen)
    began = time.process_time()
    guessing.guess(typed, ABOUT)
    assert time.process_time() - began < 60  # not a figure to reach: only that it ends


def test_a_password_is_as_strong_as_its_strongest_piece():
    assert guessing.guess("1234567890!@#$ lighthouse northern violin", []) == 4
    assert guessing.guess("", []) == 0


def test_the_list_that_is_shipped_is_whole():
    lines = listed().decode().split("\n")
    assert lines[0] == lines[-1] == ""
    kept = lines[1:-1]
    assert kept == sorted(set(kept))
    assert len(kept) > 50_000
    assert min(map(len, kept)) >= 8
    assert not any(common_list.ADDRESS.fullmatch(one) for one in kept)
    assert is_common("Password1")
    assert not is_common("")
    assert not is_common("password1\npassword2")


def test_the_list_is_what_its_sources_say():
    """The part that needs nothing from elsewhere: every password of the library's own list that is long enough."""
    assert all(is_common(one) for one in common_list.from_zxcvbn() if len(common_list.fold(one)) >= 8)
    chosen = common_list.chosen(["Unordered", "short"], ["1234567", "Common00", "a stand-alone one that is rare"])
    assert chosen == {"unordered", "common00", "a stand-alone one that is rare"}
