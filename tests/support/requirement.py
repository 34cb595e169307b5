"""What a test needs from the machine. Absent: the test is skipped and says why; under CI=true it fails instead."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

DEBIAN_PACKAGE = {
    "baresip": "baresip-core baresip-ffmpeg",
    "sipp": "sip-tester",
    "tshark": "tshark",
    "tcpdump": "tcpdump",
    "kamailio": "kamailio",
    "espeak-ng": "espeak-ng",
}


def missing(reason: str) -> NoReturn:
    """End the running test: skipped on a desk, failed in CI, where nothing may be left out in silence."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def require(*programs: str) -> None:
    """Each of `programs` is on the PATH (or in /usr/sbin), or the test ends."""
    for program in programs:
        if not find(program):
            package = DEBIAN_PACKAGE.get(program, program)
            missing(f"{program} is not installed; on Debian: apt-get install {package}")


def require_capture() -> None:
    """Packets of the loopback interface may be captured, or the test ends."""
    require("tcpdump", "tshark")
    if os.geteuid() != 0:
        missing("capturing packets needs root (or run the tests in a container)")


def find(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
