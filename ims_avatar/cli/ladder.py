"""The messages of a call as a ladder in plain text: who said what to whom, when, and what it said about media."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ims_avatar.errors import ConfigError

ARROW = 46
"""Characters between two columns of the ladder."""


@dataclass(frozen=True, slots=True)
class TracedMessage:
    """One SIP message as one of our phones sent or received it."""

    at: float
    """Monotonic seconds."""
    sent: bool
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow of the ladder."""

    at: float
    source: str
    destination: str
    label: str
    media: str


def write_trace(path: Path, messages: Iterable[TracedMessage]) -> None:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(asdict(message)) + "\n" for message in messages), encoding="utf-8")


def read_trace(path: Path) -> list[TracedMessage]:
    try:
        return [TracedMessage(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: not a message trace ({error})", remedy="record it with --trace") from error


def steps(phone: str, us: str, messages: Iterable[TracedMessage]) -> list[Step]:
    """The arrows between `phone` and `us` from the trace of that phone; a retransmission says so."""
    seen: set[tuple[bool, str]] = set()
    result = []
    for message in messages:
        key = (message.sent, message.text)
        label = describe(message.text) + ("  (again)" if key in seen else "")
        seen.add(key)
        source, destination = (phone, us) if message.sent else (us, phone)
        result.append(Step(message.at, source, destination, label, describe_media(message.text)))
    return result


def describe(message: str) -> str:
    """`INVITE`, `200 OK (INVITE)`; `re-INVITE` when the To header has a tag already (RFC 3261 12.2.1.1)."""
    start = message.split("\r\n", 1)[0]
    if start.startswith("SIP/2.0 "):
        method = re.search(r"(?mi)^CSeq:\s*\d+\s+(\S+)", message)
        return f"{start[8:]} ({method[1]})" if method else start[8:]
    method_name = start.split(" ", 1)[0]
    in_dialog = re.search(r"(?mi)^(?:To|t):[^\r\n]*;\s*tag=", message)
    return "re-INVITE" if method_name == "INVITE" and in_dialog else method_name


def describe_media(message: str) -> str:
    """What the body's m-lines say: `audio PCMU/PCMA · video H264 recvonly · text refused`; empty without SDP."""
    _, _, body = message.partition("\r\n\r\n")
    return " · ".join(_describe_section(section) for section in re.split(r"(?m)^(?=m=)", body)[1:])


def _describe_section(section: str) -> str:
    words = section.split("\r\n", 1)[0][2:].split()
    if len(words) < 4:
        return "unreadable"
    kind, port, formats = words[0], words[1], words[3:]
    if port == "0":
        return f"{kind} refused"
    names = dict(re.findall(r"(?m)^a=rtpmap:(\d+) ([^/\r\n]+)", section))
    static = {"0": "PCMU", "8": "PCMA", "9": "G722"}
    codecs = [names.get(number) or static.get(number, number) for number in formats]
    shown = "/".join(dict.fromkeys(name for name in codecs if name != "telephone-event"))
    direction = re.search(r"(?m)^a=(sendonly|recvonly|inactive)\b", section)
    return f"{kind} {shown}" + (f" {direction[1]}" if direction else "")


def draw(columns: Sequence[str], ladder: Iterable[Step]) -> str:
    """The ladder: one line a message, time from the first one, then a line with its media where it has any."""
    ordered = sorted(ladder, key=lambda step: step.at)
    margin = " " * 11
    width = ARROW + 1
    lines = [margin + "".join(name.ljust(width) for name in columns).rstrip()]
    bars = margin + ("|" + " " * ARROW) * (len(columns) - 1) + "|"
    lines.append(bars)
    for step in ordered:
        source, destination = columns.index(step.source), columns.index(step.destination)
        left = min(source, destination)
        since = f"{step.at - ordered[0].at:8.3f} s "
        lines.append(since + _put(bars, left, _arrow(step.label, rightwards=destination > source))[len(margin) :])
        if step.media:
            lines.append(_put(bars, left, f"     {step.media}"[:ARROW].ljust(ARROW)))
    return "\n".join([*lines, bars]) + "\n"


def _put(bars: str, column: int, text: str) -> str:
    start = 11 + column * (ARROW + 1) + 1
    return bars[:start] + text + bars[start + ARROW :]


def _arrow(label: str, *, rightwards: bool) -> str:
    body = f" {label[: ARROW - 8]} "
    return f"---{body}".ljust(ARROW - 1, "-") + ">" if rightwards else "<" + f"--{body}".ljust(ARROW - 1, "-")
