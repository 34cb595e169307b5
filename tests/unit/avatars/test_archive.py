from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from ims_avatar.avatars.archive import read_archive, write_archive
from ims_avatar.errors import AvatarNotWritten, CorruptModel
from tests.support.avatar_folders import avatar_copy, change_manifest, everything_below

Entries: TypeAlias = list[tuple[zipfile.ZipInfo, bytes]]


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "otto.zip"
    write_archive(avatar_copy(tmp_path / "from"), path)
    return path


def unpacked(archive: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "to"
    folder.mkdir()
    read_archive(archive, folder)
    return folder


def test_an_archive_gives_back_what_was_packed(packed: Path, tmp_path: Path) -> None:
    folder, original = unpacked(packed, tmp_path), tmp_path / "from" / "otto" / "1"
    assert everything_below(folder) == everything_below(original)
    assert all((folder / name).read_bytes() == (original / name).read_bytes() for name in everything_below(folder))


def test_the_same_avatar_gives_the_same_bytes(packed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    write_archive(avatar_copy(tmp_path / "elsewhere"), again)
    assert packed.read_bytes() == again.read_bytes()


def test_unpacked_by_hand_it_is_an_avatars_folder(packed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        assert "otto/1/manifest.json" in archive.namelist()
        assert {info.external_attr >> 16 for info in archive.infolist()} == {stat.S_IFREG | 0o644}


def test_a_damaged_avatar_is_not_packed(tmp_path: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    avatar.path("loop").write_bytes(b"")
    with pytest.raises(CorruptModel, match=r"loop\.mp4"):
        write_archive(avatar, tmp_path / "otto.zip")
    assert everything_below(tmp_path)[-1].startswith("from/")


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AvatarNotWritten, match="file"):
        write_archive(avatar, tmp_path / "file" / "otto.zip")
    (tmp_path / "taken.zip").mkdir()
    with pytest.raises(AvatarNotWritten, match=r"taken\.zip"):
        write_archive(avatar, tmp_path / "taken.zip")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def rewritten(path: Path, change: Callable[[Entries], None], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    change(entries)
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in entries:
            info.compress_type = compression
            archive.writestr(info, content)
    return path


def add(name: str, content: bytes = b"", mode: int = stat.S_IFREG | 0o644) -> Callable[[Entries], None]:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return lambda entries: entries.append((info, content))


def test_an_archive_that_was_packed_again_is_taken(packed: Path, tmp_path: Path) -> None:
    def on_top(entries: Entries) -> None:
        for info, _ in entries:
            info.filename = info.filename.removeprefix("otto/1/")

    assert "loop.mp4" in everything_below(unpacked(rewritten(packed, on_top, zipfile.ZIP_DEFLATED), tmp_path))


def test_a_read_me_and_folders_are_no_surprise(packed: Path, tmp_path: Path) -> None:
    rewritten(packed, add("otto/1/README.md", b"# Otto"))
    rewritten(packed, add("otto/", b"", stat.S_IFDIR | 0o755))
    assert "README.md" not in everything_below(unpacked(packed, tmp_path))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (add("../otto.json"), "leads elsewhere"),
        (add("otto/1/../../../x"), "leads elsewhere"),
        (add("/etc/cron.d/x"), "leads elsewhere"),
        (add("C:/x"), "leads elsewhere"),
        (add("otto/1/link", b"/etc/passwd", stat.S_IFLNK | 0o777), "link"),
        (add("otto/1/run.py", b"print()"), "does not name"),
        (add("otto/2/README.md"), "does not name"),
        (add("otto/2/manifest.json", b"{}"), "2 files called"),
        (add("otto/1/loop.mp4", b"other"), "twice"),
        (lambda entries: entries.clear(), "0 files called"),
        (lambda entries: entries.pop(0), "lacks 'decoder.onnx'"),
        (lambda entries: entries.__setitem__(0, (entries[0][0], entries[0][1][:-1])), "shorter"),
        (lambda entries: entries.__setitem__(0, (entries[0][0], entries[0][1] + b"x")), "longer"),
        (lambda entries: [add(f"otto/1/{n}")(entries) for n in range(300)], "more than 256"),
    ],
)
def test_what_should_not_be_in_it_is_refused(
    packed: Path, tmp_path: Path, change: Callable[[Entries], None], why: str
) -> None:
    rewritten(packed, change)
    with pytest.raises(CorruptModel, match=why) as caught:
        unpacked(packed, tmp_path)
    assert str(packed) in str(caught.value) and caught.value.remedy
    assert not (tmp_path / "otto.json").exists()


def test_a_bomb_is_given_up_at_the_manifests_size(packed: Path, tmp_path: Path) -> None:
    def inflate(entries: Entries) -> None:
        entries[0] = (entries[0][0], bytes(200 << 20))

    rewritten(packed, inflate, zipfile.ZIP_DEFLATED)
    assert packed.stat().st_size < 10_000_000
    with pytest.raises(CorruptModel, match="longer than"):
        unpacked(packed, tmp_path)
    assert (tmp_path / "to" / "decoder.onnx").stat().st_size < 10_000_000


def test_a_bomb_that_its_manifest_announces_is_refused_before_it_unpacks(packed: Path, tmp_path: Path) -> None:
    def announce(entries: Entries) -> None:
        for index, (info, content) in enumerate(entries):
            if info.filename.endswith("manifest.json"):
                manifest = json.loads(content)
                for entry in manifest["files"].values():
                    entry["size"] = 400 << 20
                entries[index] = (info, json.dumps(manifest).encode())

    rewritten(packed, announce)
    with pytest.raises(CorruptModel, match="unpacks to"):
        unpacked(packed, tmp_path)
    assert everything_below(tmp_path / "to") == ["manifest.json"]


def test_the_folder_in_it_must_be_its_own(tmp_path: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    path = tmp_path / "otto.zip"
    write_archive(avatar, path)

    def other_folder(entries: Entries) -> None:
        for info, _ in entries:
            info.filename = info.filename.replace("otto", "anna")

    with pytest.raises(CorruptModel, match="under 'anna/1/'"):
        unpacked(rewritten(path, other_folder), tmp_path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(CorruptModel, match="not an archive"):
        unpacked(path, tmp_path)


def test_an_archive_that_breaks_off_or_was_damaged_is_refused(packed: Path, tmp_path: Path) -> None:
    content = bytearray(packed.read_bytes())
    content[1000] ^= 1
    packed.write_bytes(content)
    with pytest.raises(CorruptModel, match="CRC"):
        unpacked(packed, tmp_path)
    packed.write_bytes(content[: len(content) // 2])
    (tmp_path / "to").rename(tmp_path / "before")
    with pytest.raises(CorruptModel, match="not an archive"):
        unpacked(packed, tmp_path)


def test_a_manifest_of_a_newer_version_asks_for_an_update(packed: Path, tmp_path: Path) -> None:
    avatar = avatar_copy(tmp_path / "newer")
    change_manifest(avatar.folder, format=2)

    def newer(entries: Entries) -> None:
        for index, (info, _) in enumerate(entries):
            if info.filename.endswith("manifest.json"):
                entries[index] = (info, (avatar.folder / "manifest.json").read_bytes())

    rewritten(packed, newer)
    with pytest.raises(CorruptModel, match="format 2") as caught:
        unpacked(packed, tmp_path)
    assert "update" in caught.value.remedy
