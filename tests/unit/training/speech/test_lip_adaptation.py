# ruff: noqa: E402  What follows needs the packages that are asked for first.
"""The audio encoder learns one person's way of opening the mouth, and stays an audio encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("scipy", reason="training needs scipy: pip install 'ims-avatar[train]'")

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.driving.phonemes import GROUP_COUNT
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.training.speech.audio_encoder_export import load_encoder
from ims_avatar.training.speech.encoder_network import RECEPTIVE_FIELD, EncoderNetwork
from ims_avatar.training.speech.lip_adaptation import Adaptation, AdaptedEncoder, LipSpeech, export_adapted, lip_speech

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base() -> EncoderNetwork:
    torch.manual_seed(2)
    network = EncoderNetwork(8, 16, normalised=False)
    network.eval()
    return network


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """24 s of syllables: bursts of a buzz, three a second, louder and softer."""
    time = np.arange(24 * AUDIO_RATE) / AUDIO_RATE
    loudness = np.clip(np.sin(2 * np.pi * 1.5 * time), 0, 1) * (0.55 + 0.45 * np.sin(2 * np.pi * 0.21 * time))
    return (8000 * loudness * np.sign(np.sin(2 * np.pi * 140 * time))).astype(np.int16)


@pytest.fixture(scope="module")
def speech(sound: np.ndarray) -> LipSpeech:
    times = np.arange(0, 23.5, 0.04)
    codes = np.zeros((len(times), 8), np.float32)
    codes[:, 0] = 0.3 * np.clip(np.sin(2 * np.pi * 1.5 * times), 0, 1)
    codes[:, 1] = -0.1 * np.clip(np.sin(2 * np.pi * 1.5 * times), 0, 1)
    return lip_speech(sound, times, codes, np.ones(len(times), bool), seed=1, lines=2)


def test_lips_are_known_between_pictures_that_count(sound: np.ndarray) -> None:
    times = np.arange(0, 4, 0.04)
    used = np.ones(len(times), bool)
    used[25:75] = False  # from 1 s to 3 s
    speech = lip_speech(sound[: 4 * AUDIO_RATE], times, np.zeros((len(times), 8), np.float32), used, seed=1, lines=1)
    assert speech.codes.shape == (len(speech.heard[0]), 8) and len(speech.heard) == 1
    assert not speech.known[115:290].any() and speech.known[30:80].all() and speech.known[320:380].all()


def test_a_person_s_lips_are_learnt_from_their_voice(speech: LipSpeech) -> None:
    base = load_encoder(AvatarRepository().base_model(AUDIO_ENCODER).folder)
    told: list[float] = []
    adapted = Adaptation(base, speech, seed=1).run(members=1, steps=50, told=told.append)
    padded = torch.cat([speech.heard[0][:1].expand(RECEPTIVE_FIELD - 1, -1), speech.heard[0]])[None]
    with torch.no_grad():
        before, after = base(padded)[0][0].numpy(), adapted.dense(padded)[0].numpy()
    known = speech.known
    r = [np.corrcoef(guess[known, 0], speech.codes[known, 0])[0, 1] for guess in (before, after)]
    spread = after[known, 0].std() / speech.codes[known, 0].std()
    assert r[1] > max(0.85, r[0] + 0.05) and 0.8 < spread < 1.2, r
    assert told == sorted(told) and told[-1] == 1.0


def test_the_file_computes_what_the_mean_of_the_members_is(base: EncoderNetwork, tmp_path: Path) -> None:
    torch.manual_seed(5)
    other = EncoderNetwork(8, 16, normalised=False)
    other.eval()
    adapted = AdaptedEncoder([base, other])
    adapted.gain.fill_(1.5)
    adapted.eval()
    assert export_adapted(adapted, tmp_path / "lip_encoder.onnx") < 1e-5
    encoder = AudioEncoder(tmp_path / "lip_encoder.onnx")
    windows = np.random.default_rng(3).normal(size=(5, *AudioEncoder.window_shape)).astype(np.float32)
    assert encoder.lip_codes(windows).shape == (5, 8) and encoder.group_logits(windows).shape == (5, GROUP_COUNT)
