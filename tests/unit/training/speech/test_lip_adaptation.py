# ruff: noqa: E402  What follows needs the packages that are asked for first.
"""The audio encoder learns one person's way of opening the mouth, and stays an audio encoder."""

from __future__ import annotations

from dataclasses import replace
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
from ims_avatar.training.speech.lip_adaptation import AdaptedEncoder, LipSpeech, adapt, export_adapted, lip_speech

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


def dense(network: EncoderNetwork | AdaptedEncoder, speech: LipSpeech) -> np.ndarray:
    """What a network makes of the plain line, (T, 8)."""
    padded = torch.cat([speech.heard[0][:1].expand(RECEPTIVE_FIELD - 1, -1), speech.heard[0]])[None]
    with torch.no_grad():
        codes = network.dense(padded) if isinstance(network, AdaptedEncoder) else network(padded)[0]
    return np.asarray(codes[0].numpy())


def test_a_person_s_lips_are_learnt_from_their_voice(speech: LipSpeech) -> None:
    base = load_encoder(AvatarRepository().base_model(AUDIO_ENCODER).folder)
    known = np.flatnonzero(speech.known)
    first, rest = known[: len(known) * 3 // 4], known[len(known) * 3 // 4 + RECEPTIVE_FIELD :]
    learnt = replace(speech, known=np.isin(np.arange(len(speech.known)), first))
    before, after = dense(base, speech), dense(adapt(base, learnt), speech)
    for component, least in ((0, 0.85), (1, 0.85)):
        r = [np.corrcoef(guess[rest, component], speech.codes[rest, component])[0, 1] for guess in (before, after)]
        assert r[1] > max(least, r[0] + 0.03), (component, r)
        spread = after[rest, component].std() / speech.codes[rest, component].std()
        assert 0.8 < spread < 1.25, (component, spread)
    assert np.allclose(before[:, 7], after[:, 7], atol=1e-5)


def test_lips_that_do_not_go_with_the_voice_are_not_learnt_by_heart(speech: LipSpeech) -> None:
    """Of noise nothing can be told: the guess must not swing as if it could."""
    base = load_encoder(AvatarRepository().base_model(AUDIO_ENCODER).folder)
    noise = np.random.default_rng(4).normal(0, 0.1, speech.codes.shape).astype(np.float32)
    guess = dense(adapt(base, replace(speech, codes=noise)), speech)
    assert guess[speech.known, 0].std() < 0.5 * noise[:, 0].std()


def test_the_file_computes_what_torch_does(base: EncoderNetwork, tmp_path: Path) -> None:
    torch.manual_seed(5)
    adapted = AdaptedEncoder(base, torch.nn.Linear(16 + GROUP_COUNT + 2 * 8 + 6 * 16, 7))
    adapted.eval()
    assert export_adapted(adapted, tmp_path / "lip_encoder.onnx") < 1e-5
    encoder = AudioEncoder(tmp_path / "lip_encoder.onnx")
    windows = np.random.default_rng(3).normal(size=(5, *AudioEncoder.window_shape)).astype(np.float32)
    assert encoder.lip_codes(windows).shape == (5, 8) and encoder.group_logits(windows).shape == (5, GROUP_COUNT)


def test_window_by_window_it_hears_what_it_hears_dense_in_time(base: EncoderNetwork) -> None:
    torch.manual_seed(6)
    adapted = AdaptedEncoder(base, torch.nn.Linear(16 + GROUP_COUNT + 2 * 8 + 6 * 16, 7))
    features = torch.randn(1, RECEPTIVE_FIELD + 20, AudioEncoder.window_shape[1])
    windows = features[0].unfold(0, RECEPTIVE_FIELD, 1).transpose(1, 2)
    with torch.no_grad():
        assert torch.allclose(adapted.dense(features)[0, :, 1:], adapted(windows)[0][:, 1:], atol=1e-5)
