"""What the demo leaves behind: film, contact sheet, ladder, summary."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from rich.table import Table

from ims_avatar.cli import console
from ims_avatar.cli.contact_sheet import TimedPicture, draw_sheet, write_png
from ims_avatar.cli.demo.stage import Scene
from ims_avatar.cli.judge.judgement import Judgement, LipFit, Spread
from ims_avatar.cli.judge.mouth import decode
from ims_avatar.cli.ladder import draw, read_trace, steps
from ims_avatar.errors import RecordingError
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.phone.film import Film, write_film
from ims_avatar.phone.picture_in import KeptPicture
from ims_avatar.phone.recording import CallRecording
from ims_avatar.rtp.h264 import IDR_SLICE, split_nal_units

US = "ims-avatar"
TILES, COLUMNS, TILE = 8, 4, 240
"""Pictures of the contact sheet, in a row, and their width in pixels."""


def film_of(recording: CallRecording) -> Film:
    """Received picture and sound as the sender's reports place them; by arrival where there were none."""
    keyframes = [any(unit[0] & 0x1F == IDR_SLICE for unit in split_nal_units(data)) for data in recording.pictures]
    first = keyframes.index(True) if True in keyframes else len(keyframes)
    by_reports = np.isfinite(recording.sound_ntp) and np.isfinite(recording.picture_ntp[first:]).all()
    if by_reports:
        begin, instants = recording.sound_ntp, recording.picture_ntp
    else:
        begin = recording.sound_arrivals[0, 1] if len(recording.sound_arrivals) else recording.picture_arrivals[first]
        instants = recording.picture_arrivals
    zero = min([begin, *instants[first:]])
    pictures = tuple(
        (
            float(instants[n] - zero),
            KeptPicture(0, float(recording.picture_arrivals[n]), recording.pictures[n], keyframes[n]),
        )
        for n in range(first, len(keyframes))
    )
    return Film(recording.sound, float(begin - zero), pictures, "rtcp" if by_reports else "arrival")


def write_results(folder: Path, scene: Scene, judgement: Judgement) -> list[Path]:
    """The files, in the order in which one looks at them. Raises `RecordingError`."""
    film = film_of(scene.callee)
    paths = [folder / name for name in ("demo.mp4", "contact-sheet.png", "ladder.txt", "summary.json")]
    write_film(paths[0], film)
    write_png(paths[1], _contact_sheet(film))
    ladder = steps("caller", US, read_trace(scene.caller_trace)) + steps("callee", US, read_trace(scene.callee_trace))
    try:
        paths[2].write_text(draw(["caller", US, "callee"], ladder), encoding="utf-8")
        paths[3].write_text(json.dumps(judgement.as_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise RecordingError(f"{folder} cannot be written to ({error.strerror})", remedy="free some space") from error
    return paths


def _contact_sheet(film: Film) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Evenly over the film."""
    wanted = set(np.linspace(0, len(film.pictures) - 1, TILES).round().astype(int).tolist())
    shown = []
    for number, frame in decode([unit.data for _, unit in film.pictures]):
        if number in wanted:
            height = round(frame.height * TILE / frame.width / 2) * 2
            rgb = np.asarray(frame.reformat(TILE, height, "rgb24").to_ndarray(), np.uint8)
            shown.append(TimedPicture(film.pictures[number][0], rgb))
    silence = np.zeros(round(film.sound_start * AUDIO_RATE), np.int16)
    return draw_sheet(shown, np.concatenate((silence, film.sound)), AUDIO_RATE, columns=COLUMNS)


def summary(judgement: Judgement) -> Table:
    report = judgement.report
    picture, sound = report.picture, report.sound
    if picture is None or sound is None:
        return console.table("", ("measured at the callee", "", "aim"), [("picture", "none was received", "")])
    rate = picture.frames_per_second or 0.0
    rows = [
        (
            "pictures received",
            f"{picture.pictures_received}, {picture.width}x{picture.height}, {picture.pictures_broken} broken",
            "0 broken",
        ),
        ("pictures a second", f"{rate:.1f} ({(picture.bit_rate or 0) / 1000:.0f} kb/s)", "25"),
        ("answer to first picture", _seconds(picture.first_picture_s), "1 s at most"),
        ("voice packets lost", f"{sound.packets_lost} of {sound.packets_received + sound.packets_lost}", "0"),
        ("added audio delay", _spread(judgement.added_delay), "150 ms at most"),
        ("sound before picture, arrival", _spread(judgement.skew), "-60 to +40 ms"),
        ("lips behind voice, content", _fit(judgement.lips_to_speech), "-60 to +40 ms"),
        ("lips behind loudness, content", _fit(judgement.lips_to_loudness), ""),
    ]
    return console.table("", ("measured at the callee", "", "aim"), rows)


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.3f} s"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "not measured"
    return f"{spread.p50:+.0f} ms  (p1 {spread.p1:+.0f}, p99 {spread.p99:+.0f})"


def _fit(fit: LipFit | None) -> str:
    return "not measured" if fit is None else f"{fit.late_ms:+.0f} ms  (likeness {fit.correlation:.2f})"
