"""Peer profiles: what one kind of peer or network wants of us, read from YAML. The fields are explained in
sip_profiles/README.md; a test compares the two."""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from ims_avatar.config import Config, Section
from ims_avatar.errors import ConfigError
from ims_avatar.signalling.h264 import profile_of
from ims_avatar.yaml_model import load_yaml_model

RtpProfile: TypeAlias = Literal["AVP", "AVPF"]
OwnCodecName: TypeAlias = Literal["PCMU", "PCMA", "G722", "AMR", "AMR-WB", "opus"]
"""Audio codecs that we can name in an offer of our own, and that the avatar can hear."""
VideoWay: TypeAlias = Literal["offer", "answer", "reinvite"]
Feedback: TypeAlias = Literal["nack", "nack pli", "ccm fir", "ccm tmmbr"]

_OF_ONE_DIALOG: Final = re.compile(
    "via|record-route|route|contact|call-id|cseq|from|to|max-forwards|content-.*|require|supported|allow|"
    "session-expires|min-se|rseq|rack|(proxy-)?(authorization|authenticate)|www-authenticate",
    re.IGNORECASE,
)


def _profile_level_id(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{6}", value) or profile_of(value) is None:
        raise ValueError(
            f"{value!r} is not a profile-level-id whose profile can show constrained baseline; write six hex digits "
            "such as 42e01f (constrained baseline, level 3.1)"
        )
    return value.lower()


def _codec_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.+_-]+", value):
        raise ValueError(f"{value!r} is not an encoding name; write it as in a=rtpmap, e.g. PCMU or AMR-WB")
    return value


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!%*_+`'~.-]+", value):
        raise ValueError(f"{value!r} is not a SIP header name")
    if _OF_ONE_DIALOG.fullmatch(value):
        raise ValueError(f"{value} belongs to one dialog and never crosses to the other leg; remove it")
    return value


CodecName: TypeAlias = Annotated[str, AfterValidator(_codec_name)]
ProfileLevelId: TypeAlias = Annotated[str, AfterValidator(_profile_level_id)]
HeaderName: TypeAlias = Annotated[str, AfterValidator(_header_name)]


class CodecChoice(Section):
    """Which codecs may pass between this peer and any other. Encoding names compare without case."""

    allowed: Literal["any"] | tuple[CodecName, ...] = "any"
    dropped: tuple[CodecName, ...] = ()
    preferred: tuple[CodecName, ...] = ()

    @model_validator(mode="after")
    def _lists_agree(self) -> CodecChoice:
        if self.allowed == ():
            raise ValueError("allowed is empty, so nothing could pass; name codecs or write any")
        for name in self.preferred:
            if not self.permits(name):
                raise ValueError(f"preferred codec {name} is not allowed; add it to allowed or stop preferring it")
        both = [name for name in self.dropped if self.allowed != "any" and name in self.allowed]
        if both:
            raise ValueError(f"{', '.join(both)} is both allowed and dropped; remove it from one of the lists")
        return self

    def permits(self, codec: str) -> bool:
        name = codec.upper()
        if name in {dropped.upper() for dropped in self.dropped}:
            return False
        return self.allowed == "any" or name in {allowed.upper() for allowed in self.allowed}

    def rank(self, codec: str) -> int:
        """Place among the preferred; those that are not preferred come after all that are."""
        names = [name.upper() for name in self.preferred]
        return names.index(codec.upper()) if codec.upper() in names else len(names)


class AudioProfile(CodecChoice):
    offered: tuple[OwnCodecName, ...] = Field(("G722", "PCMA", "PCMU"), min_length=1)
    rtp_profile: RtpProfile = "AVP"
    dtmf: Literal["telephone-event", "none"] = "telephone-event"
    ptime_ms: int = Field(20, ge=10, le=60, multiple_of=10)

    @model_validator(mode="after")
    def _offers_what_it_allows(self) -> AudioProfile:
        for name in self.offered:
            if not self.permits(name):
                raise ValueError(f"offered codec {name} is not allowed; add it to allowed or stop offering it")
        return self


class VideoProfile(CodecChoice):
    packetization_modes: tuple[Literal[0, 1], ...] = Field((1, 0), min_length=1)
    preferred_packetization_mode: Literal[0, 1] = 1
    profile_level_ids: tuple[ProfileLevelId, ...] = Field(
        ("42e01f", "42001f", "4d001f", "64001f", "640c1f"), min_length=1
    )
    default_profile_level_id: ProfileLevelId = "42000a"
    level_asymmetry: bool = True
    rtp_profile: RtpProfile = "AVP"
    rtcp_fb: tuple[Feedback, ...] = ("nack pli", "ccm fir")
    rtcp_fb_in_avp: bool = True
    mtu: int = Field(1200, ge=256, le=1500)
    bit_rate: int | None = Field(None, ge=50_000, le=10_000_000)
    bandwidth_lines: tuple[Literal["AS", "TIAS"], ...] = ("AS",)
    bandwidth_as_kbps: int | None = Field(None, ge=50, le=20_000)

    @model_validator(mode="after")
    def _possible(self) -> VideoProfile:
        if self.preferred_packetization_mode not in self.packetization_modes:
            modes = ", ".join(map(str, self.packetization_modes))
            raise ValueError(
                f"preferred_packetization_mode {self.preferred_packetization_mode} is not among packetization_modes "
                f"({modes}); add it there or prefer another"
            )
        kinds = [profile_of(level_id) for level_id in self.profile_level_ids]
        for level_id, kind in zip(self.profile_level_ids, kinds, strict=True):
            if kinds.count(kind) > 1:
                raise ValueError(f"profile_level_ids: {level_id} is {kind} like another; keep the one with your level")
        if self.rtp_profile == "AVP" and self.rtcp_fb and not self.rtcp_fb_in_avp:
            raise ValueError("rtp_profile AVP carries no rtcp_fb; write AVPF, rtcp_fb: [] or rtcp_fb_in_avp: true")
        if self.bandwidth_as_kbps is not None and "AS" not in self.bandwidth_lines:
            raise ValueError("bandwidth_as_kbps is set but bandwidth_lines has no AS; add it or remove the number")
        if self.bandwidth_as_kbps is not None and 1000 * self.bandwidth_as_kbps < (self.bit_rate or 0):
            raise ValueError(
                f"bandwidth_as_kbps {self.bandwidth_as_kbps} is under bit_rate {self.bit_rate} (bit/s); "
                "raise the first or lower the second"
            )
        return self


class AddVideo(Section):
    ways: tuple[VideoWay, ...] = ("offer", "answer", "reinvite")
    reinvite_delay_s: float = Field(0.0, ge=0, le=30)
    answer_timeout_s: float = Field(10.0, gt=0, le=64)
    glare_retries: int = Field(3, ge=0, le=10)

    @model_validator(mode="after")
    def _possible(self) -> AddVideo:
        if "reinvite" not in self.ways and self.reinvite_delay_s:
            raise ValueError("reinvite_delay_s is set but ways has no 'reinvite'; add it or remove the delay")
        return self


class Timers(Section):
    session_timer: Literal["off", "optional", "required"] = "optional"
    session_expires_s: int = Field(1800, ge=90, le=86_400)
    min_se_s: int = Field(90, ge=90, le=86_400)
    reliable_provisional: Literal["off", "optional", "required"] = "optional"

    @model_validator(mode="after")
    def _possible(self) -> Timers:
        if self.session_expires_s < self.min_se_s:
            raise ValueError(
                f"session_expires_s {self.session_expires_s} is under min_se_s {self.min_se_s} (RFC 4028 section 4); "
                "raise the first or lower the second"
            )
        return self


class PeerProfile(Section):
    description: str
    transport: Literal["udp", "tcp"] = "udp"
    audio: AudioProfile = AudioProfile()
    video: VideoProfile = VideoProfile()
    add_video: AddVideo = AddVideo()
    timers: Timers = Timers()
    copied_headers: tuple[HeaderName, ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> PeerProfile:
        if self.add_video.ways and not self.video.permits("H264"):
            raise ValueError("add_video has ways but video does not allow H264, which avatars are sent in; allow it")
        return self


def load_profile(name: str, directory: Path | None = None) -> PeerProfile:
    """`<name>.yaml` in `directory` (`config.profiles_path`) or else among the shipped ones. Raises `ConfigError`."""
    if directory is not None and (directory / f"{name}.yaml").is_file() and name in profile_names(directory):
        return load_yaml_model(directory / f"{name}.yaml", PeerProfile)
    if name not in profile_names():
        known = sorted({*profile_names(), *(profile_names(directory) if directory else ())})
        raise ConfigError(
            f"no SIP profile {name!r}", remedy=f"use one of {', '.join(known)}, or add {name}.yaml to profiles_path"
        )
    with as_file(files("sip_profiles") / f"{name}.yaml") as path:
        return load_yaml_model(path, PeerProfile)


def load_profiles(config: Config) -> dict[str, PeerProfile]:
    """Every profile that peers and next hops of the configuration name. Raises `ConfigError`."""
    names = {peer.profile for peer in config.peers} | {hop.profile for hop in config.next_hops}
    return {name: load_profile(name, config.profiles_path) for name in sorted(names)}


def profile_names(directory: Path | None = None) -> tuple[str, ...]:
    """Names of the shipped profiles, or of those in `directory`. Raises `ConfigError` when it cannot be listed."""
    try:
        entries = [entry.name for entry in (directory or files("sip_profiles")).iterdir()]
    except OSError as error:
        raise ConfigError(
            f"{directory}: profiles cannot be listed ({error.strerror})", remedy="mend profiles_path"
        ) from error
    return tuple(sorted(entry.removesuffix(".yaml") for entry in entries if entry.endswith(".yaml")))
