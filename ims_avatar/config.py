"""The configuration: one frozen tree, read once, checked once. `ims-avatar serve` alone runs on these defaults."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ims_avatar.yaml_model import load_yaml_model

LOOPBACK = "127.0.0.0/8"


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"{value!r} is not an IP address or network; write e.g. 192.0.2.10 or 192.0.2.0/24") from None


def _ip_literal(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError(
            f"{value!r} is not an IP address; write the address that peers reach, e.g. 192.0.2.10"
        ) from None


def _sip_uri(value: str) -> str:
    if not re.fullmatch(r"sips?:[^\s<>]+", value):
        raise ValueError(f"{value!r} is not a SIP URI; write e.g. sip:192.0.2.20:5060")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is not a regular expression ({error}); to match every URI write '.*'") from None
    return value


Network: TypeAlias = Annotated[str, AfterValidator(_network)]
IpLiteral: TypeAlias = Annotated[str, AfterValidator(_ip_literal)]
SipUri: TypeAlias = Annotated[str, AfterValidator(_sip_uri)]
Pattern: TypeAlias = Annotated[str, AfterValidator(_pattern)]
Side: TypeAlias = Literal["caller", "callee"]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SipConfig(Section):
    address: IpLiteral = "127.0.0.1"
    """Address that the front listens on and that goes into Via, Contact and SDP."""
    port: int = Field(5060, ge=0, le=65535)
    """UDP and TCP port of the front; 0 takes a free one and logs it."""
    workers: int = Field(4, ge=1, le=256)
    """Call worker processes. Each holds as many calls as its pjsua2 build allows (2 with the wheel of PyPI)."""
    worker_ports: tuple[int, int] = (0, 0)
    """Range of SIP ports of the workers (they stand in Contact); (0, 0) takes free ones."""
    answer_timeout_s: float = Field(120.0, gt=0)
    """How long the called side may ring before the call is ended with 408."""
    drain_grace_s: float = Field(30.0, ge=0)
    """After SIGTERM: how long running calls may go on before they get a BYE."""
    retry_after_s: int = Field(5, ge=1)
    """Retry-After of every 503."""


class PeerConfig(Section):
    """Who may place calls through us. Anything else gets 403."""

    name: str
    networks: list[Network] = Field(min_length=1)
    profile: str = "generic"
    """Name of a file in sip_profiles, without .yaml."""


class NextHopConfig(Section):
    """Where calls may go. Anything else gets 403: this is nobody's open relay."""

    name: str
    networks: list[Network] = Field(default_factory=list)
    hosts: list[str] = Field(default_factory=list)
    """Host names, compared without case."""
    profile: str = "generic"

    @model_validator(mode="after")
    def _names_something(self) -> NextHopConfig:
        if not self.networks and not self.hosts:
            raise ValueError("a next hop needs networks or hosts")
        return self


class RuleMatch(Section):
    """All conditions given must hold. Patterns are regular expressions, searched in the URI or header value."""

    called: Pattern | None = None
    """Against the Request-URI."""
    calling: Pattern | None = None
    """Against the From URI (P-Asserted-Identity first, RFC 3325)."""
    headers: dict[str, Pattern] = Field(default_factory=dict)


class RuleConfig(Section):
    """One intercept rule; the first that matches decides. No match: the call passes through without avatar."""

    name: str
    match: RuleMatch = RuleMatch()
    whose: Literal["caller", "callee", "both", "nobody"] = "nobody"
    """Whose avatar speaks: driven by that side's voice. `nobody` passes the call through."""
    viewer: Literal["other", "caller", "callee", "both"] = "other"
    """Who sees it; `other` is the side that does not speak."""
    avatar: str | None = None
    """Avatar of the caller and of the callee; `avatars.default` when absent."""
    callee_avatar: str | None = None
    """Avatar of the callee when `whose: both` shows two."""
    when: Literal["auto", "offer", "reinvite"] = "auto"
    """`auto`: in the offer/answer when that side offered video, by re-INVITE after the answer otherwise.
    `offer`: video stands in our first offer to the called side too. `reinvite`: always after the answer."""
    route: SipUri | None = None
    """Next hop of the other leg; absent: the host of the Request-URI."""

    @model_validator(mode="after")
    def _one_picture_a_leg(self) -> RuleConfig:
        if self.whose == "both" and self.viewer != "other":
            raise ValueError(f"whose: both with viewer: {self.viewer} puts two pictures on one leg; use viewer: other")
        if self.whose == "nobody" and (self.avatar or self.callee_avatar):
            raise ValueError("an avatar is named but whose is 'nobody'; write whose: caller, callee or both")
        return self


