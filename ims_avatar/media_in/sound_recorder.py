"""Received speech into a WAV file, each sample at its place in time."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from ims_avatar.errors import RecordingError
from ims_avatar.flow import AUDIO_RATE, AudioChunk

LONGEST_SILENCE = 600.0
"""Seconds of silence written at most for one gap."""


def recording_error(path: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"cannot write {path} ({error.strerror or error})",
        remedy="free disk space, or record to another directory; the call goes on without this recording",
    )


class SoundRecorder:
    """16 kHz mono 16-bit. Gaps become silence, so that a sample's place tells its capture instant.

    After a `RecordingError` the recorder is closed and further sound is ignored.
    """

    def __init__(self, path: Path) -> None:
        """Raises `RecordingError`."""
        self.path = path
        self.start: float | None = None
        """pts of the first sample."""
        self.seconds = 0.0
        try:
            self._file: wave.Wave_write | None = wave.open(str(path), "wb")  # noqa: SIM115 - open for the call's life
        except OSError as error:
            raise recording_error(path, error) from error
        self._file.setparams((1, 2, AUDIO_RATE, 0, "NONE", ""))

    def push(self, chunk: AudioChunk) -> None:
        """Raises `RecordingError` once."""
        if self._file is None:
            return
        if self.start is None:
            self.start = chunk.pts
        written = round(self.seconds * AUDIO_RATE)
        place = round((chunk.pts - self.start) * AUDIO_RATE)
        gap = min(place - written, int(LONGEST_SILENCE * AUDIO_RATE))
        # Chunks touch to within 1 ms; what overlaps by more was concealed before and is left out.
        samples = chunk.samples[-gap:] if gap < -AUDIO_RATE // 1000 else chunk.samples
        if gap > AUDIO_RATE // 1000:
            samples = np.concatenate([np.zeros(gap, np.int16), samples])
        try:
            self._file.writeframes(samples.tobytes())
        except OSError as error:
            self._abandon()
            raise recording_error(self.path, error) from error
        self.seconds = (written + len(samples)) / AUDIO_RATE

    def close(self) -> None:
        """Idempotent. Raises `RecordingError` when the last bytes find no room."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise recording_error(self.path, error) from error
            finally:
                self._file = None

    def _abandon(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                return  # the header cannot be mended on a full disk either; the error is on its way already
