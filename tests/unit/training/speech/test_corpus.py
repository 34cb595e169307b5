from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan
from ims_avatar.errors import CorpusMissing
from ims_avatar.training.speech import corpus_text
from ims_avatar.training.speech.corpus import Utterance, load, save, silence_pauses, to_float, to_int16


def utterance(name: str, length: int) -> Utterance:
    samples = np.arange(length, dtype=np.int16)
    spans = (PhonemeSpan(0.0, 0.01, PhonemeGroup.OPEN), PhonemeSpan(0.01, 0.02, PhonemeGroup.BILABIAL))
    return Utterance(name, "test", "voice", "held_voice", samples, spans)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    written = [utterance("a", 160), utterance("b", 320)]
    save(tmp_path, "corpus", written)
    read = load(tmp_path, "corpus")
    assert [(u.name, u.source, u.voice, u.split, u.spans) for u in read] == [
        (u.name, u.source, u.voice, u.split, u.spans) for u in written
    ]
    for one, other in zip(read, written, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)


def test_a_corpus_with_pickled_objects_is_refused(tmp_path: Path) -> None:
    save(tmp_path, "corpus", [utterance("a", 160)])
    np.savez(tmp_path / "corpus.npz", samples=np.array([{"code": "runs"}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        load(tmp_path, "corpus")


def test_a_phoneme_stretched_over_silence_is_cut() -> None:
    loud = (np.random.default_rng(1).normal(size=1600) * 5000).astype(np.int16)
    samples = np.concatenate([loud, np.zeros(2400, np.int16), loud])  # 0.2 s, 0.3 s of silence, 0.2 s
    spans = [PhonemeSpan(0.1, 0.45, PhonemeGroup.OPEN), PhonemeSpan(0.45, 0.7, PhonemeGroup.SIBILANT)]
    cut = silence_pauses(samples, spans)
    assert cut[0].end == pytest.approx(0.2, abs=0.02)
    assert cut[1].start == pytest.approx(0.5, abs=0.02)


def test_int16_has_the_peak_asked_for_and_silence_stays_silent() -> None:
    assert np.abs(to_int16(np.array([0.1, -0.2], np.float32), 20000.0)).max() == 20000
    assert not to_int16(np.zeros(4, np.float32)).any()
    assert to_float(np.array([-32768], np.int16))[0] == -1.0


def test_missing_texts_name_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_text, "FORTUNES", tmp_path)
    with pytest.raises(CorpusMissing, match="apt-get install fortunes"):
        corpus_text.sentences("de")


def test_sentences_have_no_digits_and_a_speakable_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_text, "FORTUNES", tmp_path)
    text = (
        "Short.\n%\nThis sentence is long enough to be spoken, *really*. And 42 of them are what one needs here!\n%\n"
    )
    (tmp_path / "wisdom").write_text(text, encoding="utf-8")
    found = corpus_text.sentences("en")
    assert found == ["This sentence is long enough to be spoken, really.", "And  of them are what one needs here!"]


def test_manual_pages_give_running_text_without_requests_and_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_text, "MANUALS", tmp_path)
    page = (
        ".TH LS 1\n.SH NOM\nls \\- Afficher le contenu de répertoires\n.PP\n"
        "Les entrées sont triées \\fBalphabétiquement\\fP, sauf avis\ncontraire.\n.TP\n"
        "\\-\\-block\\-size=\\fITAILLE\\fP ajuster les tailles\n"
    )
    (tmp_path / "fr" / "man1").mkdir(parents=True)
    (tmp_path / "fr" / "man1" / "ls.1.gz").write_bytes(gzip.compress(page.encode()))
    assert corpus_text.sentences("fr") == [
        "ls - Afficher le contenu de répertoires",
        "Les entrées sont triées alphabétiquement, sauf avis contraire.",
    ]


def test_missing_manual_pages_name_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_text, "MANUALS", tmp_path)
    with pytest.raises(CorpusMissing, match="apt-get install manpages-nl"):
        corpus_text.sentences("nl")
