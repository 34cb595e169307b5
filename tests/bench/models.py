"""What the models are worth, as one table: `python -m tests.bench.models [--clips DIR] [--part NAME ...]`.

Every number is on frames and voices that were not trained on. What needs films of people is measured only with
`--clips`; what needs corpora takes the model card's word without them. `--json FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from rich.console import Console

from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.errors import ImsAvatarError
from tests.bench.models_table import Row, line, show, write_json


def _encoder(given: argparse.Namespace) -> Iterator[Row]:
    from tests.bench.models_encoder import encoder_rows

    return encoder_rows(given.corpora, given.limit)


def _rest(given: argparse.Namespace) -> Iterator[Row]:
    from tests.bench.models_rest import rest_rows

    return rest_rows(_avatars(given))


def _speed(given: argparse.Namespace) -> Iterator[Row]:
    from tests.bench.models_speed import speed_rows

    return speed_rows(_avatars(given))


def _robust(given: argparse.Namespace) -> Iterator[Row]:
    if given.clips is None:
        return iter([Row("robust, unseen people", None, how="needs --clips")])
    from tests.bench.models_robust import HELD_OUT, robust_rows

    clips = [given.clips / f"{name}.mp4" for name in given.held_out or HELD_OUT]
    return robust_rows(clips, AvatarRepository(given.avatars))


def _personalised(given: argparse.Namespace) -> Iterator[Row]:
    if given.clips is None:
        return iter([Row("personalised", None, how="needs --clips")])
    from tests.bench.models_personal import CLIP, personalised_rows

    return personalised_rows(given.clips / f"{CLIP}.mp4", given.work, given.minutes, AvatarRepository(given.avatars))


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "encoder": _encoder,
    "rest": _rest,
    "speed": _speed,
    "robust": _robust,
    "personalised": _personalised,
}


def _avatars(given: argparse.Namespace) -> Iterator[Avatar]:
    """Those installed, and with clips one of a person's picture and one of a person's film."""
    repository = AvatarRepository(given.avatars)
    yield from (repository.load(name) for name in given.only or repository.names())
    if given.clips is None:
        return
    from tests.bench.models_people import enrolled
    from tests.bench.models_robust import HELD_OUT

    clip = given.clips / f"{(given.held_out or HELD_OUT)[0]}.mp4"
    for name in ("photo", "film"):
        with tempfile.TemporaryDirectory() as directory:
            yield enrolled(clip, Path(directory), repository, still=name == "photo", name=name)


def _machine() -> str:
    """The processor and how busy it was: figures of another machine are other figures."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = names[0].split(":", 1)[1].strip() if names else platform.machine()
    return f"{os.cpu_count()} cores of {model}, load {os.getloadavg()[0]:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--clips", type=Path, help="directory of films of people, for what cannot be shipped")
    parser.add_argument("--held-out", nargs="*", help="names of clips that the robust renderer never saw")
    parser.add_argument("--work", type=Path, default=Path("build/bench"), help="where the personalised one is trained")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training the personalised one")
    parser.add_argument(
        "--avatars", type=Path, nargs="*", default=[], help="directories of further avatars and base models"
    )
    parser.add_argument("--only", nargs="*", help="names of avatars to rest and to time; all without it")
    parser.add_argument("--corpora", type=Path, default=Path("build/audio_encoder"))
    parser.add_argument("--limit", type=int, default=120, help="utterances of each set")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    machine, rows = _machine(), list[Row]()
    console = Console(stderr=True)
    for part in given.part:
        console.print(f"measuring: {part}")
        try:
            for row in PARTS[part](given):
                console.print(line(row))
                rows.append(row)
        except ImsAvatarError as error:
            rows.append(Row(part, None, how=str(error)))
    show(rows)
    Console().print(machine)
    if given.json:
        write_json(rows, machine, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
