"""Films of a fake avatar: sound and picture meet, and what cannot be done is said."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.driving.driving_input import DrivingOptions, open_driving_input
from ims_avatar.driving.moment import MOMENT_SAMPLES, Moment
from ims_avatar.errors import AudioFileError, AvatarError, OutputError, RecordingError
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.fake import FakeEngine
from ims_avatar.render.output import output_of
from ims_avatar.render.render_film import OnProgress, Rendered, render_film
from tests.support.coded_picture import CodedPicture, read_coded_picture
from tests.support.fake_pool import BreakingEngine, PitchLips
from tests.support.pitch import opening_of, voice

BAND = 25


class NoisyEngine(FakeEngine):
    """Pictures that no encoder makes small."""

    def render(self, loop_index: int, lip_codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        rng = np.random.default_rng(loop_index)
        return rng.integers(0, 256, super().render(loop_index, lip_codes).shape, dtype=np.uint8)


def speech(rate: int) -> NDArray[np.int16]:
    """One second of silence, one of voice, half a second of silence."""
    sound = np.concatenate([np.zeros(16_000), voice(BAND, 0, 1.0), np.zeros(8_000)])
    at = np.arange(round(len(sound) * rate / 16_000)) * 16_000 / rate
    heard: NDArray[np.float64] = np.interp(at, np.arange(len(sound)), sound)
    return heard.astype(np.int16)


def write_wav(path: Path, rate: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(speech(rate)[:, None], channels, axis=1).tobytes())
    return path


@pytest.fixture
def avatar() -> AvatarEngine:
    return FakeEngine(width=128, height=128)


def render_file(
    avatar: AvatarEngine, sound: Path, out: Path, on_progress: OnProgress = lambda done, total: None, **how: Any
) -> Rendered:
    output = output_of(str(out), [str(sound)])
    driving = open_driving_input("audio", str(sound), DrivingOptions(PitchLips()))
    try:
        return render_film(avatar, driving, output, on_progress, **how)
    finally:
        driving.close()


def pictures_of(path: Path) -> dict[float, CodedPicture]:
    with av.open(str(path)) as film:
        decoded = {frame.time: frame.to_ndarray(format="gray").astype(np.uint8) for frame in film.decode(video=0)}
    read = {at: read_coded_picture(luma) for at, luma in decoded.items() if at is not None}
    return {at: picture for at, picture in read.items() if picture}


def sound_of(path: Path) -> tuple[NDArray[np.float64], int]:
    with av.open(str(path)) as film:
        frames = [frame.to_ndarray()[0] for frame in film.decode(audio=0)]
        return np.concatenate(frames).astype(np.float64), film.streams.audio[0].rate


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (48_000, 1)])
def test_the_picture_at_t_shows_the_sound_at_t(tmp_path: Path, avatar: AvatarEngine, rate: int, channels: int) -> None:
    film = tmp_path / "out.mp4"
    made = render_file(avatar, write_wav(tmp_path / "in.wav", rate, channels), film)
    pictures = pictures_of(film)
    assert (made.frames, made.seconds) == (63, 2.52)
    assert list(pictures) == pytest.approx([n / 25 for n in range(63)], abs=1e-3)
    assert [picture.index for picture in pictures.values()] == list(range(63))
    openings = {at: picture.opening for at, picture in pictures.items()}
    assert all(opening < 0.02 for at, opening in openings.items() if at < 0.9 or at > 2.1)
    steady = [opening for at, opening in openings.items() if 1.15 < at < 1.95]
    assert steady == pytest.approx([opening_of(BAND)] * len(steady), abs=0.03)
    first_open = min(at for at, opening in openings.items() if opening > 0.1)
    sound, sound_rate = sound_of(film)
    assert sound_rate == 48_000
    first_loud = np.argmax(np.abs(sound) > 0.1 * np.abs(sound).max()) / sound_rate
    assert first_open - first_loud == pytest.approx(0, abs=0.06)


def test_progress_ends_with_the_whole_length(tmp_path: Path, avatar: AvatarEngine) -> None:
    seen: list[tuple[float, float]] = []
    render_file(avatar, write_wav(tmp_path / "in.wav", 16_000), tmp_path / "out.mp4", lambda *now: seen.append(now))
    done = [now for now, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == (2.52, 2.52)
    assert seen[0][1] == pytest.approx(2.5)


def _text(path: Path) -> None:
    path.write_text("this is no sound " * 100)


def _cut(path: Path) -> None:
    write_wav(path, 16_000)
    path.write_bytes(path.read_bytes()[:20])


def _header_only(path: Path) -> None:
    write_wav(path, 16_000)
    path.write_bytes(path.read_bytes()[:44])


def _film_without_sound(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        frame = av.VideoFrame(64, 64, "yuv420p")
        container.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda path: None, "cannot be opened"),
        (Path.touch, "empty"),
        (_text, "cannot be opened"),
        (_cut, "cannot be opened"),
        (_header_only, "holds no sound"),
        (_film_without_sound, "has no sound in it"),
    ],
)
def test_sound_that_cannot_be_played_is_named_and_leaves_no_film(
    tmp_path: Path, avatar: AvatarEngine, spoil: object, cause: str
) -> None:
    sound, film = tmp_path / "in.wav", tmp_path / "out.mp4"
    assert callable(spoil)
    spoil(sound)
    with pytest.raises(AudioFileError, match=rf"in.wav .*{cause}.*Remedy"):
        render_file(avatar, sound, film)
    assert not film.exists()


def test_a_film_that_cannot_be_written_is_named(tmp_path: Path, avatar: AvatarEngine) -> None:
    sound = write_wav(tmp_path / "in.wav", 16_000)
    with pytest.raises(RecordingError, match=r"missing/out.mp4 cannot be written \(No such file"):
        render_file(avatar, sound, tmp_path / "missing" / "out.mp4")


def test_the_sound_file_is_never_overwritten(tmp_path: Path, avatar: AvatarEngine) -> None:
    sound = write_wav(tmp_path / "in.wav", 16_000)
    before = sound.read_bytes()
    sound = sound.rename(tmp_path / "in.mp4")
    with pytest.raises(OutputError, match="is what the film is made from"):
        render_file(avatar, sound, sound)
    assert sound.read_bytes() == before


def test_a_full_disk_is_named(tmp_path: Path, avatar: AvatarEngine) -> None:
    sound = write_wav(tmp_path / "in.wav", 16_000)
    full = tmp_path / "out.mp4"
    full.symlink_to("/dev/full")
    with pytest.raises(RecordingError, match="No space left"):
        render_file(avatar, sound, full)


def test_a_film_that_fails_leaves_the_one_before_it(tmp_path: Path, avatar: AvatarEngine) -> None:
    film = tmp_path / "out.mp4"
    film.write_bytes(b"the film before")
    sound = write_wav(tmp_path / "in.wav", 16_000)
    with pytest.raises(AvatarError):
        render_file(BreakingEngine(width=128, height=128), sound, film)
    assert film.read_bytes() == b"the film before"
    render_file(avatar, sound, film)
    assert len(pictures_of(film)) == 63
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "out.mp4"]


@pytest.mark.parametrize(("codec", "name", "tag"), [("h264", "h264", "avc1"), ("h265", "hevc", "hvc1")])
def test_each_codec_decodes_to_the_same_pictures(
    tmp_path: Path, avatar: AvatarEngine, codec: str, name: str, tag: str
) -> None:
    film = tmp_path / "out.mp4"
    render_file(avatar, write_wav(tmp_path / "in.wav", 16_000), film, codec=codec)
    with av.open(str(film)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.codec_tag) == (name, tag)
    assert [picture.index for picture in pictures_of(film).values()] == list(range(63))


def test_a_bit_rate_is_kept(tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "in.wav", 16_000)
    sizes = []
    for bit_rate in (100_000, 1_000_000):
        film = tmp_path / f"{bit_rate}.mp4"
        render_file(NoisyEngine(width=128, height=128), sound, film, bit_rate=bit_rate)
        with av.open(str(film)) as container:
            sizes.append(sum(packet.size for packet in container.demux(video=0)))
    assert sizes[0] * 8 / 2.52 == pytest.approx(100_000, rel=0.4)
    assert sizes[1] * 8 / 2.52 == pytest.approx(1_000_000, rel=0.4)


def test_mute_moves_the_lips_without_sound(tmp_path: Path, avatar: AvatarEngine) -> None:
    film = tmp_path / "out.mp4"
    render_file(avatar, write_wav(tmp_path / "in.wav", 16_000), film, mute=True)
    assert max(picture.opening for picture in pictures_of(film).values()) > 0.3
    sound, _ = sound_of(film)
    assert np.abs(sound).max() < 1e-3


def test_an_avatar_that_breaks_ends_the_film(tmp_path: Path) -> None:
    broken = BreakingEngine(width=128, height=128)
    with pytest.raises(AvatarError, match="not finite"):
        render_file(broken, write_wav(tmp_path / "in.wav", 16_000), tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


class Endless:
    """A driving input that goes on until somebody presses Ctrl-C."""

    seconds = 0.0

    def __init__(self, live: bool) -> None:
        self.live = live

    def moments(self) -> Iterator[Moment]:
        for _ in range(20):
            yield Moment(np.zeros(8, np.float32), np.zeros(MOMENT_SAMPLES, np.int16))
        raise KeyboardInterrupt

    def close(self) -> None:
        pass


def test_an_interrupt_ends_a_live_film_which_is_whole(tmp_path: Path, avatar: AvatarEngine) -> None:
    made = render_film(avatar, Endless(live=True), output_of(str(tmp_path / "out.mp4")))
    assert made.frames == 20
    assert [picture.index for picture in pictures_of(tmp_path / "out.mp4").values()] == list(range(20))


def test_an_interrupt_of_other_work_leaves_nothing(tmp_path: Path, avatar: AvatarEngine) -> None:
    with pytest.raises(KeyboardInterrupt):
        render_film(avatar, Endless(live=False), output_of(str(tmp_path / "out.mp4")))
    assert list(tmp_path.iterdir()) == []
