from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.driving.phonemes import (
    PhonemeGroup,
    PhonemeSpan,
    group_labels,
    groups_of_arpabet,
    groups_of_ipa,
    spans_of,
)


@pytest.mark.parametrize(
    ("symbol", "groups"),
    [
        ("p", (PhonemeGroup.BILABIAL,)),
        ("bʲ", (PhonemeGroup.BILABIAL,)),
        ("uː", (PhonemeGroup.CLOSE_BACK,)),
        ("ɑ̃", (PhonemeGroup.OPEN,)),
        ("aɪ", (PhonemeGroup.OPEN, PhonemeGroup.CLOSE_FRONT)),
        ("tʃ", (PhonemeGroup.POSTALVEOLAR,)),
        ("ts", (PhonemeGroup.SIBILANT,)),
        ("iː", (PhonemeGroup.CLOSE_FRONT,)),
        ("_:", (PhonemeGroup.PAUSE,)),
        ("", (PhonemeGroup.PAUSE,)),
    ],
)
def test_ipa(symbol: str, groups: tuple[PhonemeGroup, ...]) -> None:
    assert groups_of_ipa(symbol) == groups


def test_arpabet_ignores_stress_and_case() -> None:
    assert groups_of_arpabet("AE1") == (PhonemeGroup.OPEN_FRONT,)
    assert groups_of_arpabet("ow") == (PhonemeGroup.MID_BACK, PhonemeGroup.CLOSE_BACK)
    assert groups_of_arpabet("pau") == groups_of_arpabet("SIL") == (PhonemeGroup.PAUSE,)


def test_the_parts_of_a_diphthong_fill_its_time() -> None:
    parts = spans_of(1.0, 1.2, groups_of_ipa("aɪ"))
    assert parts[0].start == 1.0 and parts[-1].end == 1.2
    assert parts[0].end == parts[1].start == pytest.approx(1.12)


def test_labels_are_pauses_outside_of_spans() -> None:
    spans = [PhonemeSpan(0.1, 0.2, PhonemeGroup.BILABIAL), PhonemeSpan(0.3, 0.4, PhonemeGroup.OPEN)]
    labels = group_labels(spans, np.array([0.05, 0.1, 0.19, 0.2, 0.25, 0.35, 0.4]))
    assert labels.tolist() == [0, 1, 1, 0, 0, int(PhonemeGroup.OPEN), 0]
    assert group_labels([], np.array([0.0, 1.0])).tolist() == [0, 0]
