"""What of a new configuration can hold at once, and what only after a restart."""

from __future__ import annotations

from typing import Any

from ims_avatar.config import Config

BOUND_AT_START = (
    ("sip", "address"),
    ("sip", "port"),
    ("sip", "workers"),
    ("sip", "worker_ports"),
    ("media", "address"),
    ("media", "rtp_ports"),
    ("pool",),
    ("avatars", "paths"),
    ("log",),
)
"""Sockets, processes and loaded models: changing these means starting again."""


def merge(running: Config, wanted: Config) -> tuple[Config, list[str]]:
    """`wanted` with the fields of `running` that were bound at the start, and the names of those that differ."""
    old, new = running.model_dump(mode="json"), wanted.model_dump(mode="json")
    differing = []
    for path in BOUND_AT_START:
        kept = _get(old, path)
        if _get(new, path) != kept:
            differing.append(".".join(path))
            _set(new, path, kept)
    return Config.model_validate(new, strict=False), differing


def changed_sections(before: Config, after: Config) -> list[str]:
    """Top-level fields that differ."""
    return [name for name in Config.model_fields if getattr(before, name) != getattr(after, name)]


def _get(tree: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = tree
    for key in path:
        value = value[key]
    return value


def _set(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value
