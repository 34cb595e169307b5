from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.driving.articulation import TARGETS, lip_code_trajectory, lip_codes
from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan, groups_of_ipa, spans_of

OPENING, WIDTH, ROUNDING, TUCK, JAW = 0, 1, 2, 4, 5


def said(phonemes: str, length: float = 0.09, start: float = 0.5) -> list[PhonemeSpan]:
    """Phonemes of equal length, separated by blanks; _ is a pause."""
    spans: list[PhonemeSpan] = []
    for n, phoneme in enumerate(phonemes.split()):
        spans += spans_of(start + n * length, start + (n + 1) * length, groups_of_ipa(phoneme))
    return spans


def at(spans: list[PhonemeSpan], index: int, component: int) -> float:
    middle = 0.5 * (spans[index].start + spans[index].end)
    return float(lip_codes(spans, np.array([middle]))[0, component])


def test_no_speech_is_a_resting_mouth() -> None:
    assert not lip_code_trajectory([], 2.0).any()
    assert lip_codes([], np.array([])).shape == (0, 8)


def test_the_mouth_rests_before_and_after_speech() -> None:
    codes = lip_codes(said("m a m a"), np.array([0.0, 0.3, 1.1, 2.0]))
    assert np.abs(codes[:, OPENING]).max() < 0.03


@pytest.mark.parametrize("consonant", ["p", "b", "m"])
@pytest.mark.parametrize("phase", [0.0, 0.01, 0.02, 0.03])
def test_bilabials_close_the_lips_in_at_least_one_picture(consonant: str, phase: float) -> None:
    spans = said(f"a {consonant} a", length=0.06)
    times = np.arange(0.0, 1.5, 0.04) + phase
    around = (times > spans[1].start - 0.02) & (times < spans[1].end + 0.02)
    codes = lip_codes(spans, times)
    assert codes[around, OPENING].min() == 0.0
    assert codes[:, OPENING].max() > 0.1


def test_f_tucks_the_lower_lip_and_t_does_not() -> None:
    assert at(said("a f a"), 1, TUCK) > 0.95
    assert at(said("a t a"), 1, TUCK) < 0.1


def test_open_vowels_open_and_close_vowels_do_not() -> None:
    assert at(said("t a t", 0.2), 1, OPENING) > 0.4
    assert 0.05 < at(said("t i t", 0.2), 1, OPENING) < 0.2
    assert at(said("t a t", 0.2), 1, JAW) > 0.3


def test_spread_and_rounded_vowels() -> None:
    assert at(said("t i t", 0.2), 1, WIDTH) > 0.1
    assert at(said("t u t", 0.2), 1, WIDTH) < -0.18
    assert at(said("t u t", 0.2), 1, ROUNDING) > 0.8


def test_lips_round_before_the_rounded_vowel_comes() -> None:
    before_u, before_i = at(said("s t u"), 1, ROUNDING), at(said("s t i"), 1, ROUNDING)
    assert before_u > 0.3 > 0.05 > before_i


def test_fast_speech_is_smaller_than_slow_speech() -> None:
    fast, slow = said("t a t a t", 0.05), said("t a t a t", 0.2)
    assert at(fast, 1, OPENING) < 0.8 * at(slow, 1, OPENING)


def test_any_instant_can_be_asked_and_order_does_not_matter() -> None:
    spans = said("h ə l oʊ")
    times = np.array([0.9, 0.5, 0.7123])
    codes = lip_codes(spans, times)
    np.testing.assert_allclose(codes[::-1], lip_codes(spans, times[::-1]), atol=1e-3)


def test_lips_move_without_jumps() -> None:
    codes = lip_codes(said("p a p a f a m u m i"), np.arange(0.0, 2.0, 0.005))
    assert np.abs(np.diff(codes[:, OPENING])).max() < 0.05
    assert np.abs(np.diff(codes[:, ROUNDING])).max() < 0.08


def test_every_group_has_a_target_in_bounds() -> None:
    assert set(TARGETS) == set(PhonemeGroup)
    table = np.array(list(TARGETS.values()))
    assert table.shape[1] == 8 and table[:, OPENING].min() >= 0 and table[:, OPENING].max() <= 0.55
    assert not any(TARGETS[PhonemeGroup.PAUSE])
