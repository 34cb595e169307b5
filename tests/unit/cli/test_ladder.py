from __future__ import annotations

from pathlib import Path

import pytest

from ims_avatar.cli.ladder import Step, TracedMessage, describe, describe_media, draw, read_trace, steps, write_trace
from ims_avatar.errors import ConfigError

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    "m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=sendonly\r\n"
    "m=text 0 RTP/AVP 98\r\n"
)
INVITE = "INVITE sip:bob@127.0.0.1 SIP/2.0\r\nTo: <sip:bob@127.0.0.1>\r\nCSeq: 1 INVITE\r\n\r\n" + SDP
RE_INVITE = "INVITE sip:bob@127.0.0.1 SIP/2.0\r\nTo: <sip:bob@127.0.0.1>;tag=7\r\nCSeq: 2 INVITE\r\n\r\n"
OK = "SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n"


@pytest.mark.parametrize(
    ("message", "words"),
    [(INVITE, "INVITE"), (RE_INVITE, "re-INVITE"), (OK, "200 OK (INVITE)"), ("BYE x SIP/2.0\r\n\r\n", "BYE")],
)
def test_a_message_in_words(message: str, words: str) -> None:
    assert describe(message) == words


def test_media_lines_in_words() -> None:
    assert describe_media(INVITE) == "audio PCMU/PCMA · video H264 sendonly · text refused"


def test_a_message_without_sdp_says_nothing_of_media() -> None:
    assert describe_media(OK) == ""


def test_a_broken_media_line_does_not_stop_the_ladder() -> None:
    assert describe_media("X\r\n\r\nm=audio\r\n") == "unreadable"


def test_a_message_seen_twice_is_a_retransmission() -> None:
    ladder = steps(
        "caller", "us", [TracedMessage(1.0, True, OK), TracedMessage(1.5, True, OK), TracedMessage(2.0, False, OK)]
    )
    assert [step.label for step in ladder] == ["200 OK (INVITE)", "200 OK (INVITE)  (again)", "200 OK (INVITE)"]
    assert (ladder[2].source, ladder[2].destination) == ("us", "caller")


def test_the_ladder_is_in_order_of_time_with_arrows_both_ways() -> None:
    text = draw(
        ["caller", "us", "callee"],
        [Step(10.5, "callee", "us", "180 Ringing", ""), Step(10.0, "caller", "us", "INVITE", "audio PCMU")],
    )
    lines = text.splitlines()
    first = next(index for index, line in enumerate(lines) if "INVITE" in line)
    assert lines[first].lstrip().startswith("0.000 s |--- INVITE ---")
    assert "audio PCMU" in lines[first + 1]
    assert "|<-- 180 Ringing ---" in lines[first + 2] and lines[first + 2].lstrip().startswith("0.500 s")
    assert len({len(line) for line in lines[1:]}) == 1


def test_a_trace_comes_back_as_it_was_written(tmp_path: Path) -> None:
    messages = [TracedMessage(1.25, True, INVITE), TracedMessage(1.5, False, OK)]
    write_trace(tmp_path / "trace", messages)
    assert read_trace(tmp_path / "trace") == messages


@pytest.mark.parametrize("content", ["not json\n", '{"at": 1}\n', "[]\n"])
def test_a_broken_trace_names_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "trace").write_text(content)
    with pytest.raises(ConfigError, match="trace: not a message trace"):
        read_trace(tmp_path / "trace")
