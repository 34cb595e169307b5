"""`ims-avatar render`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ims_avatar.cli import console
from ims_avatar.config import LogConfig, load_config
from ims_avatar.ops.log import set_up_log
from ims_avatar.render.render_film import OnProgress, Rendered

_INPUTS = "Driving input: exactly one"
_OUTPUT = "Output"

Audio: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--audio",
        "-a",
        metavar="FILE|URL|-",
        help="What the avatar says. -: raw int16 mono at 16 kHz from standard input.",
        rich_help_panel=_INPUTS,
    ),
]
Video: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--video",
        metavar="FILE|URL|DEVICE|-",
        help="A face that moves mouth, lids and head; /dev/video0: a camera.",
        rich_help_panel=_INPUTS,
    ),
]
Text: TypeAlias = Annotated[
    str | None,
    typer.Option("--text", metavar="TEXT", help="What a voice says: plain text or SSML.", rich_help_panel=_INPUTS),
]
TextFile: TypeAlias = Annotated[
    str | None, typer.Option("--text-file", metavar="FILE", help="The same from a file.", rich_help_panel=_INPUTS)
]
Language: TypeAlias = Annotated[
    str, typer.Option("--language", metavar="CODE", help="Of the text: en, fr, pt-br ...", rich_help_panel=_INPUTS)
]
Out: TypeAlias = Annotated[
    str,
    typer.Option(
        "-o",
        "--out",
        metavar="FILE|URL",
        help="A file such as out.mp4, or live: rtmp://HOST/APP/KEY, rtp://HOST:PORT.",
        rich_help_panel=_OUTPUT,
    ),
]
Mute: TypeAlias = Annotated[bool, typer.Option("--mute", help="Lips without sound.", rich_help_panel=_OUTPUT)]
Codec: TypeAlias = Annotated[str, typer.Option("--codec", help="h264 or h265.", rich_help_panel=_OUTPUT)]
BitRate: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--bit-rate",
        min=10_000,
        help="Bits a second of the picture. Without it: constant quality, or 1 Mb/s live.",
        rich_help_panel=_OUTPUT,
    ),
]
Sdp: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--sdp",
        metavar="FILE",
        help="With rtp://: write here what a player opens. Without it: shown.",
        rich_help_panel=_OUTPUT,
    ),
]
Avatar: TypeAlias = Annotated[
    str | None, typer.Option("--avatar", "-A", metavar="NAME", help="Without it: avatars.default.")
]


Reference: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--reference",
        metavar="FILM",
        help="Instead of an avatar: an existing film whose people say it. All its pictures are kept.",
    ),
]
ConfigFile: TypeAlias = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration (YAML).")
]


def render(
    *,
    audio: Audio = None,
    video: Video = None,
    text: Text = None,
    text_file: TextFile = None,
    language: Language = "en-us",
    avatar: Avatar = None,
    reference: Reference = None,
    out: Out,
    mute: Mute = False,
    codec: Codec = "h264",
    bit_rate: BitRate = None,
    sdp: Sdp = None,
    config: ConfigFile = None,
) -> None:
    """Make a film, or a live stream, of an avatar that is moved by sound, by a filmed face or by a text."""
    kind, source = _driving({"audio": audio, "video": video, "text": text, "text_file": text_file})
    if avatar and reference:
        raise typer.BadParameter("a film has its own people: give --avatar or --reference, not both")
    settings = load_config(config)
    set_up_log(LogConfig(level="warning"), "render")
    from ims_avatar.cli.render_work import Order, film_of  # heavy: loads ONNX Runtime
    from ims_avatar.render.codec import VIDEO_CODECS
    from ims_avatar.render.output import output_of
    from ims_avatar.render.session_description import session_description

    if codec not in VIDEO_CODECS:
        raise typer.BadParameter(f"{codec!r} is none of {', '.join(VIDEO_CODECS)}", param_hint="--codec")
    inputs = [*([] if kind == "text" else [source]), *([str(reference)] if reference else [])]
    output = output_of(out, inputs)
    order = Order(kind, source, language, avatar, reference, output, codec, bit_rate, mute)
    if output.format == "rtp":
        _announce(session_description(output, codec), sdp)
    with _progress(output.name) as on_progress:
        made = film_of(order, settings, on_progress)
    _say(output.name, made, live=output.live)


def _driving(given: dict[str, str | None]) -> tuple[str, str]:
    """The one driving input that was given."""
    named = [(kind, source) for kind, source in given.items() if source is not None]
    if len(named) != 1:
        options = ", ".join(f"--{kind.replace('_', '-')}" for kind in given)
        have = " and ".join(f"--{kind.replace('_', '-')}" for kind, _ in named) or "none"
        raise typer.BadParameter(f"exactly one of {options} is needed; {have} was given")
    return named[0]


def _announce(description: str, path: Path | None) -> None:
    if path is None:
        console.out.print(description.replace("\r\n", "\n"), markup=False, soft_wrap=True)
    else:
        path.write_text(description, newline="")


@contextmanager
def _progress(name: str) -> Iterator[OnProgress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[shown]}"), TimeRemainingColumn())
    with Progress(*columns, console=console.err, transient=True) as progress:
        task = progress.add_task(f"rendering {name}", total=None, shown="")

        def on_progress(done: float, total: float) -> None:
            shown = f"{done:.1f} of {total:.1f} s" if total else f"{done:.1f} s"
            progress.update(task, completed=done, total=total or None, shown=shown)

        yield on_progress


def _say(name: str, made: Rendered, *, live: bool) -> None:
    speed = made.seconds / made.took if made.took else 0.0
    how = f"sent in {made.took:.1f} s" if live else f"made in {made.took:.1f} s ({speed:.1f} times real time)"
    line = f"{name}: {made.frames} pictures, {made.seconds:.1f} s, {how}"
    console.out.print(line, markup=False, soft_wrap=True)
