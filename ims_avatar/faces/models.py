"""The model files and what runs them. Neither comes with this package: an installed `mediapipe` has the files.

That package itself is never imported: it needs old versions of others, its files need only LiteRT.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ims_avatar.errors import FacesUnavailable

MODELS_VARIABLE = "IMS_AVATAR_FACE_MODELS"
"""Names a directory with the two files, instead of an installed `mediapipe`."""
DETECTOR = "face_detection_short_range.tflite"
MESH = "face_landmark_with_attention.tflite"
REMEDY = "pip install 'ims-avatar[vision]' && pip install --no-deps mediapipe==0.10.21"

_FOLDERS = {DETECTOR: "modules/face_detection", MESH: "modules/face_landmark"}


def model_path(name: str) -> Path:
    """Where the model file is. `FacesUnavailable` if it is nowhere."""
    directory = os.environ.get(MODELS_VARIABLE)
    if directory:
        path = Path(directory) / name
        if not path.is_file():
            raise FacesUnavailable(f"no {name} in {directory} ({MODELS_VARIABLE})", remedy=f"put it there, or {REMEDY}")
        return path
    spec = find_spec("mediapipe")
    places = [Path(place) / _FOLDERS[name] / name for place in (spec and spec.submodule_search_locations) or ()]
    for path in places:
        if path.is_file():
            return path
    lacks = f"the installed mediapipe has no {name}" if places else "no model files for faces: mediapipe is missing"
    raise FacesUnavailable(lacks, remedy=REMEDY)


def read_model(name: str) -> bytes:
    """The content of the model file. `FacesUnavailable` if it cannot be read."""
    path = model_path(name)
    try:
        return path.read_bytes()
    except OSError as error:
        raise FacesUnavailable(f"{path}: {error.strerror}", remedy=REMEDY) from error


def require_libraries() -> None:
    """`FacesUnavailable` unless OpenCV and LiteRT can be imported."""
    for package in ("cv2", "ai_edge_litert"):
        if find_spec(package) is None:
            raise FacesUnavailable(f"the package {package} is not installed", remedy=REMEDY)


def interpreter(model: bytes) -> Any:
    """A LiteRT interpreter for the model, on one thread, ready to run. Not for use by two threads at once."""
    require_libraries()
    from ai_edge_litert.interpreter import Interpreter

    with _without_chatter():
        try:
            ready = Interpreter(model_content=model, num_threads=1)
            ready.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise FacesUnavailable(f"LiteRT does not run the model ({error})", remedy=REMEDY) from error
    return ready


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep LiteRT's INFO lines off the terminal.

    It writes them to descriptor 2 itself and has no switch. What anybody else wrote meanwhile is passed on.
    """
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            os.close(real)
            held.seek(0)
            os.write(2, b"".join(line for line in held if not line.startswith(b"INFO: ")))
