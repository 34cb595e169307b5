"""Kamailio between the phones and the service: both phones know only their registrar."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab
from tests.support.avatar_picture import luma_of_png, shipped
from tests.support.baresip import Baresip
from tests.support.baresip_config import PhoneSettings
from tests.support.kamailio import Kamailio
from tests.support.requirement import require

pytestmark = pytest.mark.peers


def test_call_through_a_registrar(lab: Lab, tmp_path: Path) -> None:
    """alice -> Kamailio -> service -> Kamailio -> the phone registered as caller-bob, which sees the avatar."""
    require("baresip", "kamailio")
    with Kamailio(tmp_path / "kamailio", lab.net.host(), lab.product.sip) as proxy:
        alice = PhoneSettings(video=False, register_at=proxy.address)
        bob = PhoneSettings(register_at=proxy.address, audio="ausine,700")
        with Baresip(tmp_path, "alice", lab.net, alice) as one, Baresip(tmp_path, "caller-bob", lab.net, bob) as other:
            one.wait_registered()
            other.wait_registered()
            one.dial(f"sip:caller-bob@{proxy.address}")
            one.wait("CALL_ESTABLISHED")
            assert shipped().likeness(luma_of_png(other.wait_video())) > 0.97
            one.hang_up()
            other.wait("CALL_CLOSED")
