"""Sound to lip codes: one `AudioDriver` per stream (cheap, no model inside), one `AudioEncoder` for all streams."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from ims_avatar.driving.features import FEATURE_VERSION, FEATURES, SILENT, FeatureStream
from ims_avatar.driving.lip_range import HIGHEST, LOWEST
from ims_avatar.driving.log_mel import HOP, WINDOW
from ims_avatar.driving.silence import gate_factor
from ims_avatar.errors import CorruptModel
from ims_avatar.flow import AUDIO_RATE, LIP_CODE_SIZE, AudioChunk, LipCode

LOOK_AHEAD = 0.08
"""Seconds of sound after the instant shown that a lip code may depend on."""
WINDOW_FRAMES = 61
"""Feature frames the encoder sees: 0.55 s of the past and the look-ahead."""

_HOP_SECONDS = HOP / AUDIO_RATE
LEAD = LOOK_AHEAD - WINDOW / 2 / AUDIO_RATE - _HOP_SECONDS / 2
"""Seconds from the instant shown to the centre of the window's last frame; rounding included it stays in LOOK_AHEAD."""
_GAP = 0.03
"""Seconds a chunk may come early or late before it counts as a gap, not as clock drift."""
_LONGEST_FILL = 1.0
"""Seconds of gap filled with silence; after a longer one the stream starts anew."""
_LONGEST_BUFFER = 6000
"""Frames (one minute) kept for a reader that does not come."""
_NEAR = 20
"""Frames after which nobody asks any more when speech ended."""
_INERTIA = 0.12
"""Share of the previous lip code that stays when the mouth opens: takes the jitter, costs 5 ms."""

_UNREADABLE = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
)
"""What ONNX Runtime raises for a file it cannot use; the types have no common base of their own."""


