"""What may be given for -o, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ims_avatar.errors import OutputError
from ims_avatar.render.output import MTU, output_of
from ims_avatar.render.session_description import session_description


@pytest.mark.parametrize(("name", "muxer"), [("a.mp4", "mp4"), ("b.MOV", "mov"), ("c/d.mkv", "matroska")])
def test_a_file_goes_by_its_ending(name: str, muxer: str) -> None:
    output = output_of(name)
    assert (output.format, output.live, output.path, len(output.tracks)) == (muxer, False, Path(name), 1)


def test_the_key_of_a_live_stream_is_not_shown() -> None:
    output = output_of("rtmp://live.example.net:1935/app/secret-key")
    assert output.live and output.tracks[0].url.endswith("/app/secret-key")
    assert output.name == "rtmp://live.example.net:1935/app/..."


def test_rtp_takes_two_ports_and_small_packets() -> None:
    output = output_of("rtp://192.0.2.1:5004")
    assert [track.url.split("?")[0] for track in output.tracks] == ["rtp://192.0.2.1:5004", "rtp://192.0.2.1:5006"]
    assert all(track.options["packetsize"] == str(MTU) for track in output.tracks)


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("film", "names no kind of film"),
        ("film.avi", "names no kind of film"),
        ("http://example.net/film.mp4", "nothing can be sent to"),
        ("rtp://192.0.2.1", "nothing can be sent to"),
        ("rtp://192.0.2.1:5005", "RTP cannot go to port 5005"),
        ("rtp://192.0.2.1:99999", "is no URL"),
        ("rtmp://", "nothing can be sent to"),
    ],
)
def test_what_cannot_be_written_to_is_refused_with_a_remedy(target: str, cause: str) -> None:
    with pytest.raises(OutputError, match=rf"{cause}.*Remedy: name an? "):
        output_of(target)


def test_a_film_may_not_replace_what_it_is_made_from(tmp_path: Path) -> None:
    source = tmp_path / "talk.mp4"
    source.touch()
    (tmp_path / "link.mp4").symlink_to(source)
    with pytest.raises(OutputError, match="is what the film is made from"):
        output_of(str(tmp_path / "link.mp4"), [str(source)])


@pytest.mark.parametrize(
    ("target", "codec", "lines"),
    [
        ("rtp://192.0.2.1:5004", "h264", ["c=IN IP4 192.0.2.1", "a=rtpmap:96 H264/90000", "m=audio 5006 RTP/AVP 97"]),
        ("rtp://[2001:db8::1]:6000", "h265", ["c=IN IP6 2001:db8::1", "a=rtpmap:96 H265/90000", "m=video 6000"]),
    ],
)
def test_the_sdp_says_where_and_what(target: str, codec: str, lines: list[str]) -> None:
    description = session_description(output_of(target), codec)
    assert description.startswith("v=0\r\n") and description.endswith("\r\n")
    for line in lines:
        assert f"\r\n{line}" in description
