"""Films and live streams as others see them: received by Debian's ffmpeg, judged by what is in them."""

from __future__ import annotations

import signal
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.driving.driving_input import DrivingOptions, open_driving_input
from ims_avatar.faces.geometry import eye_distance
from ims_avatar.faces.tracker import FaceTracker
from ims_avatar.inference.engines.fake import FakeEngine
from ims_avatar.render.output import Output, output_of
from ims_avatar.render.render_film import Rendered, render_film
from ims_avatar.render.session_description import session_description
from tests.support.coded_picture import read_coded_picture
from tests.support.fake_pool import PitchLips
from tests.support.pitch import voice
from tests.support.ports import Loopback, is_bound
from tests.support.process import Process, wait_until
from tests.support.requirement import require

QUIET_S, VOICE_S = 1.0, 1.5
SPEECH = np.concatenate([np.zeros(16_000, np.int16), voice(25, 0, VOICE_S), np.zeros(8_000, np.int16)])
PICTURES = 75
RECEIVED_S = 2.5
RENDER = (sys.executable, "-m", "ims_avatar.cli", "render")


@pytest.fixture(autouse=True)
def _ffmpeg() -> None:
    require("ffmpeg")


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    path = tmp_path / "speech.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(SPEECH.tobytes())
    return path


def send(speech: Path, output: Output, codec: str = "h264") -> Rendered:
    driving = open_driving_input("audio", str(speech), DrivingOptions(PitchLips()))
    try:
        return render_film(FakeEngine(width=160, height=160), driving, output, codec=codec)
    finally:
        driving.close()


def received(path: Path) -> tuple[list[tuple[float, int, float]], float]:
    """(time, loop index, opening) of each picture, and the time at which the voice begins."""
    pictures: list[tuple[float, int, float]] = []
    loudness: list[tuple[float, NDArray[np.float64]]] = []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0, audio=0):
            assert isinstance(frame, av.VideoFrame | av.AudioFrame) and frame.time is not None
            if isinstance(frame, av.VideoFrame):
                read = read_coded_picture(frame.to_ndarray(format="gray").astype(np.uint8))
                assert read, f"the picture at {frame.time:.2f} s is damaged"
                pictures.append((frame.time, read.index, read.opening))
            else:
                sound = np.abs(frame.to_ndarray()[0].astype(np.float64))
                loudness.append((frame.time, sound / (32768 if frame.format.name.startswith("s16") else 1)))
                rate = frame.sample_rate
    begins = next(at + np.argmax(sound > 0.05) / rate for at, sound in loudness if sound.max() > 0.05)
    return pictures, float(begins)


def assert_whole_and_in_sync(path: Path, count: int = PICTURES) -> None:
    """Every picture in order, `count` of them or a few more; lips and voice move together."""
    pictures, voice_begins = received(path)
    indices = [index for _, index, _ in pictures]
    assert indices == list(range(indices[0], indices[-1] + 1))
    assert indices[0] <= 1 and indices[-1] >= count - 1
    times = np.array([time for time, _, _ in pictures])
    assert np.diff(times) == pytest.approx([0.04] * (len(times) - 1), abs=0.002)
    opens = next(time for time, _, opening in pictures if opening > 0.1)
    assert opens - voice_begins == pytest.approx(0.0, abs=0.06)
    assert max(opening for _, _, opening in pictures) > 0.3


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_rtp_reaches_a_player_in_real_time_and_in_sync(tmp_path: Path, speech: Path, codec: str) -> None:
    net = Loopback()
    host, port = net.host(), net.media_ports()[0]
    output, film = output_of(f"rtp://{host}:{port}"), tmp_path / "received.mkv"
    sdp = tmp_path / "film.sdp"
    sdp.write_text(session_description(output, codec), newline="")
    # It leaves before the end: nothing tells a player of RTP that a film is over.
    coded = ("-t", RECEIVED_S, "-c:v", "ffv1", "-c:a", "pcm_s16le", "-vsync", "passthrough", film)
    options = ("-protocol_whitelist", "file,udp,rtp", "-i", sdp, *coded)
    with Process(["ffmpeg", "-v", "warning", "-y", *options], tmp_path / "ffmpeg.log") as player:
        wait_until(lambda: is_bound("0.0.0.0", port) and is_bound("0.0.0.0", port + 2), 10.0, player.tail)
        made = send(speech, output, codec)
        player.wait_exit(10.0)
    assert made.frames == PICTURES
    assert made.took > made.seconds - 0.5, "sent faster than anybody watches"
    assert_whole_and_in_sync(film, round(RECEIVED_S * 25) - 2)


def test_rtmp_reaches_a_server_in_real_time_and_in_sync(tmp_path: Path, speech: Path) -> None:
    net = Loopback()
    host, port = net.host(), net.media_ports()[0]
    url, film = f"rtmp://{host}:{port}/live/key", tmp_path / "received.mkv"
    server = ["ffmpeg", "-v", "warning", "-y", "-listen", "1", "-i", url, "-c", "copy", film]
    with Process(server, tmp_path / "ffmpeg.log") as ffmpeg:
        wait_until(lambda: is_bound(host, port), 10.0, ffmpeg.tail)
        made = send(speech, output_of(url))
        ffmpeg.wait_exit(10.0)
    assert made.took > made.seconds - 0.5, "sent faster than anybody watches"
    assert_whole_and_in_sync(film)


