from __future__ import annotations

import sys

import pytest

from ims_avatar.errors import SignallingError
from ims_avatar.signalling.stack_facts import StackFacts, parse_settings, stack_facts

DUMP = """
 14:47:23.911  config.c   PJ_VERSION                : 2.15.1
 14:47:23.911  config.c   PJ_HAS_IPV6               : 0
 14:47:23.911  sip_config.c   PJSIP_MAX_PKT_LEN                                  : 4000
"""


def test_settings_are_read_from_the_dump() -> None:
    settings = parse_settings(DUMP)
    assert (settings["PJ_HAS_IPV6"], settings["PJSIP_MAX_PKT_LEN"]) == (0, 4000)
    assert "PJ_VERSION" not in settings


def test_a_call_takes_two_legs() -> None:
    assert StackFacts("2.15.1", 5, False, 4000, True, "3.0").calls_a_worker == 2


def test_the_installed_stack_says_what_it_holds() -> None:
    facts = stack_facts()
    assert facts.legs >= 2 and facts.message_size >= 1500 and facts.version[0].isdigit()


def test_a_stack_that_does_not_load_is_an_error_with_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SignallingError, match="pip install"):
        stack_facts()
