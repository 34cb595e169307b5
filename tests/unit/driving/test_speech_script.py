"""Texts become lines and pauses: plain text by its punctuation, SSML by its tags."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog

from ims_avatar.driving.speech_script import Line, read_script, read_script_file
from ims_avatar.driving.speech_ssml import LONGEST_BREAK, PARAGRAPH_PAUSE, SENTENCE_PAUSE
from ims_avatar.errors import ScriptError


def texts(text: str) -> list[str]:
    return [line.text for line in read_script(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        (
            "Dr. Smith met J. S. Bach, e.g. in 3.5 hours. Fine.",
            ["Dr. Smith met J. S. Bach, e.g. in 3.5 hours.", "Fine."],
        ),
        ("“Really?” he said. (Yes.) So am I. Good.", ["“Really?”", "he said.", "(Yes.)", "So am I.", "Good."]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("a\tb\n c\x00d", ["a b c d"]),
        ("take [[h@loU]] out", ["take [ [h@loU]] out"]),
    ],
)
def test_running_text_is_cut_at_the_ends_of_sentences(text: str, sentences: list[str]) -> None:
    assert texts(text) == sentences


def test_a_paragraph_pauses_longer_than_a_sentence() -> None:
    assert read_script("One. Two.\n\nThree.") == (
        Line("One.", SENTENCE_PAUSE),
        Line("Two.", PARAGRAPH_PAUSE),
        Line("Three.", PARAGRAPH_PAUSE),
    )


def test_a_sentence_without_end_is_cut_at_commas_or_spaces() -> None:
    lines = texts("and so on, " * 100)
    assert max(map(len, lines)) <= 300 and all(line.endswith("on,") for line in lines)
    assert sum(line.count("so") for line in lines) == 100


def test_ssml_breaks_stand_instead_of_the_usual_pause() -> None:
    script = read_script(
        """<?xml version="1.0"?>
        <speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">
          <break time="250ms"/>Hello<break time="1.5s"/>my <break strength="weak"/> friend.
          <p><s>One</s><s>Two &amp; three</s></p>End.<break/><break time="2s"/>
        </speak>"""
    )
    assert script == (
        Line("", 0.25),
        Line("Hello", 1.5),
        Line("my", 0.2),
        Line("friend.", SENTENCE_PAUSE),
        Line("One", SENTENCE_PAUSE),
        Line("Two & three", PARAGRAPH_PAUSE),
        Line("End.", 0.4),
        Line("", 2.0),
    )


def test_other_tags_are_read_through_with_a_warning() -> None:
    with structlog.testing.capture_logs() as logs:
        script = read_script(
            "<speak>\nSay <prosody rate='slow'>it</prosody> <mark name='x'/>now.<desc>no</desc></speak>"
        )
    assert [line.text for line in script] == ["Say it now."]
    assert [(log["tag"], log["line"]) for log in logs] == [("prosody", 2)]


BOMB = """<?xml version="1.0"?>\n<!DOCTYPE speak [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<speak>&b;</speak>"""
FILE = """<!DOCTYPE speak [<!ENTITY f SYSTEM "file:///etc/passwd">]><speak>&f;</speak>"""


@pytest.mark.parametrize(
    ("ssml", "cause"),
    [
        ("<speak>\n<p>Hello</speak>", r"not well-formed in line 2: mismatched tag, inside <p> of line 2"),
        ("<speak>Fish & chips</speak>", r"not well-formed in line 1.*Remedy: .*&amp;"),
        ("<speak>a<break time='5 minutes'/></speak>", r"line 1 of the SSML: <break> has time '5 minutes'"),
        (f"<speak>\n\na<break time='{LONGEST_BREAK + 1}s'/></speak>", r"line 3 of the SSML: <break> has time"),
        ("<speak>a<break strength='huge'/></speak>", r"<break> has strength 'huge'.*Remedy: use one of: none, x-weak"),
        (BOMB, r"line 2 of the SSML: <!DOCTYPE> is not allowed"),
        ("<?xml version='1.0'?>" + FILE, r"line 1 of the SSML: <!DOCTYPE> is not allowed"),
        ("<?xml version='1.0'?>\n<html>Hello</html>", r"line 2 of the SSML: <html> is not the root"),
        ("<speak>&nbsp;</speak>", r"not well-formed in line 1: undefined entity"),
        ("<speak><break time='1s'/></speak>", r"holds nothing that can be said"),
    ],
)
def test_bad_ssml_is_refused_by_line_and_tag(ssml: str, cause: str) -> None:
    with pytest.raises(ScriptError, match=cause):
        read_script(ssml)


@pytest.mark.parametrize("text", ["", "  \n", "... ?!"])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(ScriptError, match="nothing that can be said"):
        read_script(text)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    with pytest.raises(ScriptError, match=r"script.txt cannot be read \(No such file"):
        read_script_file(path)
    path.write_bytes(b"caf\xe9")
    with pytest.raises(ScriptError, match=r"script.txt is no text in UTF-8 \(byte 3\)"):
        read_script_file(path)
    path.write_text("Hello.", encoding="utf-8-sig")
    assert read_script_file(path) == (Line("Hello.", PARAGRAPH_PAUSE),)