class AudioEncoder:
    """The network that maps windows of features to lip codes, on one thread of ONNX Runtime.

    `place` is a model file, or a folder with model.onnx. Raises `CorruptModel` if the file cannot be read or was
    trained on other features than this program makes.
    """

    look_ahead = LOOK_AHEAD
    window_shape = (WINDOW_FRAMES, FEATURES)

    def __init__(self, place: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = model_file(place)
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except _UNREADABLE as error:
            raise CorruptModel(
                f"{path} is not a model that ONNX Runtime can read ({type(error).__name__})",
                remedy="install the package again, or train with `ims-avatar train audio-encoder`",
            ) from error
        metadata = self._session.get_modelmeta().custom_metadata_map
        wanted = model_metadata()
        found = {key: metadata.get(key) for key in wanted}
        if found != wanted:
            raise CorruptModel(
                f"{path} was trained for {json.dumps(found)}, this program makes {json.dumps(wanted)}",
                remedy="train again with `ims-avatar train audio-encoder`",
            )

    def lip_codes(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Takes float32 (B, WINDOW_FRAMES, FEATURES) as `AudioDriver.window` gives them; returns float32 (B, 8)."""
        codes: NDArray[np.float32] = self._session.run(["lip_codes"], {"windows": windows})[0]
        return codes

    def group_logits(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of the phoneme groups (`driving.phonemes`) of the same windows: float32 (B, GROUP_COUNT)."""
        logits: NDArray[np.float32] = self._session.run(["groups"], {"windows": windows})[0]
        return logits


def model_file(place: Path) -> Path:
    """The model file that `place` is, or that is in the folder `place`."""
    return place if place.suffix == ".onnx" else place / "model.onnx"


def model_metadata() -> dict[str, str]:
    """What a model file must say of itself to fit this program."""
    return {
        "feature_version": str(FEATURE_VERSION),
        "window_frames": str(WINDOW_FRAMES),
        "features": str(FEATURES),
        "look_ahead_ms": str(round(LOOK_AHEAD * 1000)),
    }


class AudioDriver:
    """Feature buffer, silence gate and smoothing of one stream. Not thread-safe."""

    def __init__(self) -> None:
        self._stream = FeatureStream()
        self.reset()

    def reset(self) -> None:
        """Forgets all sound (barge-in), but not its level: the mouth stays closed until new sound comes."""
        self._stream.restart()
        self._origin: float | None = None  # pts of the centre of frame 0
        self._samples = 0
        self._first = 0  # index of the oldest frame kept
        self._features = np.zeros((0, FEATURES), np.float32)
        self._speech: list[bool] = []
        self._last = np.zeros(LIP_CODE_SIZE, np.float32)

    def push(self, chunk: AudioChunk) -> None:
        """Takes the next sound of the stream. A gap counts as silence; sound that comes twice is dropped."""
        samples = chunk.samples
        if self._origin is not None:
            off = chunk.pts - (self._origin + self._samples / AUDIO_RATE)
            if abs(off) > _LONGEST_FILL:
                self.reset()
            elif off > _GAP:
                self._append(np.zeros(round(off * AUDIO_RATE), np.int16))
            elif off < -_GAP:
                samples = samples[round(-off * AUDIO_RATE) :]
            else:
                self._origin += 0.05 * off  # clocks drift apart; the frames follow gently
        if self._origin is None:
            self._origin = chunk.pts
        self._append(samples)

    def _append(self, samples: NDArray[np.int16]) -> None:
        features, speech = self._stream.push(samples)
        self._samples += len(samples)
        self._speech += speech
        self._features = np.concatenate([self._features, features])
        self._forget(self._first + len(self._speech) - _LONGEST_BUFFER)

    def _forget(self, before: int) -> None:
        count = min(before - self._first, len(self._speech))
        if count > 0:
            self._features = self._features[count:]
            del self._speech[:count]
            self._first += count

    def _frame_at(self, pts: float) -> int:
        """Index of the frame whose centre is nearest to `pts`; the frame need not exist."""
        if self._origin is None:
            return self._first - 1_000_000
        return math.floor((pts - self._origin) / _HOP_SECONDS + 0.5)

    def window(self, pts: float) -> NDArray[np.float32]:
        """Features for the picture at `pts`: float32 (WINDOW_FRAMES, FEATURES). Sound that is missing is silence.

        Needs sound up to pts + LOOK_AHEAD. Drops what is too old for this and later pictures: ask in order of time.
        """
        end = self._frame_at(pts + LEAD) + 1
        begin = end - WINDOW_FRAMES
        window = np.full((WINDOW_FRAMES, FEATURES), SILENT, np.float32)
        low, high = max(begin, self._first), min(end, self._first + len(self._speech))
        if low < high:
            window[low - begin : high - begin] = self._features[low - self._first : high - self._first]
        self._forget(begin)
        return window

    def finish(self, pts: float, raw: NDArray[np.float32]) -> LipCode:
        """Turns the encoder's output for `window(pts)` into the lip code: within bounds, smooth, closed in silence."""
        factor = gate_factor(*self._distance_to_speech(pts))
        wanted: NDArray[np.float32] = (np.clip(raw, LOWEST, HIGHEST) * factor).astype(np.float32)
        opening = factor > 0.0 and wanted[0] > self._last[0]  # lips close at once
        self._last = (wanted + _INERTIA * (self._last - wanted)).astype(np.float32) if opening else wanted
        return LipCode(pts, self._last)

    def _distance_to_speech(self, pts: float) -> tuple[float, float]:
        """Seconds since the last speech frame at or before `pts`, and until the next one within the look-ahead."""
        here = self._frame_at(pts)
        since = until = math.inf
        for k in range(max(here - _NEAR, self._first), min(here + _NEAR, self._first + len(self._speech))):
            if not self._speech[k - self._first]:
                continue
            distance = k * _HOP_SECONDS + (self._origin or 0.0) - pts
            if distance <= 0.0:
                since = -distance
            else:
                until = min(until, distance) if distance <= LEAD + _HOP_SECONDS / 2 else until
        return since, until