def test_a_server_that_is_not_there_is_named_without_its_key(tmp_path: Path, speech: Path) -> None:
    url = f"rtmp://{Loopback().host()}:19350/live/secret"
    with Process([*RENDER, "-a", speech, "-o", url], tmp_path / "render.log") as render:
        assert render.wait_exit(30.0) == 1
    assert "takes no film (Connection refused)" in render.text()
    assert "error: rtmp://" in render.text() and "secret" not in render.text()


def test_raw_sound_from_standard_input(tmp_path: Path) -> None:
    film = tmp_path / "out.mp4"
    subprocess.run([*RENDER, "-a", "-", "-o", film], input=SPEECH.tobytes(), check=True, timeout=60)
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) == PICTURES


def test_sound_that_arrives_as_rtp_is_filmed_until_somebody_stops_it(tmp_path: Path, speech: Path) -> None:
    net = Loopback()
    host, port = net.host(), net.media_ports()[0]
    sdp, film = tmp_path / "in.sdp", tmp_path / "out.mp4"
    sdp.write_text(f"v=0\no=- 0 0 IN IP4 {host}\ns=-\nc=IN IP4 {host}\nt=0 0\nm=audio {port} RTP/AVP 0\n")
    coded = ("-ar", "8000", "-c:a", "pcm_mulaw", "-f", "rtp", f"rtp://{host}:{port}")
    sender = ["ffmpeg", "-v", "error", "-stream_loop", "-1", "-re", "-i", speech, *coded]
    with (
        Process(sender, tmp_path / "ffmpeg.log") as ffmpeg,
        Process([*RENDER, "-a", sdp, "-o", film], tmp_path / "render.log") as render,
    ):
        grows = tmp_path / ".out.mp4.part"
        wait_until(lambda: grows.exists() and grows.stat().st_size > 10_000, 60.0, render.tail)
        assert ffmpeg.popen.poll() is None and not film.exists()
        assert render.stop(signal.SIGINT, timeout=20.0) == 0, render.tail()
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 10
        assert container.streams.audio


def test_a_server_that_goes_away_ends_the_stream_with_its_reason(tmp_path: Path, speech: Path) -> None:
    net = Loopback()
    host, port = net.host(), net.media_ports()[0]
    url, film = f"rtmp://{host}:{port}/live/key", tmp_path / "received.flv"
    server = ["ffmpeg", "-v", "error", "-listen", "1", "-i", url, "-c", "copy", "-flush_packets", "1", film]
    with Process(server, tmp_path / "ffmpeg.log") as ffmpeg:
        wait_until(lambda: is_bound(host, port), 10.0, ffmpeg.tail)
        endless = ("-a", "-", "-o", url)
        with subprocess.Popen([*RENDER, *endless], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as render:
            assert render.stdin and render.stderr
            render.stdin.write(SPEECH.tobytes() * 4)
            render.stdin.flush()
            wait_until(lambda: film.exists() and film.stat().st_size > 10_000, 30.0, ffmpeg.tail)
            ffmpeg.stop(signal.SIGKILL)
            _, said = render.communicate(timeout=30)
    assert render.returncode == 1
    assert f"error: rtmp://{host}:{port}/live/... takes no film" in said.decode()


SPOKEN = Path(__file__).parents[1] / "fixtures/speech/held_speaker.wav"
SPOKEN_S = 2.4


def run_render(*arguments: object) -> None:
    done = subprocess.run([*RENDER, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def openings(path: Path) -> NDArray[np.float64]:
    """How far lips are apart in each picture, in eye distances."""
    tracker, gaps = FaceTracker(), []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            face = tracker.track(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
            assert face
            gaps.append(float(np.linalg.norm(face.points[13, :2] - face.points[14, :2])) / eye_distance(face.points))
    return np.array(gaps)


def likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    assert len(one) == pytest.approx(len(other), abs=1)
    count = min(len(one), len(other))
    return float(np.corrcoef(one[:count], other[:count])[0, 1])


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two films of the shipped avatar by the command, each with its sound file beside it."""
    folder = tmp_path_factory.mktemp("spoken")
    for name, start in (("one", 0.5), ("two", 5.0)):
        cut: list[str | Path] = [
            "ffmpeg",
            "-v",
            "error",
            "-ss",
            str(start),
            "-i",
            SPOKEN,
            "-t",
            str(SPOKEN_S),
            folder / f"{name}.wav",
        ]
        subprocess.run(cut, check=True)
        run_render("-a", folder / f"{name}.wav", "-o", folder / f"{name}.mp4")
    return folder / "one.mp4", folder / "two.mp4"


def test_one_film_drives_another(spoken: tuple[Path, Path], tmp_path: Path) -> None:
    run_render("--video", spoken[0], "-o", tmp_path / "driven.mp4")
    driven = openings(tmp_path / "driven.mp4")
    assert likeness(openings(spoken[0]), driven) > 0.85
    assert abs(likeness(openings(spoken[1]), driven)) < 0.6


def test_a_film_says_something_else_by_the_shipped_renderer(spoken: tuple[Path, Path], tmp_path: Path) -> None:
    run_render("--reference", spoken[0], "-a", spoken[1].with_suffix(".wav"), "-o", tmp_path / "other.mp4")
    other = openings(tmp_path / "other.mp4")
    assert len(other) == round(SPOKEN_S * 25)
    assert likeness(openings(spoken[1]), other) > 0.8
    assert abs(likeness(openings(spoken[0]), other)) < 0.6
