"""A picture or a film of a person becomes an avatar that speaks at once: no training, the shared renderer drives it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from ims_avatar.avatars.loop import write_loop
from ims_avatar.avatars.manifest import AvatarManifest, ConsentRecord, Name
from ims_avatar.avatars.repository import BASE, Avatar, AvatarRepository, BaseModel, Stored
from ims_avatar.avatars.staging import settle, staging_folder
from ims_avatar.avatars.writing import file_entries, write_manifest
from ims_avatar.enrol.film import film_reference
from ims_avatar.enrol.fit import Fit, fit_of
from ims_avatar.enrol.framing import SIZE
from ims_avatar.enrol.idle import FRAME_RATE
from ims_avatar.enrol.photo import is_photo, photo_reference, read_photo
from ims_avatar.enrol.preview import draw_sheet, write_sheet
from ims_avatar.enrol.reference import Reference
from ims_avatar.enrol.shared_graphs import DRAWN, PHOTOGRAPHED, SharedGraphs, shared_graphs
from ims_avatar.errors import AvatarError
from ims_avatar.inference.engines.onnx import onnx_engine

RENDERER = "renderer"
"""Name of the base model that draws the mouth of any face."""
FACE_FILES = {"loop": "loop.mp4", "loop_matrices": "loop_matrices.json", "fit": "fit.npz"}
"""What `write_face` writes, by role."""
_FILES = {
    **FACE_FILES,
    "reference": "reference.onnx",
    "decoder": "decoder.onnx",
    "model_card": "model_card.json",
}
_SHEET = {"preview": "preview.jpg"}
_LOOP_OPTIONS = {"preset": "veryfast", "crf": "13", "threads": "2"}
"""A film of a person, other than a drawing, has grain that nobody misses."""

Progress = Callable[[str, float], None]
"""Told what is being done, and how far it is, 0..1."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is to become an avatar."""

    name: str
    reference: Path
    consent: ConsentRecord
    title: str = ""
    """The name, if empty."""
    licence: str = "all rights reserved"
    """Under which the avatar may be passed on."""
    face: int | None = None
    """Which one, from the left, beginning with 1, where several are shown."""
    still: bool = False
    """Of a film, use the best frame only."""
    drawn: bool = False
    """The picture is a drawing."""


def create_avatar(
    enrolment: Enrolment, directory: Path, repository: AvatarRepository, progress: Progress = lambda what, share: None
) -> Avatar:
    """Writes `<directory>/<name>/<version>`, whole or not at all; a name that is taken gets its next version.

    Raises `ReferenceRefused` when the reference makes no avatar, `FacesUnavailable` without the extra `vision`,
    `AvatarNotFound` where no renderer is installed, `AvatarNotWritten` when the disk is full.
    """
    check_name(enrolment.name)
    base = repository.base_model(RENDERER)
    reference = reference_of(enrolment, progress)
    progress("writing", 0.0)
    with staging_folder(directory) as folder:
        graphs = shared_graphs(DRAWN if enrolment.drawn else PHOTOGRAPHED, base)
        fit = fit_of(reference, graphs.mending)
        _write(folder, reference, fit, graphs, base, enrolment)
        version = next_version(enrolment.name, directory, repository)
        manifest = _manifest(folder, _FILES, enrolment, version, base, reference, fit)
        progress("drawing the preview", 0.8)
        sheet = draw_sheet(onnx_engine(Stored(folder, manifest)), reference.still, manifest.paste)
        write_sheet(folder / _SHEET["preview"], sheet)
        manifest = _manifest(folder, _FILES | _SHEET, enrolment, version, base, reference, fit)
        write_manifest(folder, manifest)
        settled = settle(folder, directory, manifest.name, manifest.version)
    progress("done", 1.0)
    return Stored(settled, manifest)


def check_name(name: str) -> None:
    """Raises `AvatarError` unless an avatar can be called this."""
    try:
        TypeAdapter(Name).validate_python(name)
        usable = name != BASE
    except ValidationError:
        usable = False
    if not usable:
        raise AvatarError(
            f"{name!r} cannot be an avatar's name", remedy="use small letters, digits, - and _, e.g. jane-2"
        )


def reference_of(enrolment: Enrolment, progress: Progress) -> Reference:
    """What the picture or the film shows. Raises as `create_avatar` does."""
    if is_photo(enrolment.reference):
        progress("looking for the face", 0.0)
        return photo_reference(read_photo(enrolment.reference), enrolment.face)
    return film_reference(enrolment.reference, enrolment.face, still=enrolment.still, progress=progress)


def _write(
    folder: Path, reference: Reference, fit: Fit, graphs: SharedGraphs, base: BaseModel, enrolment: Enrolment
) -> None:
    write_face(folder, reference, fit)
    shutil.copyfile(graphs.reference, folder / _FILES["reference"])
    shutil.copyfile(graphs.decoder, folder / _FILES["decoder"])
    card = {
        "name": enrolment.name,
        "title": enrolment.title or enrolment.name,
        "what": f"robust avatar: one {reference.facts['kind']}, drawn by the shared renderer, without training",
        "base_model": f"{base.manifest.name}/{base.manifest.version}",
        "licence": enrolment.licence,
        "measures": {name: value for name, value in reference.facts.items() if name != "kind"},
    }
    (folder / _FILES["model_card"]).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def write_face(folder: Path, reference: Reference, fit: Fit) -> None:
    """`FACE_FILES`: the loop, the way from its frames to the crop, and what graphs must know of the face."""
    write_loop(folder / FACE_FILES["loop"], reference.loop, SIZE, FRAME_RATE, _LOOP_OPTIONS)
    matrices = [[[round(float(v), 6) for v in row] for row in matrix] for matrix in fit.matrices]
    (folder / FACE_FILES["loop_matrices"]).write_text(json.dumps(matrices), encoding="utf-8")
    np.savez_compressed(folder / FACE_FILES["fit"], allow_pickle=False, **fit.arrays)


def next_version(name: str, directory: Path, repository: AvatarRepository) -> int:
    """The version after all that there are of this name, wherever they are kept."""
    there = [int(folder.name) for folder in repository.folders() if folder.parent.name == name]
    beside = [int(path.name) for path in (directory / name).glob("*") if path.name.isdecimal()]
    return max([0, *there, *beside]) + 1


def _manifest(
    folder: Path,
    files: dict[str, str],
    enrolment: Enrolment,
    version: int,
    base: BaseModel,
    reference: Reference,
    fit: Fit,
) -> AvatarManifest:
    return AvatarManifest(
        format=1,
        kind="robust",
        name=enrolment.name,
        version=version,
        title=enrolment.title or enrolment.name,
        base_model=f"{base.manifest.name}/{base.manifest.version}",
        width=SIZE,
        height=SIZE,
        frame_rate=FRAME_RATE,
        loop_frames=len(reference.loop),
        paste=fit.paste,
        licence=enrolment.licence,
        consent=enrolment.consent,
        files=file_entries(folder, files),
    )
