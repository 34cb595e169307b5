"""Makes an avatar of a personalised run: film, graphs, lips, measures, sheets, model card, manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ims_avatar.avatars.manifest import AvatarManifest, ConsentRecord
from ims_avatar.avatars.repository import Avatar, AvatarRepository, Stored
from ims_avatar.avatars.staging import settle, staging_folder
from ims_avatar.avatars.writing import file_entries, write_manifest
from ims_avatar.enrol.create import FACE_FILES, RENDERER, next_version, write_face
from ims_avatar.enrol.fit import Fit, fit_of
from ims_avatar.enrol.framing import SIZE
from ims_avatar.enrol.idle import FRAME_RATE
from ims_avatar.enrol.preview import draw_sheet, write_sheet
from ims_avatar.errors import TrainingError
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.drawn.renderer_export import OPSET
from ims_avatar.training.faces.face_sheets import write_crops
from ims_avatar.training.faces.personalised import PersonalRun, film_hash
from ims_avatar.training.faces.robust_export import export_robust
from ims_avatar.training.faces.robust_folder import best_renderer
from ims_avatar.training.provenance import commit
from ims_avatar.training.speech.lip_adaptation import export_adapted

_FILES = {
    **FACE_FILES,
    "reference": "reference.onnx",
    "decoder": "decoder.onnx",
    "lip_encoder": "lip_encoder.onnx",
    "model_card": "model_card.json",
    "model_card_page": "model_card.md",
    "sheet_1x": "sheet_1x.jpg",
    "sheet_4x": "sheet_4x.jpg",
    "preview": "preview.jpg",
}
_BETTER = 0.05
"""dB by which a new version may be worse than the one it would stand in for: chance, not loss."""


def build_personalised(
    made: PersonalRun,
    name: str,
    title: str,
    licence: str,
    consent: ConsentRecord,
    directory: Path,
    repository: AvatarRepository,
) -> Avatar:
    """Writes `<directory>/<name>/<version>`, whole or not at all.

    Raises `TrainingError` when the newest version was trained on the same film and is better: the newest version is the
    one that calls show.
    """
    renderer = best_renderer(made.run)
    measures = made.judged.measure(renderer)
    version = next_version(name, directory, repository)
    _refuse_worse(made, name, directory, measures)
    fit = fit_of(made.reference)
    with staging_folder(directory) as folder:
        measures["onnx_agreement_db"] = export_robust(renderer, folder, _graph_inputs(made, fit))
        measures["lip_encoder_difference"] = export_adapted(made.lips, folder / _FILES["lip_encoder"])
        write_face(folder, made.reference, fit)
        seen = [made.judged.render(renderer, 0)]
        write_crops(folder / _FILES["sheet_1x"], seen, 1)
        write_crops(folder / _FILES["sheet_4x"], seen, 4)
        card = _card(made, name, title or name, licence, consent, {k: round(float(v), 4) for k, v in measures.items()})
        (folder / _FILES["model_card"]).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        (folder / _FILES["model_card_page"]).write_text(_page(card), encoding="utf-8")
        (folder / _FILES["preview"]).touch()

        def manifest() -> AvatarManifest:
            return AvatarManifest(
                format=1,
                kind="personalised",
                name=name,
                version=version,
                title=title or name,
                base_model=None if made.plan.wide else _base_name(repository),
                width=SIZE,
                height=SIZE,
                frame_rate=FRAME_RATE,
                loop_frames=len(made.reference.loop),
                paste=fit.paste,
                licence=licence,
                consent=consent,
                files=file_entries(folder, _FILES),
            )

        engine = onnx_engine(Stored(folder, manifest()))
        write_sheet(folder / _FILES["preview"], draw_sheet(engine, made.reference.still, fit.paste))
        complete = manifest()
        write_manifest(folder, complete)
        return Stored(settle(folder, directory, name, version), complete)


def _base_name(repository: AvatarRepository) -> str:
    manifest = repository.base_model(RENDERER).manifest
    return f"{manifest.name}/{manifest.version}"


def _graph_inputs(made: PersonalRun, fit: Fit) -> dict[str, torch.Tensor]:
    """Of the reference graph, for the loop's first frame: what the export is checked with."""
    box, picture = fit.paste, made.reference.loop[0]
    luma = picture[box.top : box.top + box.height, box.left : box.left + box.width]
    planes = picture[SIZE:].reshape(2, SIZE // 2, SIZE // 2)
    chroma = planes[:, box.top // 2 : (box.top + box.height) // 2, box.left // 2 : (box.left + box.width) // 2]
    arrays = {name: value[0] if name.startswith("frame_") else value for name, value in fit.arrays.items()}
    inputs = {
        "luma": luma[None, None],
        "chroma": chroma[None],
        "to_crop": fit.matrices[0].astype(np.float32),
        **{name.removeprefix("frame_"): value for name, value in arrays.items()},
    }
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in inputs.items()}


def _versions(name: str, directory: Path) -> list[int]:
    return sorted(int(path.name) for path in (directory / name).glob("*") if path.name.isdecimal())


def _refuse_worse(made: PersonalRun, name: str, directory: Path, measures: Mapping[str, float]) -> None:
    there = _versions(name, directory)
    if not there:
        return
    path = directory / name / str(there[-1]) / _FILES["model_card"]
    card = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    before = card.get("measures", {}).get("psnr_db")
    same_film = card.get("film", {}).get("sha256") == film_hash(made.plan.video)
    if same_film and before is not None and measures["psnr_db"] < before - _BETTER:
        now = measures["psnr_db"]
        raise TrainingError(
            f"{name}/{there[-1]}, trained on the same film, is better ({before:.2f} dB against {now:.2f})",
            remedy="train longer (--minutes), or give the new avatar another name",
        )


def _card(
    made: PersonalRun, name: str, title: str, licence: str, consent: ConsentRecord, measures: Mapping[str, float]
) -> dict[str, Any]:
    plan, state = made.plan, made.run.state
    return {
        "name": name,
        "title": title,
        "what": "personalised renderer and audio encoder of one person, refined from the shared ones",
        "film": {"sha256": film_hash(plan.video), **made.film.summary()},
        "command": f"ims-avatar train personalised {name} --minutes {plan.minutes:g} --seed {plan.seed}"
        + (" --quality high" if plan.wide else ""),
        "seed": plan.seed,
        "commit": commit(),
        "training_seconds": round(state.seconds),
        "training_steps": state.step,
        "hardware": "; ".join(state.machines),
        "format": f"ONNX opset {OPSET}, float32, dynamic batch",
        "licence": licence,
        "consent": consent.model_dump(),
        "held_out": "the last 12 % of the film, a second apart from what was trained on",
        "measures": dict(measures),
        "history": state.history[:: max(1, len(state.history) // 12)],
    }


def _page(card: Mapping[str, Any]) -> str:
    rows = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in card["measures"].items())
    return f"""# {card["title"]}

{card["what"]}. Consent: {card["consent"]["statement"]} (recorded by {card["consent"]["recorded_by"]} at
{card["consent"]["recorded_at"]}). Licence: {card["licence"]}.

![The loop, and mouths](preview.jpg)

Pictures that were not trained on; rows: the truth, the bend alone, as rendered.

![Crops](sheet_1x.jpg)

![Crops at four times](sheet_4x.jpg)

| measure | value |
|---|---|
{rows}

Made by `{card["command"]}` at commit {card["commit"]}: {card["training_steps"]} steps in {card["training_seconds"]} s
on {card["hardware"]}. {card["format"]}.
"""
