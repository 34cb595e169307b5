"""The installed pjsua2 and what follows from how it was built."""

from __future__ import annotations

from collections.abc import Iterator

from ims_avatar.cli.doctor.finding import Finding, limit, ok, problem
from ims_avatar.config import Config
from ims_avatar.errors import SignallingError
from ims_avatar.signalling.stack_facts import StackFacts, stack_facts

OWN_BUILD = "build pjproject for your site and install its pjsua2"
ROOMY_MESSAGE = 8000
"""Bytes: an INVITE of an IMS network with all its headers stays under it."""
ROOMY_LEGS = 32


def check_sip_stack(config: Config) -> Iterator[Finding]:
    try:
        facts = stack_facts()
    except SignallingError as error:
        yield problem("SIP stack", str(error).removesuffix(f". Remedy: {error.remedy}"), error.remedy)
        return
    yield from judge(facts, config.sip.workers)


def judge(facts: StackFacts, workers: int) -> Iterator[Finding]:
    yield ok("SIP stack", f"pjsua2 of pjproject {facts.version}")
    calls = facts.calls_a_worker
    found = f"{facts.legs} legs a process = {calls} calls a worker, {calls * workers} with sip.workers {workers}"
    if calls < 1:
        yield problem("calls", found, f"{OWN_BUILD} (PJSUA_MAX_CALLS of 2 or more)")
    elif facts.legs < ROOMY_LEGS:
        yield limit(
            "calls",
            found,
            f"more than {calls * workers} calls at once get 503",
            f"raise sip.workers, or {OWN_BUILD} (PJSUA_MAX_CALLS)",
        )
    else:
        yield ok("calls", found)
    if facts.message_size >= ROOMY_MESSAGE:
        yield ok("message size", f"{facts.message_size} bytes")
    else:
        yield limit(
            "message size",
            f"{facts.message_size} bytes",
            "longer messages are dropped (an IMS INVITE can be)",
            f"{OWN_BUILD} (PJSIP_MAX_PKT_LEN)",
        )
    if facts.ipv6:
        yield ok("IPv6", "built in")
    else:
        yield limit("IPv6", "not built in", "calls over IPv4 only", f"{OWN_BUILD} (PJ_HAS_IPV6)")
    yield _tls(facts)


def _tls(facts: StackFacts) -> Finding:
    if not facts.tls:
        return limit("TLS", "not built in", "no TLS in the SIP stack", f"{OWN_BUILD} with OpenSSL")
    if facts.openssl.startswith(("0.", "1.0")):
        return limit(
            "TLS",
            f"OpenSSL {facts.openssl}",
            "TLS 1.2 at most, from a library out of support (not used yet)",
            f"{OWN_BUILD} with a current OpenSSL",
        )
    return ok("TLS", f"OpenSSL {facts.openssl or '(version unknown)'}")
