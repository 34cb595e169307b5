"""`ims-avatar avatar show`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ims_avatar.avatars.manifest import AvatarManifest, ConsentRecord
from ims_avatar.avatars.repository import Avatar
from ims_avatar.cli import console
from ims_avatar.cli.avatar.options import AvatarArgument, ConfigOption, avatar_named, size_text


def show(avatar: AvatarArgument, config: ConfigOption = None) -> None:
    """What an avatar is: manifest, files and the measures of its model card. Checks every hash on the way."""
    found = avatar_named(avatar, config)
    card = json.loads(found.path("model_card").read_bytes())
    console.out.print(console.table("", ("", ""), _facts(found, card)))
    console.out.print(
        console.table("\nfiles (hashes right)", ("for", "file", "size", "sha256"), _files(found.manifest))
    )
    measures = card.get("measures") if isinstance(card, dict) else None
    if isinstance(measures, dict) and measures:
        rows = [(name.replace("_", " "), str(value)) for name, value in measures.items()]
        console.out.print(console.table("\nmeasures", ("", ""), rows))


def _facts(avatar: Avatar, card: Any) -> Iterator[tuple[str, str]]:
    manifest = avatar.manifest
    yield manifest.name, manifest.title
    yield "version", str(manifest.version)
    yield "kind", manifest.kind + (f", on {manifest.base_model}" if manifest.base_model else "")
    yield "picture", f"{manifest.width}x{manifest.height}, {manifest.frame_rate} a second"
    yield "loop", f"{manifest.loop_frames} pictures, {manifest.loop_frames / manifest.frame_rate:.1f} s"
    yield "licence", manifest.licence
    yield "consent", _consent(manifest.consent)
    for key in ("data", "command", "commit", "hardware"):
        if isinstance(card, dict) and card.get(key):
            yield key, str(card[key])
    yield "folder", str(avatar.folder)


def _consent(consent: ConsentRecord | str) -> str:
    if isinstance(consent, str):
        return consent
    return f"{consent.statement} (recorded by {consent.recorded_by}, {consent.recorded_at})"


def _files(manifest: AvatarManifest) -> Iterator[tuple[str, str, str, str]]:
    for role, entry in manifest.files.items():
        yield role, entry.path, size_text(entry.size), entry.sha256[:16] + "…"
