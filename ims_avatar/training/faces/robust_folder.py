"""Makes a base model of a robust run: graphs, measures, sheets, model card, manifest."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ims_avatar.avatars.manifest import BaseModelManifest
from ims_avatar.avatars.staging import settle, staging_folder
from ims_avatar.avatars.writing import file_entries, write_manifest
from ims_avatar.enrol.shared_graphs import DRAWN, PHOTOGRAPHED
from ims_avatar.training.drawn.renderer_export import OPSET
from ims_avatar.training.faces.face_sheets import write_crops
from ims_avatar.training.faces.face_training import FaceTraining
from ims_avatar.training.faces.face_validation import Validation
from ims_avatar.training.faces.robust import RobustPlan
from ims_avatar.training.faces.robust_export import export_bend, export_robust
from ims_avatar.training.faces.robust_model import RobustRenderer
from ims_avatar.training.provenance import commit

NAME = "renderer"
LICENCE = "Apache-2.0"
_FILES = {
    "reference": "reference.onnx",
    "decoder": "decoder.onnx",
    "bend_reference": "bend_reference.onnx",
    "bend_decoder": "bend_decoder.onnx",
    "model_card": "model_card.json",
    "model_card_page": "model_card.md",
    "sheet_1x": "sheet_1x.jpg",
    "sheet_4x": "sheet_4x.jpg",
}
_SHEET_PEOPLE, _NEAR_PEOPLE = 6, 2


def best_renderer(run: FaceTraining) -> RobustRenderer:
    """The renderer with the weights that the run kept, on the processor."""
    renderer: RobustRenderer = copy.deepcopy(run.net).cpu().to(memory_format=torch.contiguous_format)
    renderer.load_state_dict(run.best)
    renderer.eval()
    return renderer


def build_base_model(run: FaceTraining, plan: RobustPlan, held_out: Validation, directory: Path, version: int) -> Path:
    """Writes `<directory>/renderer/<version>`. Raises `AvatarExists` if it is there: versions are never edited."""
    renderer = best_renderer(run)
    with staging_folder(directory) as folder:
        agreement = min(export_robust(renderer, folder), export_bend(renderer, folder))
        people = held_out.people
        measures = {"onnx_agreement_db": agreement, **held_out.measure(renderer)}
        seen = [held_out.render(renderer, who) for who in people[:_SHEET_PEOPLE]]
        write_crops(folder / _FILES["sheet_1x"], seen, 1)
        write_crops(folder / _FILES["sheet_4x"], seen[:_NEAR_PEOPLE], 4)
        card = _card(run, plan, version, {name: round(float(value), 4) for name, value in measures.items()})
        (folder / _FILES["model_card"]).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        (folder / _FILES["model_card_page"]).write_text(_page(card), encoding="utf-8")
        manifest = BaseModelManifest(
            format=1,
            kind="renderer",
            name=NAME,
            version=version,
            licence=card["licence"],
            files=file_entries(folder, _FILES),
        )
        write_manifest(folder, manifest)
        return settle(folder, directory, NAME, version)


def _card(run: FaceTraining, plan: RobustPlan, version: int, measures: Mapping[str, float]) -> dict[str, Any]:
    films = f" and the films of {plan.data.name}" if plan.data else ""
    return {
        "name": NAME,
        "version": version,
        "what": "robust renderer: a face's own still bent to the lip code by lip lines, then mended by a network",
        "architecture": "training-free bend (mouth_warp.py) and a U-Net of 283 k weights (robust_model.py)",
        "data": f"{plan.drawn} people drawn by training.drawn.characters, {plan.crops + 1} crops each{films}",
        "held_out": "12 drawn people" if plan.data is None else "people of films never trained on",
        "command": f"ims-avatar train robust --minutes {plan.minutes:g} --drawn {plan.drawn} --crops {plan.crops} "
        f"--seed {plan.seed}"
        + (f" --data {plan.data.name}" if plan.data else "")
        + (" --from DIR" if plan.start else ""),
        # Of drawn people alone the network learns a drawer's teeth; with films it learns what cameras see.
        "mending": {PHOTOGRAPHED: 0.0 if plan.data is None else 1.0, DRAWN: 1.0},
        "begun_from": _begun_from(plan.start),
        "seed": plan.seed,
        "commit": commit(),
        "training_seconds": round(run.state.seconds),
        "training_steps": run.state.step,
        "hardware": "; ".join(run.state.machines),
        "format": f"ONNX opset {OPSET}, float32, dynamic batch",
        "licence": LICENCE if plan.data is None else "as the films' owners allow",
        "measures": dict(measures),
        "history": run.state.history[:: max(1, len(run.state.history) // 12)],
    }


def _begun_from(start: Path | None) -> dict[str, Any] | None:
    """What the card of the renderer that the run went on from says of its making."""
    path = start / _FILES["model_card"] if start else None
    if path is None or not path.exists():
        return None
    card = json.loads(path.read_text(encoding="utf-8"))
    told = ("name", "version", "data", "command", "seed", "commit", "training_seconds", "training_steps", "begun_from")
    return {name: card.get(name) for name in told}


def _page(card: Mapping[str, Any]) -> str:
    rows = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in card["measures"].items())
    return f"""# Renderer {card["version"]}: any face

{card["what"]}. Data: {card["data"]}. Measured on {card["held_out"]}.

Three rows a person: the truth, the bend alone, mended by the network.

![Crops](sheet_1x.jpg)

![Crops at four times](sheet_4x.jpg)

| measure | value |
|---|---|
{rows}

Made by `{card["command"]}` at commit {card["commit"]}: {card["training_steps"]} steps in {card["training_seconds"]} s
of processor time on {card["hardware"]}. {card["format"]}. Licence {card["licence"]}.
"""
