from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from ims_avatar.errors import AudioFileError
from ims_avatar.phone.sound_source import SoundSource, read_sound, tone


def _wav(path: Path, rate: int, seconds: float = 0.5, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat(tone(300, rate, seconds), channels).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (11025, 2), (48000, 2)])
def test_any_rate_and_channels_become_mono_at_the_wanted_rate(tmp_path: Path, rate: int, channels: int) -> None:
    samples = read_sound(_wav(tmp_path / "a.wav", rate, channels=channels), 16000)
    assert abs(len(samples) - 8000) <= 40
    spectrum = np.abs(np.fft.rfft(samples[1000:5000]))
    assert np.argmax(spectrum) * 16000 / 4000 == pytest.approx(300, abs=4)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(AudioFileError, match=r"a\.wav is empty \(0 bytes\)\. Remedy"):
        read_sound(tmp_path / "a.wav", 8000)


def test_a_corrupt_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"this is no sound at all" * 50)
    with pytest.raises(AudioFileError, match=r"a\.wav cannot be played"):
        read_sound(tmp_path / "a.wav", 8000)


def test_a_header_without_sound_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="holds no sound"):
        read_sound(_wav(tmp_path / "a.wav", 8000, seconds=0.0), 8000)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="cannot be read"):
        read_sound(tmp_path / "missing.wav", 8000)


def test_after_the_last_sample_comes_silence() -> None:
    source = SoundSource(np.arange(1, 11, dtype=np.int16), loop=False)
    assert source.take(8).tolist() == list(range(1, 9)) and not source.finished
    assert source.take(4).tolist() == [9, 10, 0, 0] and source.finished
    assert source.take(2).tolist() == [0, 0]


def test_a_loop_goes_on_without_a_gap() -> None:
    source = SoundSource(np.arange(3, dtype=np.int16), loop=True)
    assert [*source.take(4), *source.take(4)] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert not source.finished
