"""What was on the wire: captured by tcpdump in a process of its own, taken apart by tshark. Neither is ours."""

from __future__ import annotations

import dataclasses
import re
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.pressure import CpuPressure
from tests.support.process import Process, wait_until
from tests.support.rtp_stream import RtpPacket, RtpStream, SenderReport

Flow = tuple[str, str]
"""Source and destination, each host:port."""
Place = str | range
"""Where a phone is: its address, or its ports."""


@dataclass(frozen=True)
class SipMessage:
    time: float
    source: str
    destination: str
    start_line: str
    call_id: str
    cseq: str


class Capture(Process):
    """Everything to and from `network`, until `finish`."""

    def __init__(self, path: Path, network: str) -> None:
        self.path = path
        self.pressure = CpuPressure()
        # Slots of the kernel's ring are as large as the snapshot length: short ones, so that there are thousands.
        argv = ["tcpdump", "--immediate-mode", "-i", "lo", "-U", "-n", "-s", "4096", "-B", "65536", "-Z", "root"]
        super().__init__([*argv, "-w", path, f"net {network}"], path.with_suffix(".log"))
        self.wait_log("listening on")

    def finish(self) -> Wire:
        """Stop capturing, once what was sent so far has been written."""
        size = -1

        def settled() -> bool:
            nonlocal size
            before, size = size, self.path.stat().st_size
            return size == before

        wait_until(settled, 2, "the capture keeps growing") if self.popen.poll() is None else None
        self.stop(signal.SIGINT)
        dropped = re.search(r"(\d+) packets? dropped by kernel", self.text())
        assert dropped and dropped[1] == "0", f"the capture is not whole: {self.tail(300)}"
        return Wire(self.path, self.pressure.share())


