"""What an avatar or a base model is: one JSON file that names every other file of its folder, with hash and size."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ims_avatar.avatars.roles import REQUIRED_ROLES
from ims_avatar.errors import CorruptModel

MANIFEST = "manifest.json"
FORMAT = 1
"""Of the manifest. A newer one is refused with the advice to update."""
LARGEST_MANIFEST = 1 << 20
"""Bytes; a manifest has a few thousand."""
LARGEST_FILE = 1 << 29
"""Bytes of one file of an avatar; those shipped have at most 2.5 million."""


def _plain_path(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or "\\" in value or "\0" in value:
        raise ValueError(f"{value!r} must be a relative path below the folder, with forward slashes")
    return value


def _even(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} must be even: pictures are 4:2:0")
    return value


PlainPath = Annotated[str, AfterValidator(_plain_path)]
Even = Annotated[int, Field(ge=0, le=4096), AfterValidator(_even)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
BaseModelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}/[1-9][0-9]{0,8}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FileEntry(_Strict):
    path: PlainPath
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, le=LARGEST_FILE)
    """Bytes."""


class PasteRectangle(_Strict):
    """The part of the picture that the lips may change, in pixels."""

    left: Even
    top: Even
    width: Even
    height: Even


class ConsentRecord(_Strict):
    """That a person agreed to have their likeness animated, and who wrote it down when."""

    statement: str = Field(min_length=1)
    """What was agreed to, in the words that were given."""
    recorded_by: str = Field(min_length=1)
    """Who enrolled the person: a name or an account."""
    recorded_at: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$")
    """ISO 8601, with the offset from UTC."""


class BaseModelManifest(_Strict):
    """A network that avatars share, e.g. the audio encoder."""

    format: Literal[1]
    kind: Literal["audio_encoder", "renderer"]
    name: Name
    version: int = Field(ge=1)
    licence: str = Field(min_length=1)
    files: dict[str, FileEntry]
    """By what they are for."""


class AvatarManifest(_Strict):
    format: Literal[1]
    kind: Literal["personalised", "robust"]
    """Whether the renderer was trained on this character or on any (FS_AVATAR 3.4.3)."""
    name: Name
    version: int = Field(ge=1)
    """Versions are never edited: a change is a new one."""
    title: str = Field(min_length=1)
    base_model: BaseModelName | None = None
    """`name/version` of the renderer that drives it (robust) or that was refined for it (personalised), if any."""
    width: Even
    height: Even
    frame_rate: int = Field(ge=1, le=60)
    loop_frames: int = Field(ge=1)
    """Length of the reference loop."""
    paste: PasteRectangle
    licence: str = Field(min_length=1)
    consent: ConsentRecord | Annotated[str, Field(min_length=1)]
    """What the person shown agreed to; a sentence alone where nobody had to."""
    files: dict[str, FileEntry]
    """By role: `roles.py` says which there are and what each holds."""

    @model_validator(mode="after")
    def _fits(self) -> AvatarManifest:
        missing = REQUIRED_ROLES - self.files.keys()
        if missing:
            raise ValueError(f"files lacks {', '.join(sorted(missing))}")
        box = self.paste
        inside = box.left + box.width <= self.width and box.top + box.height <= self.height
        if not (box.width and box.height and inside):
            raise ValueError("paste does not lie inside the picture")
        return self


ManifestT = TypeVar("ManifestT", BaseModelManifest, AvatarManifest)


def read_manifest(folder: Path, kind: type[ManifestT]) -> ManifestT:
    """The manifest of `folder`. Raises `CorruptModel` naming the file and the field that is wrong."""
    path = folder / MANIFEST
    remedy = "restore the folder from where it came; manifests are not edited by hand"
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            raise CorruptModel(f"{path} is too large for a manifest", remedy=remedy)
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except OSError as error:
        raise CorruptModel(f"{path} cannot be read ({error.strerror})", remedy=remedy) from error
    except ValueError as error:
        raise CorruptModel(f"{path} is not JSON ({error})", remedy=remedy) from error
    written = content.get("format") if isinstance(content, dict) else None
    if type(written) is int and written > FORMAT:
        raise CorruptModel(
            f"{path} is of format {written}, this version reads format {FORMAT}", remedy="update ims-avatar"
        )
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(file)"
        raise CorruptModel(f"{path}: {field}: {first['msg']}", remedy=remedy) from error
