"""Synthesised corpora: what festival and piper say of their phonemes. Needs the extra `train`."""

from __future__ import annotations

import importlib.util
import wave
from pathlib import Path

import numpy as np
import pytest

from ims_avatar.driving.phonemes import PhonemeGroup
from ims_avatar.errors import CorpusMissing
from tests.support.requirement import missing

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def _needs_scipy() -> None:
    if importlib.util.find_spec("scipy") is None:
        missing("scipy is not installed: pip install ims-avatar[train]")


def test_phonemes_of_every_alphabet_become_groups() -> None:
    from ims_avatar.training.speech.corpus_festival import VOICES

    voices = {voice.name: voice for voice in VOICES}
    russian, finnish = voices["msu_ru_nsh_clunits"], voices["suo_fi_lj_diphone"]
    assert russian.groups("sch") == (PhonemeGroup.POSTALVEOLAR,)
    assert russian.groups("pp") == russian.groups("p") == (PhonemeGroup.BILABIAL,)
    assert finnish.groups("7:") == (PhonemeGroup.FRONT_ROUNDED,)
    assert finnish.groups("#") == (PhonemeGroup.PAUSE,)
    assert voices["upc_ca_ona_hts"].groups("O1") == (PhonemeGroup.MID_BACK,)
    assert voices["ked_diphone"].groups("ow") == (PhonemeGroup.MID_BACK, PhonemeGroup.CLOSE_BACK)


def test_a_segment_file_becomes_spans(tmp_path: Path) -> None:
    from ims_avatar.training.speech.corpus_festival import VOICES, _read

    with wave.open(str(tmp_path / "0.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((1000 * np.sin(np.arange(16000) / 10)).astype("<i2").tobytes())
    (tmp_path / "0.seg").write_text("#\n0.2000 100 #\n0.3000 100 m\n0.6000 100 a:\n")
    finnish = next(voice for voice in VOICES if voice.name == "suo_fi_lj_diphone")
    samples, spans = _read(finnish, tmp_path / "0")
    assert len(samples) == 8000
    assert [(round(s.start, 3), round(s.end, 3), s.group.name) for s in spans] == [
        (0.0, 0.2, "PAUSE"),
        (0.2, 0.3, "BILABIAL"),
        (0.3, 0.6, "OPEN"),
    ]


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from ims_avatar.training.speech import corpus_festival, corpus_flite, corpus_piper

    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(corpus_piper, "piper_is_installed", lambda: False)
    with pytest.raises(CorpusMissing, match=r"festival is missing.*apt-get install"):
        next(corpus_festival.generate(1.0, 1))
    with pytest.raises(CorpusMissing, match=r"flite is missing.*apt-get install flite"):
        next(corpus_flite.generate(1.0, "train", 1))
    with pytest.raises(CorpusMissing, match=r"piper and its voice are missing.*pip install"):
        next(corpus_piper.generate(1.0, 1))
