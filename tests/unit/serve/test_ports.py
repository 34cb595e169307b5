from __future__ import annotations

import socket

import pytest

from ims_avatar.errors import ConfigError
from ims_avatar.serve.ports import settle_sip_port


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_in_use_is_named_with_the_remedy(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"sip.port {port} .*in use.*Remedy: .*another sip.port"):
            settle_sip_port("127.0.0.1", port)


def test_port_0_finds_one_that_is_free_for_both() -> None:
    port = settle_sip_port("127.0.0.1", 0)
    assert settle_sip_port("127.0.0.1", port) == port


def test_an_address_of_another_machine_is_refused() -> None:
    for port in (0, 5060):
        with pytest.raises(ConfigError, match=r"192\.0\.2\.1 is no address of this machine"):
            settle_sip_port("192.0.2.1", port)
