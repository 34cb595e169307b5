"""Phoneme times of both synthesisers become spans without gaps or overlaps."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ims_avatar.driving.phonemes import PhonemeGroup as G
from ims_avatar.driving.speech_spans import _PIPER_DELAY, espeak_spans, piper_spans

RATE = 1000


def test_piper_signs_of_stress_length_and_space_belong_to_sounds() -> None:
    # "^ m ˈ ɑ ː _ p a ." with 100 samples each
    signs = ["^", "m", "ˈ", "ɑ", "ː", " ", "p", "a", "."]
    spans = piper_spans([(sign, 100) for sign in signs], RATE)
    assert [span.group for span in spans] == [G.PAUSE, G.BILABIAL, G.OPEN, G.BILABIAL, G.OPEN, G.PAUSE]
    starts = [span.start + (_PIPER_DELAY if span.start else 0.0) for span in spans]
    assert starts == pytest.approx([0.0, 0.1, 0.2, 0.5, 0.7, 0.8])
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert spans[-1].end == 0.9


def test_a_gap_before_no_stop_belongs_to_what_was_before() -> None:
    spans = piper_spans([("a", 100), (" ", 100), ("s", 100)], RATE)
    assert [(span.group, round(span.end + _PIPER_DELAY, 3)) for span in spans[:1]] == [(G.OPEN, 0.2)]


def test_espeak_marks_of_language_are_pauses_and_diphthongs_two_spans() -> None:
    spans = espeak_spans([(0, "(en)"), (100, "aɪ"), (300, "")], 400, RATE)
    assert [span.group for span in spans] == [G.PAUSE, G.OPEN, G.CLOSE_FRONT, G.PAUSE]
    assert spans[-1].end == 0.4
