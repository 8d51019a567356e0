"""Encryption as RFC 8291's own example has it, and signatures that push services verify."""

import time

import httpx
import pytest
from afterglow_auth.push.encryption import Fresh, encrypt
from afterglow_auth.push.vapid import vapid_of
from afterglow_auth.settings import Settings
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from tests.auth.push.receiving import Receiver, decode, encode, verified

# RFC 8291 §5 and appendix A
TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SECRET, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text)), ec.SECP256R1())


def receiver() -> Receiver:
    return Receiver(key=private(RECEIVER), secret=decode(SECRET))


def test_the_rfcs_own_example_comes_out_to_the_letter():
    public = decode(receiver().subscription["keys"]["p256dh"])
    body = encrypt(TEXT, public, decode(SECRET), Fresh(private(SENDER), decode(SALT)))
    assert encode(body) == BODY
    assert receiver().decrypt(body) == TEXT


def test_no_two_are_alike_and_nobody_else_reads_one():
    mine, other = Receiver(), Receiver()
    public = decode(mine.subscription["keys"]["p256dh"])
    bodies = {encrypt(TEXT, public, mine.secret) for _ in range(3)}
    assert len(bodies) == 3
    for body in bodies:
        assert mine.decrypt(body) == TEXT
        with pytest.raises(InvalidTag):
            other.decrypt(body)
        with pytest.raises(InvalidTag):
            mine.decrypt(body[:-1] + bytes([body[-1] ^ 1]))


def test_a_push_service_can_verify_who_sends(with_key: Settings):
    vapid = vapid_of(with_key)
    assert vapid
    request = httpx.Request(
        "POST", "https://a.example", headers={"authorization": vapid.authorization("https://p.example:444/x/y")}
    )
    claims = verified(request, vapid.public_key)
    assert (claims["aud"], claims["sub"]) == ("https://p.example:444", with_key.base_url)
    assert 0 < claims["exp"] - time.time() <= 24 * 60 * 60
    assert len(decode(vapid.public_key)) == 65


def test_without_a_key_there_is_no_push(settings: Settings):
    assert vapid_of(settings) is None