class MediaConfig(Section):
    address: IpLiteral | None = None
    """Address of RTP in our SDP; absent: `sip.address`."""
    rtp_ports: tuple[int, int] = (20_000, 29_999)
    """UDP ports of RTP and RTCP, both ends included."""
    audio_delay_ms: int = Field(120, ge=0, le=400)
    """Constant delay of sound towards whoever sees an avatar, so that lips and voice fit."""
    source_lock_packets: int = Field(3, ge=1)
    """Packets in a row before symmetric RTP locks to a source that SDP does not name (a phone behind NAT)."""
    inactivity_s: float = Field(60.0, gt=0)
    """A call whose both legs send nothing for so long (and is not on hold) is ended."""

    @model_validator(mode="after")
    def _ports(self) -> MediaConfig:
        low, high = self.rtp_ports
        if not (1024 <= low < high <= 65_535 and high - low >= 7):
            raise ValueError(
                f"rtp_ports {low}-{high}: need 1024 <= low < high <= 65535 and room for one call (8 ports)"
            )
        return self


class VideoConfig(Section):
    width: int = Field(512, ge=64, le=1280, multiple_of=16)
    height: int = Field(512, ge=64, le=1280, multiple_of=16)
    frame_rate: int = Field(25, ge=5, le=30)
    bit_rate: int = Field(400_000, ge=50_000)
    """Bits a second; never above what the offer allows."""
    keyframe_interval_s: float = Field(2.0, ge=0.2, le=60)


class PoolConfig(Section):
    engine: Literal["auto", "onnx", "openvino"] = "auto"
    capacity: int = Field(16, ge=1)
    """Avatar streams admitted at once; further calls go on as voice only."""
    render_threads: int = Field(2, ge=1)
    """Cores that one step's network may use at once; more than one shortens the step when many streams are shown."""
    encoder_threads: int = Field(2, ge=1)
    """Pictures of one step that are encoded at once."""


class AvatarsConfig(Section):
    paths: list[Path] = Field(default_factory=list)
    """Directories of avatars, searched before ~/.local/share/ims-avatar/avatars and the shipped ones; new avatars go
    into the first."""
    default: str = "clara"


class LogConfig(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "console"
    personal_data: bool = False
    """True writes the marked fields (URIs, digits) into the log."""


class Config(Section):
    sip: SipConfig = SipConfig()
    peers: list[PeerConfig] = [PeerConfig(name="loopback", networks=[LOOPBACK])]
    next_hops: list[NextHopConfig] = [NextHopConfig(name="loopback", networks=[LOOPBACK])]
    rules: list[RuleConfig] = []
    media: MediaConfig = MediaConfig()
    video: VideoConfig = VideoConfig()
    pool: PoolConfig = PoolConfig()
    avatars: AvatarsConfig = AvatarsConfig()
    log: LogConfig = LogConfig()
    profiles_path: Path | None = None
    """Directory of further profiles, searched before the shipped sip_profiles."""

    @property
    def media_address(self) -> str:
        return self.media.address or self.sip.address


def load_config(path: Path | None) -> Config:
    """The configuration in `path`, or the defaults. Raises `ConfigError` naming file, line, field and remedy."""
    return Config() if path is None else load_yaml_model(path, Config)
