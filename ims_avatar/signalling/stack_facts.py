"""What the installed pjsua2 can do. Run it in a process of its own, since a stack once ended is not started again:
`python -m ims_avatar.signalling.stack_facts` writes one JSON object."""

from __future__ import annotations

import gc
import json
import os
import re
import ssl
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ims_avatar.errors import SignallingError

TIMEOUT_S: Final = 20.0
_SETTING: Final = re.compile(r"(\w+)\s*:\s*(-?\d+)\s*$")
_OPENSSL: Final = re.compile(rb"OpenSSL (\d\.\d\.\d\w*)[^\x00]{0,20}\d{4}\x00")


@dataclass(frozen=True, slots=True)
class StackFacts:
    version: str
    """Of pjproject, e.g. `2.15.1`."""
    legs: int
    """PJSUA_MAX_CALLS: dialogs a process holds; a call through us takes two."""
    ipv6: bool
    message_size: int
    """PJSIP_MAX_PKT_LEN in bytes: longer messages are dropped."""
    tls: bool
    openssl: str
    """Version that the TLS transport is linked with; empty when it cannot be told."""

    @property
    def calls_a_worker(self) -> int:
        return self.legs // 2


def stack_facts() -> StackFacts:
    """Asks a process of its own. Raises `SignallingError` when pjsua2 cannot be loaded or does not start."""
    argv = [sys.executable, "-m", "ims_avatar.signalling.stack_facts"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=TIMEOUT_S, check=False, text=True)
    except subprocess.TimeoutExpired:
        raise SignallingError("pjsua2 does not start", remedy="reinstall pjsua2-python") from None
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SignallingError(f"pjsua2 cannot be used: {last}", remedy="pip install pjsua2-python==2.15.1.post1")
    return StackFacts(**json.loads(lines[-1]))


def parse_settings(dump: str) -> dict[str, int]:
    """The numbers in what pj_dump_config and pjsip_dump_config (pj/config.h, pjsip/sip_config.h) write to the log."""
    return {found[1]: int(found[2]) for line in dump.splitlines() if (found := _SETTING.search(line))}


def _ask() -> StackFacts:
    import pjsua2 as pj

    from ims_avatar.signalling.pj_native import shared_library

    class Writer(pj.LogWriter):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.text = ""

        def write(self, entry: Any) -> None:
            self.text += entry.msg.strip() + "\n"

    gc.disable()
    endpoint, writer, config = pj.Endpoint(), Writer(), pj.EpConfig()
    endpoint.libCreate()
    config.uaConfig.threadCnt = 0
    config.logConfig.writer = writer
    config.logConfig.level = config.logConfig.consoleLevel = 3
    config.logConfig.decor = 0
    endpoint.libInit(config)
    library = shared_library()
    library.pj_dump_config()
    library.pjsip_dump_config()
    settings = parse_settings(writer.text)
    try:
        endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, pj.TransportConfig())
        tls = True
    except pj.Error:
        tls = False
    return StackFacts(
        version=endpoint.libVersion().full,
        legs=int(library.pjsua_call_get_max_count()),
        ipv6=bool(settings.get("PJ_HAS_IPV6")),
        message_size=settings.get("PJSIP_MAX_PKT_LEN", 0),
        tls=tls,
        openssl=_linked_openssl() if tls else "",
    )


def _linked_openssl() -> str:
    """From the libssl that this process has mapped now: a wheel brings its own, older than Python's."""
    maps = Path("/proc/self/maps").read_text()
    for name in sorted({line.split()[-1] for line in maps.splitlines() if "libcrypto" in line}):
        found = _OPENSSL.search(Path(name).read_bytes())
        if found and found[1].decode() not in ssl.OPENSSL_VERSION:
            return found[1].decode()
    return ssl.OPENSSL_VERSION.split()[1]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_ask())) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the stack's own clean-up takes a second and is not needed
