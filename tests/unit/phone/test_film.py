from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from ims_avatar.errors import RecordingError
from ims_avatar.flow import AUDIO_RATE, NegotiatedAudio
from ims_avatar.phone.film import Film, assemble, write_film, write_wav
from ims_avatar.phone.picture_in import KeptPicture, PictureReceiver
from ims_avatar.phone.sound_in import KeptSound, SoundReceiver, laid_out

FAR = ("127.0.0.1", 4000)
FLASH_AT, FLASH_S = 1.0, 0.4


@pytest.fixture(scope="module")
def units() -> list[KeptPicture]:
    """Two seconds, 25 pictures a second, black with a white flash."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width = encoder.height = 64
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    made = []
    for number in range(50):
        light = FLASH_AT <= number / 25 < FLASH_AT + FLASH_S
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 230 if light else 20, np.uint8), format="rgb24")
        frame.pts = number
        for packet in encoder.encode(frame):
            made.append(KeptPicture(number * 3600, 50.0 + number / 25, bytes(packet), packet.is_keyframe))
    return made


def _beep() -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    sound = np.zeros(2 * AUDIO_RATE, np.int16)
    first, last = round(FLASH_AT * AUDIO_RATE), round((FLASH_AT + FLASH_S) * AUDIO_RATE)
    sound[first:last] = 9000 * np.sin(np.arange(last - first) * 0.4)
    return sound


def _receivers(units: list[KeptPicture], *, reports: bool) -> tuple[SoundReceiver, PictureReceiver]:
    sound = SoundReceiver(NegotiatedAudio("PCMU", 0, 8000, 1, FAR, FAR, "sendrecv"), keep=True)
    picture = PictureReceiver(decode=False, keep=True)
    samples = _beep()
    sound.timeline.begin(1)
    for start in range(0, len(samples), 320):
        timestamp = sound.timeline.unroll(start // 2)
        sound.kept.append(KeptSound(timestamp, 60.02 + start / AUDIO_RATE, samples[start : start + 320]))
    picture.timeline.begin(2)
    for unit in units:
        picture.timeline.unroll(unit.timestamp)
        picture.kept.append(unit)
    if reports:
        sound.timeline.report(0, 1000.0)
        picture.timeline.report(0, 1000.25)
    return sound, picture


def _flash_and_beep(path: Path) -> tuple[float, float]:
    with av.open(str(path)) as container:
        pictures = [(f.time or 0.0, f.to_ndarray(format="gray").mean()) for f in container.decode(video=0)]
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    begin = frames[0].time or 0.0
    return next(t for t, light in pictures if light > 120), begin + int(np.argmax(np.abs(sound) > 0.1)) / AUDIO_RATE


def test_sound_and_picture_stand_as_the_senders_reports_say(units: list[KeptPicture], tmp_path: Path) -> None:
    film = assemble(*_receivers(units, reports=True))
    assert film.sync == "rtcp"
    write_film(tmp_path / "film.mp4", film)
    flash, beep = _flash_and_beep(tmp_path / "film.mp4")
    assert flash - beep == pytest.approx(0.25, abs=0.005)


def test_without_reports_arrival_decides(units: list[KeptPicture]) -> None:
    film = assemble(*_receivers(units, reports=False))
    assert film.sync == "arrival"
    assert film.pictures[0][0] == 0.0 and film.sound_start == pytest.approx(10.0)


def test_the_film_begins_with_a_key_frame(units: list[KeptPicture]) -> None:
    sound, picture = _receivers(units, reports=True)
    picture.kept[:0] = [KeptPicture(-3600, 49.96, b"\0\0\0\1\x41", False)]
    assert assemble(sound, picture).pictures[0][1].keyframe


def test_gaps_of_the_sound_are_silence() -> None:
    one = KeptSound(160, 1.0, np.full(320, 7, np.int16))
    other = KeptSound(160 + 800, 1.1, np.full(320, 9, np.int16))
    whole, first = laid_out([other, one], 8000)
    assert first == 160 and len(whole) == 1600 + 320
    assert (whole[:320] == 7).all() and (whole[320:1600] == 0).all() and (whole[1600:] == 9).all()
    assert len(laid_out([], 8000)[0]) == 0


def test_no_picture_is_no_film() -> None:
    with pytest.raises(RecordingError, match="no picture was received"):
        write_film(Path("unused.mp4"), Film(np.zeros(10, np.int16), 0.0, (), "rtcp"))


def test_a_full_disk_is_said_with_a_remedy(units: list[KeptPicture]) -> None:
    with pytest.raises(RecordingError, match=r"No space left on device.*Remedy: free some space"):
        write_wav(Path("/dev/full"), np.zeros(200_000, np.int16))


def test_a_directory_that_is_not_there_is_said(units: list[KeptPicture], tmp_path: Path) -> None:
    film = assemble(*_receivers(units, reports=True))
    with pytest.raises(RecordingError, match="cannot be written"):
        write_film(tmp_path / "missing" / "film.mp4", film)
    with pytest.raises(RecordingError, match="cannot be written"):
        write_wav(tmp_path / "missing" / "sound.wav", np.zeros(10, np.int16))


def test_the_wav_holds_the_sound(tmp_path: Path) -> None:
    write_wav(tmp_path / "sound.wav", _beep())
    with wave.open(str(tmp_path / "sound.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (AUDIO_RATE, 1, 2 * AUDIO_RATE)
