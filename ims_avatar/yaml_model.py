"""YAML file to pydantic model, with errors that name file, line, field and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ims_avatar.errors import ConfigError

ModelT = TypeVar("ModelT", bound=BaseModel)

Location = tuple[int | str, ...]


def load_yaml_model(path: Path, model: type[ModelT]) -> ModelT:
    """Read `path` into `model`. An empty file gives the model's defaults. Raises `ConfigError`; nothing else."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror})", remedy="check the path and its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})", remedy="save the file as UTF-8") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise ConfigError(f"{path}{line}: {problem}", remedy="mend the YAML syntax of that line") from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: a mapping of fields is expected", remedy="write 'field: value' lines")
    try:
        # By way of JSON: strict mode then still takes lists for tuples and text for paths, which YAML has not.
        plain = json.dumps(data, default=str)
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(
            f"{path}: {error}", remedy="some alias contains itself or some key is no text; write the fields out"
        ) from error
    try:
        return model.model_validate_json(plain)
    except ValidationError as error:
        raise ConfigError(
            "; ".join(_describe(path, root, model, e["loc"], e["type"], e["msg"]) for e in error.errors())
        ) from error


def _describe(
    path: Path, root: yaml.Node | None, model: type[BaseModel], loc: Location, kind: str, message: str
) -> str:
    line = _line_of(root, loc)
    field = ".".join(str(part) for part in loc) or "(file)"
    if kind == "extra_forbidden":
        known = _known_fields(model, loc)
        hint = f"; known here: {', '.join(known)}" if known else ""
        return f"{path}:{line}: unknown field {field!r}. Remedy: remove it or mend its spelling{hint}"
    if kind == "missing":
        return f"{path}:{line}: field {field!r} is missing. Remedy: add it"
    return f"{path}:{line}: {field}: {message.removeprefix('Value error, ')}"


def _line_of(node: yaml.Node | None, loc: Location) -> int:
    """The 1-based line of the deepest part of `loc` that the file has; the key's line for mappings."""
    line = node.start_mark.line + 1 if node else 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _known_fields(model: type[BaseModel], loc: Location) -> list[str]:
    """Field names of the submodel in which the unknown field of `loc` stood."""
    current: type[BaseModel] | None = model
    for part in loc[:-1]:
        if current is None or isinstance(part, int):
            continue
        info = current.model_fields.get(part)
        current = _submodel(info.annotation) if info else None
    return sorted(current.model_fields) if current else []


def _submodel(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _submodel(argument)
        if found:
            return found
    return None
