"""The state of a verification request: known by every process of the service that sent it, and by nobody else's."""

import time

import pytest
from afterglow_foundation.security_events import states
from afterglow_foundation.security_events.states import VALID_FOR, States
from joserfc.jwk import ECKey

KEY = ECKey.generate_key("P-256")


def test_another_process_of_the_service_knows_it():
    assert States(KEY).knows(States(KEY).make())
    assert States(KEY).make() != States(KEY).make()


def test_what_nobody_of_the_service_sent_is_not_known(monkeypatch: pytest.MonkeyPatch):
    made = States(KEY).make()
    said, _, proof = made.rpartition(".")
    later = f"{int(time.time()) + 9}.{said.partition('.')[2]}.{proof}"
    for foreign in ("", ".", "..", "ñ.ñ.ñ", made[:-1], f"{made}x", f"x{made}", later, said, proof):
        assert not States(KEY).knows(foreign), foreign
    assert not States(ECKey.generate_key("P-256")).knows(made)
    too_late = time.time() + VALID_FOR + 1
    monkeypatch.setattr(states.time, "time", lambda: too_late)
    assert not States(KEY).knows(made)
