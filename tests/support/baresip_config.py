"""The files baresip reads: a softphone without sound card, camera, display or registrar."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

CONFIG = """\
poll_method             epoll
sip_listen              {host}:{sip_port}
call_local_timeout      120
call_max_calls          4
audio_player            aubridge,sink
audio_source            {audio_source}
audio_alert             ausine,440
ausrc_srate             {audio_rate}
ausrc_channels          {audio_channels}
audio_level             no
audio_buffer            20-160
video_source            fakevideo,nil
video_display           fakevideo,nil
video_size              512x512
video_bitrate           400000
video_fps               25.00
videnc_format           yuv420p
rtp_ports               {rtp_low}-{rtp_high}
rtcp_mux                no
jitter_buffer_delay     5-10
rtp_stats               yes
net_interface           {host}
module_path             {modules}
module                  g722.so
module                  g711.so
module                  opus.so
module                  amr.so
module                  sndfile.so
module                  snapshot.so
module                  aufile.so
module                  ausine.so
module                  aubridge.so
{video_modules}
module_tmp              uuid.so
module_tmp              account.so
module_app              debug_cmd.so
module_app              menu.so
module_app              rtcpsummary.so
module_app              ctrl_tcp.so
ctrl_tcp_listen         {host}:{control_port}
snd_path                {recordings}
menu_bell               no
opus_bitrate            28000
"""

VIDEO_MODULES = "module                  avcodec.so\nmodule                  fakevideo.so"


@dataclass(frozen=True)
class PhoneSettings:
    """What a test chooses; the rest is the same for every phone."""

    audio: str = "ausine,440"
    """`ausine,HZ` or `aufile,PATH`."""
    audio_codecs: str = "PCMA,PCMU"
    video: bool = True
    """True: its own INVITE offers video, and an added video is taken. False: it knows no video codec, offers
    sound only and answers every m=video with port 0."""
    outbound: str = ""
    """Proxy of every call, host:port; empty: calls go where their URI says."""
    transport: str = "udp"
    register_at: str = ""
    """Domain (host:port) to register at."""
    answer: str = "auto"
    """`auto`: 200 at once; `manual`: rings until `Baresip.accept`."""


def module_path() -> Path:
    """Where Debian (any architecture) or a local build keeps the modules."""
    for place in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"):
        if Path(place).is_dir():
            return Path(place)
    found = sorted(Path("/usr/lib").glob("*/baresip/modules"))
    if not found:
        raise AssertionError("baresip is installed without modules; on Debian: apt-get install baresip-core")
    return found[0]


def source_format(audio: str) -> tuple[int, int]:
    """Rate and channels the source delivers. baresip 1.0.0 stays in 180 for ever when they are not stated exactly:
    ausine does 48 kHz stereo only, aufile only what the file has."""
    if not audio.startswith("aufile,"):
        return 48_000, 2
    with wave.open(audio.partition(",")[2]) as source:
        return source.getframerate(), source.getnchannels()


def account_line(user: str, host: str, sip_port: int, settings: PhoneSettings) -> str:
    domain = settings.register_at or f"{host}:{sip_port}"
    parameters = [
        f"regint={60 if settings.register_at else 0}",
        f"answermode={settings.answer}",
        f"audio_codecs={settings.audio_codecs}",
    ]
    if settings.video:
        parameters.append("video_codecs=h264")
    proxy = settings.outbound or settings.register_at
    if proxy:
        parameters.append(f'outbound="sip:{proxy};transport={settings.transport}"')
    return f"<sip:{user}@{domain};transport={settings.transport}>;" + ";".join(parameters) + "\n"
