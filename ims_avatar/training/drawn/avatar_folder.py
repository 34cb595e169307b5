"""Makes an avatar of a run: `python -m ims_avatar.training.drawn.avatar_folder --run build/renderer --out DIR`.

The folder is complete in itself: film, graphs, measures, pictures, model card and the manifest with all hashes.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import torch

from ims_avatar.avatars.manifest import AvatarManifest, PasteRectangle
from ims_avatar.avatars.repository import Stored
from ims_avatar.avatars.writing import file_entries, write_manifest
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.drawn.characters.cast import STYLES
from ims_avatar.training.drawn.characters.drawing import PICTURE_SIZE
from ims_avatar.training.drawn.characters.idle import FRAME_RATE, LOOP_LENGTH
from ims_avatar.training.drawn.characters.style import CharacterStyle
from ims_avatar.training.drawn.contact_sheet import write_sheets
from ims_avatar.training.drawn.crop import CropGeometry
from ims_avatar.training.drawn.renderer import CHECKPOINT, LOOP_FILE, load_crop, load_renderer
from ims_avatar.training.drawn.renderer_data import ReferenceLoop, reference_loop
from ims_avatar.training.drawn.renderer_export import OPSET, export_renderer
from ims_avatar.training.drawn.renderer_measures import (
    make_test_frames,
    measure,
    render_milliseconds,
    widest_opening_at_rest,
)
from ims_avatar.training.provenance import commit, hardware

log = structlog.get_logger(__name__)

LICENCE = "Apache-2.0"
CONSENT = "Shows nobody: drawn by this project's own scripts, after no real person."
_FILES = {
    "loop": LOOP_FILE,
    "loop_matrices": "loop_matrices.json",
    "reference": "reference.onnx",
    "decoder": "decoder.onnx",
    "model_card": "model_card.json",
    "model_card_page": "model_card.md",
    "sheet_1x": "sheet_1x.jpg",
    "sheet_4x": "sheet_4x.jpg",
}
_TEST_SEED = 777


@dataclass(frozen=True, slots=True)
class AvatarSource:
    style: CharacterStyle
    crop: CropGeometry
    loop: ReferenceLoop
    run: Path
    state: dict[str, Any]
    """The checkpoint."""


def build_avatar(run: Path, out: Path, version: int, test_frames: int) -> dict[str, float]:
    """Writes `<out>/<name>/<version>/` from the checkpoint and film in `run`; returns the measures.

    Raises `FileExistsError` if that version exists: versions are never edited.
    """
    state: dict[str, Any] = torch.load(run / CHECKPOINT, weights_only=True)
    character = str(state["plan"]["character"])
    folder = out / character / str(version)
    folder.mkdir(parents=True)
    crop = load_crop(run / CHECKPOINT)
    source = AvatarSource(STYLES[character], crop, reference_loop(character, crop, run / LOOP_FILE), run, state)
    shutil.copy(run / LOOP_FILE, folder / LOOP_FILE)
    matrices = [[[round(float(v), 6) for v in row] for row in matrix] for matrix in source.loop.to_crop]
    (folder / _FILES["loop_matrices"]).write_text(json.dumps(matrices), encoding="utf-8")
    agreement = export_renderer(load_renderer(run / CHECKPOINT), crop, source.loop, folder)
    for name in ("model_card.json", "model_card.md", "sheet_1x.jpg", "sheet_4x.jpg"):
        (folder / name).touch()
    engine = onnx_engine(Stored(folder, _manifest(source, folder, version)))
    frames = make_test_frames(source.style, engine, test_frames, _TEST_SEED)
    measures = {
        "onnx_agreement_db": agreement,
        **measure(source.style, crop, frames),
        "widest_opening_at_rest": widest_opening_at_rest(source.style, engine),
        "milliseconds_a_picture_batch_1": render_milliseconds(engine, 1),
        "milliseconds_a_picture_batch_8": render_milliseconds(engine, 8),
    }
    measures = {name: round(value, 4) for name, value in measures.items()}
    log.info("measured", **measures)
    write_sheets(source.style, engine, folder)
    card = _card(source, measures)
    (folder / "model_card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (folder / "model_card.md").write_text(_page(card), encoding="utf-8")
    write_manifest(folder, _manifest(source, folder, version))
    return measures


def _manifest(source: AvatarSource, folder: Path, version: int) -> AvatarManifest:
    box = source.loop.box
    return AvatarManifest(
        format=1,
        kind="personalised",
        name=source.style.name,
        version=version,
        title=source.style.title,
        width=PICTURE_SIZE,
        height=PICTURE_SIZE,
        frame_rate=FRAME_RATE,
        loop_frames=LOOP_LENGTH,
        paste=PasteRectangle(left=box.left, top=box.top, width=box.width, height=box.height),
        licence=LICENCE,
        consent=CONSENT,
        files=file_entries(folder, _FILES),
    )


def _card(source: AvatarSource, measures: Mapping[str, float]) -> dict[str, Any]:
    plan, progress = source.state["plan"], source.state["progress"]
    return {
        "name": source.style.name,
        "title": source.style.title,
        "what": "personalised renderer: lip code (8) and reference frame to mouth, pasted into a 512 x 512 picture",
        "data": f"{plan['samples']} crops drawn by ims_avatar.training.drawn.characters, {LICENCE}; nothing else",
        "command": f"python -m ims_avatar.training.drawn.renderer --character {source.style.name} "
        f"--minutes {plan['minutes']:g} --samples {plan['samples']} --seed {plan['seed']}"
        + (f" --start {plan['start']}" if plan.get("start") else ""),
        "seed": plan["seed"],
        "commit": commit(),
        "training_seconds": round(float(progress["seconds"])),
        "training_steps": progress["step"],
        "hardware": hardware(),
        "format": f"ONNX opset {OPSET}, float32, dynamic batch",
        "licence": LICENCE,
        "consent": CONSENT,
        "measures": dict(measures),
        "history": [{k: round(float(v), 4) for k, v in entry.items()} for entry in source.state["history"][::5]],
    }


def _page(card: Mapping[str, Any]) -> str:
    """The card for people, as Markdown with the sheets."""
    rows = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in card["measures"].items())
    return f"""# {card["title"]}

{card["what"]}. Data: {card["data"]}. {card["consent"]}

![Pictures as a call shows them, half size](sheet_1x.jpg)

Mouths at four times; above rendered, below the drawn truth:

![Mouths at four times](sheet_4x.jpg)

| measure | value |
|---|---|
{rows}

Made by `{card["command"]}` at commit {card["commit"]}: {card["training_steps"]} steps in {card["training_seconds"]} s
on {card["hardware"]}. {card["format"]}. Licence {card["licence"]}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("build/renderer"), help="folder of the training run")
    parser.add_argument("--out", type=Path, required=True, help="directory of avatars")
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--test-frames", type=int, default=200)
    given = parser.parse_args()
    torch.set_num_threads(1)
    build_avatar(given.run, given.out, given.version, given.test_frames)


if __name__ == "__main__":
    main()
