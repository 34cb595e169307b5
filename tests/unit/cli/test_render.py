"""`ims-avatar render`: what it refuses before any work, and a film from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
import structlog

from ims_avatar.cli.main import run


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """The command directs the log to a standard error that ends with the test."""
    yield
    structlog.reset_defaults()


def status(*arguments: object) -> int:
    try:
        run(["render", *map(str, arguments)])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out.mp4"], "none was given"),
        (["-o", "out.mp4", "--text", "Hi", "-a", "in.wav"], "--audio and --text was given"),
        (["-o", "out.mp4", "--text", "Hi", "--codec", "av1"], "'av1' is none of h264, h265"),
    ],
)
def test_wrong_use_is_status_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(*arguments) == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out.mp4", "--text", "  "], "nothing that can be said"),
        (["-o", "out.avi", "--text", "Hi"], "names no kind of film"),
        (["-o", "out.mp4", "--text-file", "missing.txt"], "missing.txt cannot be read"),
        (["-o", "out.mp4", "--audio", "missing.wav"], "missing.wav cannot be opened"),
        (["-o", "out.mp4", "--text", "Hi", "-A", "nobody"], "nobody"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status(*arguments) == 1
    shown = capsys.readouterr().err
    assert said in shown and "Remedy: " in shown and shown.strip().count("\n") == 0
    assert list(tmp_path.iterdir()) == []


def test_a_film_of_the_shipped_avatar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound, film = Path(__file__).parents[3] / "ims_avatar/cli/demo_speech.wav", tmp_path / "out.mp4"
    short = tmp_path / "in.wav"
    short.write_bytes(sound.read_bytes()[:64_044])
    assert status("-a", short, "-o", film, "--codec", "h265") == 0
    with av.open(str(film)) as container:
        assert container.streams.video[0].codec_context.name == "hevc"
        pictures = sum(1 for _ in container.decode(video=0))
    assert f"{pictures} pictures" in capsys.readouterr().out and pictures > 20
