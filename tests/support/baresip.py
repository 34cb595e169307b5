"""baresip 1.0 (Debian: baresip-core, baresip-ffmpeg) as a headless phone, driven over its ctrl_tcp socket."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.baresip_config import (
    CONFIG,
    VIDEO_MODULES,
    PhoneSettings,
    account_line,
    module_path,
    source_format,
)
from tests.support.ports import Loopback, free_port, free_sip_port
from tests.support.process import Process, wait_until

Message = dict[str, Any]


class Baresip:
    """One phone with an address of its own for SIP. Its media sockets are bound to every address, so that its packets
    come from 127.0.0.1 although its SDP says otherwise: like a phone behind a NAT it is known by `media_ports`."""

    def __init__(self, folder: Path, user: str, net: Loopback, settings: PhoneSettings | None = None) -> None:
        settings = settings or PhoneSettings()
        host = net.host()
        self.media_ports = net.media_ports()
        self.folder = folder / user
        self.user, self.host = user, host
        self.sip_port = free_sip_port(host)
        self.uri = f"sip:{user}@{host}:{self.sip_port}"
        (self.folder / "recordings").mkdir(parents=True)
        control_port = free_port(host, socket.SOCK_STREAM)
        self._write_files(settings, control_port)
        self.process = Process(["baresip", "-4", "-s", "-f", self.folder], self.folder / "log", cwd=self.folder)
        self.events: list[Message] = []
        self._received = b""
        try:
            self.process.wait_tcp(host, control_port)
            self.process.wait_log("baresip is ready")
            self.control = socket.create_connection((host, control_port), 2)
        except BaseException:
            self.process.stop()
            raise

    def _write_files(self, settings: PhoneSettings, control_port: int) -> None:
        rate, channels = source_format(settings.audio)
        config = CONFIG.format(
            host=self.host,
            sip_port=self.sip_port,
            control_port=control_port,
            audio_source=settings.audio,
            audio_rate=rate,
            audio_channels=channels,
            rtp_low=self.media_ports.start,
            rtp_high=self.media_ports.stop - 1,
            modules=module_path(),
            video_modules=VIDEO_MODULES if settings.video else "",
            recordings=self.folder / "recordings",
        )
        (self.folder / "config").write_text(config)
        (self.folder / "accounts").write_text(account_line(self.user, self.host, self.sip_port, settings))
        (self.folder / "contacts").write_text("")

    def _next_message(self, deadline: float) -> Message | None:
        """One netstring of JSON, or None at the deadline."""
        while True:
            head = re.match(rb"(\d+):", self._received)
            if head and len(self._received) > head.end() + int(head[1]):
                end = head.end() + int(head[1])
                body, self._received = self._received[head.end() : end], self._received[end + 1 :]
                message: Message = json.loads(body, strict=False)
                return message
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.control.settimeout(left)
            try:
                more = self.control.recv(65536)
            except TimeoutError:
                return None
            if not more:
                raise AssertionError(f"baresip closed its control socket: {self.process.tail()}")
            self._received += more

    def command(self, name: str, parameters: str | None = None, timeout: float = 5.0) -> str:
        """Run a command as typed at its prompt and give back what it printed."""
        token = str(time.monotonic_ns())
        message = {"command": name, "token": token} | ({"params": parameters} if parameters is not None else {})
        body = json.dumps(message).encode()
        self.control.sendall(b"%d:%s," % (len(body), body))
        deadline = time.monotonic() + timeout
        while answer := self._next_message(deadline):
            if answer.get("response") and answer.get("token") == token:
                return re.sub(r"\x1b\[[;\d]*m", "", str(answer["data"]))
            self.events.append(answer)
        raise AssertionError(f"baresip did not answer to {name!r}: {self.process.tail()}")

    def wait(self, event_type: str, timeout: float = 10.0) -> Message:
        """The next event of that type, e.g. CALL_ESTABLISHED; taken out of `events`."""
        for event in self.events:
            if event.get("type") == event_type:
                self.events.remove(event)
                return event
        deadline = time.monotonic() + timeout
        while event_ := self._next_message(deadline):
            if event_.get("type") == event_type:
                return event_
            self.events.append(event_)
        raise AssertionError(f"{self.user}: no {event_type} in {timeout:.0f} s: {self.process.tail()}")

    def wait_registered(self) -> None:
        self.process.wait_log(r"\[1 binding")

    def dial(self, uri: str) -> None:
        self.events.clear()
        self.command("dial", uri)

    def accept(self) -> None:
        self.command("accept")

    def hang_up(self) -> None:
        self.command("hangup")

    def press(self, digits: str) -> None:
        """DTMF by RFC 4733 events."""
        for digit in digits:
            self.command("sndcode", digit)

    def wait_video(self, timeout: float = 10.0) -> Path:
        """PNG of a received picture: of the first one that is decoded from now on."""
        # baresip cuts the name after 99 characters
        picture = self.folder / f"{len(list(self.folder.glob('*.png')))}.png"
        self.command("snapshot_recv", str(picture))

        def whole() -> bool:
            return picture.exists() and picture.read_bytes()[-8:-4] == b"IEND"

        wait_until(whole, timeout, lambda: f"{self.user} decoded no picture: {self.process.tail()}")
        return picture

    def video_frame_rate(self) -> float:
        """Frames a second that it decodes at present, as it says itself (`video_debug`)."""
        rates = re.findall(r"fps=([\d.]+)", self.command("video_debug"))
        return max((float(rate) for rate in rates), default=0.0)

    def recording(self) -> Path:
        """WAV of the received sound, complete once the call has ended."""
        files = sorted((self.folder / "recordings").glob("*-dec.wav"))
        if not files:
            raise AssertionError(f"{self.user} recorded nothing: {self.process.tail()}")
        return files[-1]

    def stop(self) -> None:
        self.control.close()
        self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
