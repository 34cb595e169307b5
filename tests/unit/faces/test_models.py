from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from ims_avatar.errors import FacesUnavailable
from ims_avatar.faces import landmarks as lm
from ims_avatar.faces import models
from ims_avatar.faces.attention import cut_model


def test_the_files_of_an_installed_package_are_found_without_importing_it() -> None:
    assert models.model_path(models.DETECTOR).is_file()
    assert models.model_path(models.MESH).is_file()
    assert "mediapipe" not in sys.modules


def test_a_directory_of_ones_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(models.MODELS_VARIABLE, str(tmp_path))
    (tmp_path / models.MESH).write_bytes(b"mesh")
    assert models.read_model(models.MESH) == b"mesh"
    with pytest.raises(FacesUnavailable, match=f"no {models.DETECTOR} in .*{models.MODELS_VARIABLE}"):
        models.model_path(models.DETECTOR)


@pytest.mark.parametrize("place", [None, "elsewhere"])
def test_missing_files_name_the_command_that_brings_them(
    place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ModuleSpec("mediapipe", None, is_package=True) if place else None
    if spec and spec.submodule_search_locations is not None:
        spec.submodule_search_locations.append(str(tmp_path))
    monkeypatch.setattr(models, "find_spec", lambda name: spec)
    with pytest.raises(FacesUnavailable) as caught:
        models.model_path(models.MESH)
    assert caught.value.remedy == models.REMEDY and "mediapipe" in str(caught.value)


def test_a_missing_library_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    with pytest.raises(FacesUnavailable, match="cv2 is not installed") as caught:
        models.interpreter(b"")
    assert "ims-avatar[vision]" in caught.value.remedy


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(FacesUnavailable, match="LiteRT does not run the model"):
        models.interpreter(b"not a model at all")
    with pytest.raises(FacesUnavailable, match="another face mesh than expected"):
        cut_model(models.read_model(models.DETECTOR))


def test_our_lists_of_lips_and_eyes_are_those_in_the_model() -> None:
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers import flexbuffers

    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(models.read_model(models.MESH), 0))
    options = [
        flexbuffers.Loads(bytes(o.customOptions)) for o in tree.subgraphs[0].operators if o.customOptions is not None
    ]
    looked_at = [option for option in options if "subset_idxs" in option]
    assert [tuple(option["subset_idxs"]) for option in looked_at] == [lm.LIPS, lm.LEFT_EYE, lm.RIGHT_EYE]
    level = [(option["left_rotation_idx"], option["right_rotation_idx"]) for option in looked_at]
    assert level == [(61, 291), (33, 133), (362, 263)]
    assert {(option["scale_x"], option["output_width"]) for option in looked_at} == {(1.5, 16)}


def test_nothing_is_written_to_the_terminal_and_nothing_of_others_is_lost() -> None:
    script = (
        "import os; from ims_avatar.faces import models\n"
        "models.interpreter(models.read_model(models.DETECTOR))\n"
        "with models._without_chatter(): os.write(2, b'INFO: chatter\\nhello\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"hello\n")
