"""Tokens of links: only what we made for this purpose and this expiry opens."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.doors import address_of, expiry
from afterglow_auth.links.tokens import TOKEN_BYTES, Named, read, token_of
from afterglow_auth.resets.models import Reset
from afterglow_auth.settings import Settings
from afterglow_foundation.identifiers import new_id
from hypothesis import given
from hypothesis import strategies as st

DIGESTS = Digests("a key of these tests")


def invitation() -> Invitation:
    return Invitation(id=new_id(), person_id=new_id(), expires_at=expiry(timedelta(days=7)))


def test_a_token_names_its_link():
    link = invitation()
    token = token_of(DIGESTS, Purpose.invitation, link)
    assert read(DIGESTS, Purpose.invitation, token) == Named(link.id, link.expires_at)
    assert len(token) == 75
    assert str(link.id) not in token


def test_neither_another_purpose_nor_another_key_opens():
    token = token_of(DIGESTS, Purpose.invitation, invitation())
    assert read(DIGESTS, Purpose.reset, token) is None
    assert read(Digests("another key"), Purpose.invitation, token) is None


def test_no_bit_can_be_changed():
    token = token_of(DIGESTS, Purpose.invitation, invitation())
    raw = bytearray(base64.urlsafe_b64decode(token + "="))
    assert len(raw) == TOKEN_BYTES
    for place in range(TOKEN_BYTES * 8):
        changed = bytearray(raw)
        changed[place // 8] ^= 1 << place % 8
        assert read(DIGESTS, Purpose.invitation, base64.urlsafe_b64encode(changed).decode().rstrip("=")) is None


@pytest.mark.parametrize("token", ["", "=", "x", "é" * 75, "A" * 75, "A" * 74, "A" * 10_000, "-_-_", "\x00" * 75])
def test_what_is_no_token_opens_nothing(token: str):
    assert read(DIGESTS, Purpose.invitation, token) is None


@given(st.text(max_size=120))
def test_any_text_is_read_without_a_fault(text: str):
    assert read(DIGESTS, Purpose.reset, text) is None


def test_each_sending_has_a_token_of_its_own():
    link = invitation()
    first = token_of(DIGESTS, Purpose.invitation, link)
    link.expires_at += timedelta(seconds=1)
    assert token_of(DIGESTS, Purpose.invitation, link) != first


def test_addresses_are_built_from_the_configured_base_url(settings: Settings):
    moved = settings.model_copy(update={"base_url": "https://portal.example.org"})
    reset = Reset(person_id=new_id(), expires_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert address_of(moved, DIGESTS, reset).startswith("https://portal.example.org/auth/reset?token=")
    assert address_of(moved, DIGESTS, invitation()).startswith("https://portal.example.org/auth/invitation?token=")
