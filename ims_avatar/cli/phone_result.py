"""How `call` and `answer` show what happened: a short table, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from ims_avatar.cli import console
from ims_avatar.errors import ImsAvatarError
from ims_avatar.phone.call import PhoneCall
from ims_avatar.phone.film import assemble, write_film, write_wav
from ims_avatar.phone.report import CallReport


def record(call: PhoneCall, wav: Path | None, film: Path | None) -> list[str]:
    """Write what the call kept. A recording that cannot be written is said, and the other one is still written."""
    written = []
    parts = assemble(call.media.sound, call.media.picture)
    try:
        if wav is not None:
            write_wav(wav, parts.sound)
            written.append(str(wav))
    except ImsAvatarError as error:
        console.show_library_error(error)
    try:
        if film is not None:
            write_film(film, parts)
            written.append(str(film))
    except ImsAvatarError as error:
        console.show_library_error(error)
    return written


def show(reports: Sequence[CallReport], problems: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        tree = {"calls": [report.as_json() for report in reports], "unmet": list(problems)}
        console.out.print_json(json.dumps(tree))
        return
    for report in reports:
        console.out.print(console.table("", ("", ""), list(rows(report))))
    for problem in problems:
        console.out.print(Text(f"✗ {problem}", style="bold red"))
    if not problems:
        console.out.print(Text("✓ the call did what was asked", style="green"))


def rows(report: CallReport) -> list[tuple[str, str]]:
    """The table's lines: what, and what happened."""
    if not report.answered:
        return [("call", f"not answered, status {report.status}")]
    shown = [
        ("call", f"answered after {report.answered_after_s} s, {report.duration_s:.1f} s, ended by {report.ended_by}")
    ]
    if report.sound:
        sound = report.sound
        heard = "heard" if sound.heard else "silent"
        shown.append(
            ("sound", f"{sound.codec}, {heard}; {sound.packets_sent} packets sent, {sound.packets_received} received")
        )
        shown.append(("", f"{sound.packets_lost} lost, jitter {sound.jitter_ms:.1f} ms"))
    if report.picture:
        picture = report.picture
        size = f"{picture.width}x{picture.height}" if picture.width else "size unknown"
        rate = f"{picture.frames_per_second:.1f} a second" if picture.frames_per_second else "no rate"
        shown.append(
            ("picture", f"{picture.codec} {size}, by {picture.added_by}; {picture.pictures_received} pictures, {rate}")
        )
        first = "never" if picture.first_picture_s is None else f"{picture.first_picture_s:.3f} s after the answer"
        shown.append(("", f"first one {first}; {picture.pictures_broken} broken, {picture.packets_lost} packets lost"))
    if report.video_offers_refused:
        shown.append(("video", f"refused {report.video_offers_refused} times"))
    if report.digits_sent or report.digits_received:
        shown.append(("keys", f"sent {report.digits_sent or '-'}, received {report.digits_received or '-'}"))
    if report.recordings:
        shown.append(("files", ", ".join(report.recordings)))
    return shown
