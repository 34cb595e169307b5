from __future__ import annotations

import pytest

from ims_avatar.errors import ConfigError
from ims_avatar.phone.phone import check_uri


@pytest.mark.parametrize(
    "uri",
    [
        "sip:bob@192.0.2.20:5060",
        "sip:192.0.2.20",
        "sip:+4912@host.example",
        "sip:b@[::1]:5060",
        "sip:b@h;transport=tcp",
    ],
)
def test_what_can_be_dialled(uri: str) -> None:
    check_uri(uri)


@pytest.mark.parametrize(
    "uri", ["bob", "", "sip:", "sip:bob@", "tel:+4912", "sip:b ob@host", "<sip:bob@host>", "sip:b@h:port"]
)
def test_what_cannot_be_dialled_is_said_with_an_example(uri: str) -> None:
    with pytest.raises(ConfigError, match=r"Remedy: write e\.g\. sip:bob@"):
        check_uri(uri)
