from __future__ import annotations

from pathlib import Path

import pytest

from ims_avatar import __version__
from ims_avatar.cli.main import run


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(list(arguments))
    return ended.value.code if isinstance(ended.value.code, int) else 0


def test_an_error_of_ours_is_one_line_with_cause_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("sip:\n  prt: 5060\n")
    assert _run("serve", "--config", str(config)) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("error: ") and "config.yaml:2" in shown and "Remedy: " in shown
    assert "Traceback" not in shown and shown.count("\n") == 1


def test_debug_shows_where_it_came_from(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be read"):
        run(["--debug", "serve", "--config", str(tmp_path / "missing.yaml")])
    _run("--version")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--version") == 0
    assert __version__ in capsys.readouterr().out


def test_wrong_use_is_status_2() -> None:
    assert _run("serve", "--no-such-option") == 2


def test_a_fault_of_ours_says_how_to_see_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(path: Path | None) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr("ims_avatar.cli.serve.load_config", broken)
    assert _run("serve") == 1
    assert "--debug" in capsys.readouterr().err
