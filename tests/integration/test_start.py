"""What an operator got wrong is said at the start, with the remedy; nothing is left running."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import Loopback, free_sip_port
from tests.support.product import Product, configuration
from tests.support.raw_sip import RawPhone, status_of

SHIPPED = Path(__file__).parents[2] / "ims_avatar/avatars/library"


def _refused(folder: Path, config: dict[str, Any]) -> str:
    """What `serve` says when it does not start."""
    product = Product(folder, config)
    try:
        assert product.wait_exit(60) != 0
    finally:
        product.stop()
    text = product.text()
    assert "Traceback" not in text, text
    assert "Remedy: " in text or "need " in text, f"no remedy is named: {text}"
    return text


def test_port_in_use(tmp_path: Path) -> None:
    net = Loopback()
    host = net.host()
    port = free_sip_port(host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((host, port))
        text = _refused(tmp_path, configuration(net, host, sip={"port": port}))
    assert str(port) in text
    assert "in use" in text


def test_address_of_another_machine(tmp_path: Path) -> None:
    text = _refused(tmp_path, configuration(Loopback(), "127.0.0.1", sip={"address": "192.0.2.1", "port": 5060}))
    assert "192.0.2.1" in text


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"rules": [{"name": "x", "whose": "caller", "avatar": "nobody-drew-me"}]}, "nobody-drew-me"),
        ({"avatars": {"default": "nobody-drew-me"}}, "nobody-drew-me"),
        ({"peers": [{"name": "x", "networks": ["127.0.0.0/8"], "profile": "no-such-phone"}]}, "no-such-phone"),
        ({"sip": {"wrokers": 3}}, "wrokers"),
        ({"media": {"rtp_ports": [20_000, 20_001]}}, "rtp_ports"),
    ],
    ids=["avatar-of-a-rule", "default-avatar", "profile", "unknown-field", "too-few-ports"],
)
def test_configuration_that_cannot_work(tmp_path: Path, section: dict[str, Any], named: str) -> None:
    net = Loopback()
    assert named in _refused(tmp_path, configuration(net, net.host(), **section))


def test_corrupt_model(tmp_path: Path) -> None:
    """The default avatar, its model changed by one byte."""
    library = tmp_path / "library"
    shutil.copytree(SHIPPED, library)
    model = max((library / "clara").rglob("*.onnx"), key=lambda path: path.stat().st_size)
    damaged = bytearray(model.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    model.write_bytes(damaged)
    net = Loopback()
    text = _refused(tmp_path, configuration(net, net.host(), avatars={"paths": [str(library)]}))
    assert model.name in text
    assert "hash" in text


def test_no_free_rtp_port(tmp_path: Path) -> None:
    """The configured range is full: the call gets 503, the service lives."""
    net = Loopback()
    host = net.host()
    config = configuration(net, host, sip={"workers": 1}, media={"rtp_ports": [20_000, 20_007]})
    taken = []
    product = Product.ready(tmp_path, config)
    try:
        for port in range(20_000, 20_008):
            taken.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            taken[-1].bind((host, port))
        with RawPhone(net.host(), product.sip) as phone:
            answer = phone.ask(phone.invite(f"sip:caller@{net.host()}:5060", phone.sound()))
            assert answer is not None
            assert status_of(answer) == 503
        product.assert_untouched()
    finally:
        for one in taken:
            one.close()
        product.stop()


def test_new_configuration_on_sighup(tmp_path: Path) -> None:
    """A network that was a stranger becomes a peer while the service runs; a wrong file changes nothing."""
    net, other = Loopback(), Loopback()
    host = net.host()
    product = Product.ready(tmp_path, configuration(net, host, sip={"workers": 1}))
    try:
        with RawPhone(other.host(), product.sip) as phone:
            uri = f"sip:bob@{net.host()}:5060"
            answer = phone.ask(phone.invite(uri, phone.sound()))
            assert answer is not None and status_of(answer) == 403
            product.config["peers"].append({"name": "new", "networks": [other.network]})
            product.write_config()
            product.hang_up()
            product.wait_said("configuration read again")
            answer = phone.ask(phone.invite(uri, phone.sound()), 2)
            assert answer is None or status_of(answer) != 403
            product.config_path.write_text("sip: {port: [")
            product.hang_up()
            product.wait_said("new configuration refused, the old one stays")
            answer = phone.ask(phone.invite(uri, phone.sound()), 2)
            assert answer is None or status_of(answer) != 403
        product.assert_untouched()
    finally:
        product.stop()
