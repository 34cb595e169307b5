"""The sub-commands as they are typed, on a directory of avatars of the test's own."""

from __future__ import annotations

import itertools
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import pytest

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.cli.avatar.preview import SPEECH
from ims_avatar.cli.main import run
from tests.support.avatar_folders import avatar_copy, change_manifest, everything_below, replace_file


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user directory."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data" / "ims-avatar" / "avatars"


Type: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(mine: Path, capsys: pytest.CaptureFixture[str]) -> Type:
    """Runs `ims-avatar avatar ...`: exit status, standard output, standard error."""

    def type_(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            run(["avatar", *map(str, arguments)])
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return type_


def test_list_shows_what_there_is_and_what_is_broken(typed: Type, mine: Path) -> None:
    avatar_copy(mine, "otto", 2)
    (avatar_copy(mine, "anna").folder / "manifest.json").write_text("{}")
    status, out, _ = typed("list")
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert status == 0
    assert "shipped" in lines["clara"] and "personalised" in lines["clara"] and "5.1 MB" in lines["clara"]
    assert "yours" in lines["otto"] and "Apache-2.0" in lines["otto"]
    assert "manifest.json" in lines["anna"]


def test_show_names_manifest_consent_hashes_and_measures(typed: Type, mine: Path) -> None:
    avatar = avatar_copy(mine)
    consent = {"statement": "Yes.", "recorded_by": "eva", "recorded_at": "2026-11-25T10:00:00Z"}
    change_manifest(avatar.folder, consent=consent)
    status, out, _ = typed("show", "otto/1")
    assert status == 0
    for word in ("512x512", "recorded by eva", avatar.manifest.files["loop"].sha256[:16], "psnr mouth db", "9.0 s"):
        assert word in out


def test_show_refuses_a_damaged_avatar(typed: Type, mine: Path) -> None:
    avatar_copy(mine).path("loop").write_bytes(b"")
    status, _, err = typed("show", "otto")
    assert status == 1 and "loop.mp4" in err


@pytest.mark.parametrize("reference", ["otto/x", "otto/", "otto/-1", "nobody", "../otto"])
def test_what_names_no_avatar_is_said(typed: Type, mine: Path, reference: str) -> None:
    avatar_copy(mine)
    status, _, err = typed("show", reference)
    assert status == 1 and "Remedy" in err


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg"])
def test_the_sheet_shows_mouths_and_an_idle_head(typed: Type, tmp_path: Path, name: str) -> None:
    assert typed("preview", "clara", "-o", tmp_path / name)[0] == 0
    with av.open(str(tmp_path / name)) as picture:
        rgb = next(picture.decode(video=0)).to_ndarray(format="rgb24").astype(float)
    side = 256
    tiles = [
        rgb[r * 264 + 8 : r * 264 + 8 + side, c * 264 + 8 : c * 264 + 8 + side] for r in range(4) for c in range(4)
    ]
    differences = [np.abs(a - b).mean() for a, b in itertools.pairwise(tiles)]
    assert min(differences) > 0.2, "every tile shows something else"
    dark = [(tile[60:140, 90:170].sum(axis=2) < 150).sum() for tile in tiles[:8]]
    assert dark[1] == max(dark) and dark[1] > dark[0], "the mouth of a is open, the one at rest is not"


def test_the_film_speaks(typed: Type, tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    with wave.open(str(SPEECH)) as source, wave.open(str(speech), "wb") as cut:
        cut.setparams(source.getparams())
        cut.writeframes(source.readframes(source.getframerate()))
    assert typed("preview", "clara", "-o", tmp_path / "film.mp4", "--audio", speech)[0] == 0
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video and film.streams.audio
        assert film.duration and abs(film.duration / 1e6 - 1) < 0.1


def test_a_preview_of_no_known_kind_is_refused(typed: Type, tmp_path: Path) -> None:
    status, _, err = typed("preview", "clara", "-o", tmp_path / "sheet.gif")
    assert status == 1 and "sheet.gif" in err and not (tmp_path / "sheet.gif").exists()


def test_out_of_the_house_and_back_under_another_name(typed: Type, mine: Path, tmp_path: Path) -> None:
    archive = tmp_path / "clara.zip"
    assert typed("export", "clara", "-o", archive)[0] == 0
    assert "is there already" in typed("import", archive)[1]
    status, out, _ = typed("import", archive, "--as", "claire")
    assert status == 0 and str(mine / "claire" / "1") in out
    assert AvatarRepository().load("claire").folder == mine / "claire" / "1"


def test_into_names_the_directory(typed: Type, mine: Path, tmp_path: Path) -> None:
    source = avatar_copy(tmp_path / "from")
    assert typed("import", source.folder, "--into", tmp_path / "there")[0] == 0
    assert (tmp_path / "there" / "otto" / "1").is_dir() and not mine.exists()
    config = tmp_path / "my.yaml"
    config.write_text(f"avatars:\n  paths: [{tmp_path / 'configured'}]\n")
    assert typed("import", source.folder, "-c", config)[0] == 0
    assert (tmp_path / "configured" / "otto" / "1").is_dir() and not mine.exists()


def test_an_avatar_that_cannot_render_is_not_let_in(typed: Type, mine: Path, tmp_path: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    swapped = replace_file(avatar, "decoder", "decoder.onnx", avatar.path("reference").read_bytes())
    status, _, err = typed("import", swapped.folder)
    assert status == 1 and "decoder" in err and everything_below(mine) == []


def test_remove_asks_and_takes_only_what_is_yours(typed: Type, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    avatar_copy(mine, version=1)
    avatar_copy(mine, version=2)
    monkeypatch.setattr("typer.confirm", lambda *args, **kwargs: (_ for _ in ()).throw(SystemExit(1)))
    assert typed("remove", "otto")[0] == 1 and (mine / "otto" / "1").is_dir()
    assert typed("remove", "otto/1", "--yes")[0] == 0
    assert [folder.name for folder in (mine / "otto").iterdir()] == ["2"]
    assert typed("remove", "otto", "--yes")[0] == 0 and everything_below(mine) == []
    status, _, err = typed("remove", "clara", "--yes")
    assert status == 1 and "shipped" in err


def test_a_damaged_avatar_is_not_exported(typed: Type, mine: Path, tmp_path: Path) -> None:
    avatar_copy(mine).path("decoder").write_bytes(b"")
    status, _, err = typed("export", "otto", "-o", tmp_path / "otto.zip")
    assert status == 1 and "decoder.onnx" in err and not (tmp_path / "otto.zip").exists()