class Wire:
    """One finished capture."""

    def __init__(self, path: Path, pressure: float = 0.0) -> None:
        self.path, self.pressure = path, pressure

    def _fields(self, display_filter: str, *names: str) -> list[dict[str, str]]:
        argv = ["tshark", "-n", "-r", str(self.path), "--enable-heuristic", "rtp_udp", "--enable-heuristic", "rtcp_udp"]
        argv += ["-o", "rtp.desegment_rtp_streams:FALSE", "-Y", display_filter, "-T", "fields"]
        argv += ["-E", "separator=|", "-E", "occurrence=f"]
        for name in names:
            argv += ["-e", name]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"tshark could not read {self.path}: {done.stderr}")
        return [dict(zip(names, line.split("|"), strict=True)) for line in done.stdout.splitlines()]

    @cached_property
    def streams(self) -> list[RtpStream]:
        """Every RTP stream, in order of its first packet."""
        rows = self._fields(
            "rtp && !icmp",
            *("frame.time_epoch", "ip.src", "udp.srcport", "ip.dst", "udp.dstport", "udp.length"),
            *("rtp.ssrc", "rtp.p_type", "rtp.seq", "rtp.timestamp", "rtp.marker", "rtp.payload"),
        )
        groups: dict[tuple[str, str, int], list[RtpPacket]] = defaultdict(list)
        for row in rows:
            if row["rtp.seq"]:
                groups[*_flow(row), int(row["rtp.ssrc"], 16)].append(_packet(row))
        return [
            RtpStream(source, destination, ssrc, packets, self.pressure)
            for (source, destination, ssrc), packets in groups.items()
        ]

    @cached_property
    def sender_reports(self) -> dict[int, list[SenderReport]]:
        """By SSRC, in order of arrival."""
        rows = self._fields(
            "rtcp.pt == 200 && !icmp",
            *("frame.time_epoch", "rtcp.senderssrc", "rtcp.timestamp.ntp.msw", "rtcp.timestamp.ntp.lsw"),
            "rtcp.timestamp.rtp",
        )
        reports: dict[int, list[SenderReport]] = defaultdict(list)
        for row in rows:
            ntp = int(row["rtcp.timestamp.ntp.msw"]) + int(row["rtcp.timestamp.ntp.lsw"]) / 2**32
            report = SenderReport(float(row["frame.time_epoch"]), ntp, int(row["rtcp.timestamp.rtp"]))
            reports[int(row["rtcp.senderssrc"], 16)].append(report)
        return reports

    @cached_property
    def canonical_names(self) -> dict[int, str]:
        """CNAME of each sender's SSRC (RFC 3550 6.5.1)."""
        rows = self._fields("rtcp.sdes.text && rtcp.pt == 200", "rtcp.senderssrc", "rtcp.sdes.text")
        return {int(row["rtcp.senderssrc"], 16): row["rtcp.sdes.text"] for row in rows}

    @cached_property
    def sip(self) -> list[SipMessage]:
        rows = self._fields(
            "sip && !icmp",
            *("frame.time_epoch", "ip.src", "ip.dst", "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport"),
            *("sip.Request-Line", "sip.Status-Line", "sip.Call-ID", "sip.CSeq"),
        )
        return [
            SipMessage(
                float(row["frame.time_epoch"]),
                f"{row['ip.src']}:{row['udp.srcport'] or row['tcp.srcport']}",
                f"{row['ip.dst']}:{row['udp.dstport'] or row['tcp.dstport']}",
                row["sip.Request-Line"] or row["sip.Status-Line"],
                row["sip.Call-ID"],
                row["sip.CSeq"],
            )
            for row in rows
        ]

    def received_by(self, place: Place) -> list[RtpStream]:
        return _joined([stream for stream in self.streams if _is_at(stream.destination, place)])

    def sent_by(self, place: Place) -> list[RtpStream]:
        return _joined([stream for stream in self.streams if _is_at(stream.source, place)])

    def voice_to(self, place: Place) -> RtpStream:
        """The one audio stream towards `place`."""
        return _only([stream for stream in self.received_by(place) if not stream.is_video], f"voice to {place}")

    def voice_from(self, place: Place) -> RtpStream:
        return _only([stream for stream in self.sent_by(place) if not stream.is_video], f"voice from {place}")

    def video_to(self, place: Place) -> RtpStream:
        return _only([stream for stream in self.received_by(place) if stream.is_video], f"video to {place}")


def _joined(streams: list[RtpStream]) -> list[RtpStream]:
    """Parts of one stream whose far address changed when the service learnt where the phone really is."""
    joined: dict[int, RtpStream] = {}
    for stream in streams:
        known = joined.setdefault(stream.ssrc, dataclasses.replace(stream, packets=[]))
        packets = sorted([*known.packets, *stream.packets], key=lambda packet: packet.time)
        joined[stream.ssrc] = dataclasses.replace(stream, packets=packets)
    return list(joined.values())


def _is_at(address: str, place: Place) -> bool:
    host, _, port = address.rpartition(":")
    return host == place if isinstance(place, str) else int(port) in place


def _only(streams: Iterable[RtpStream], what: str) -> RtpStream:
    found = list(streams)
    if len(found) != 1:
        raise AssertionError(f"one stream of {what} expected, on the wire: {[str(stream) for stream in found]}")
    return found[0]


def _flow(row: dict[str, str]) -> Flow:
    return f"{row['ip.src']}:{row['udp.srcport']}", f"{row['ip.dst']}:{row['udp.dstport']}"


def _packet(row: dict[str, str]) -> RtpPacket:
    return RtpPacket(
        time=float(row["frame.time_epoch"]),
        payload_type=int(row["rtp.p_type"]),
        sequence=int(row["rtp.seq"]),
        timestamp=int(row["rtp.timestamp"]),
        marker=row["rtp.marker"] in ("1", "True"),
        payload=bytes.fromhex(row["rtp.payload"].replace(":", "")),
        size=int(row["udp.length"]) - 8,
    )
