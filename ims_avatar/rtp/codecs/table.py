"""The one table of audio codecs. A codec that stands not here (EVS, and whatever comes) is relayed all the same."""

from __future__ import annotations

from ims_avatar.rtp.codecs.amr import AMR, AMR_WB
from ims_avatar.rtp.codecs.codec import AudioCodec
from ims_avatar.rtp.codecs.g711 import PCMA, PCMU
from ims_avatar.rtp.codecs.g722 import G722
from ims_avatar.rtp.codecs.opus import OPUS

AUDIO_CODECS = {codec.name: codec for codec in (PCMU, PCMA, G722, AMR, AMR_WB, OPUS)}


def find_codec(name: str) -> AudioCodec | None:
    """By the rtpmap's encoding name, without case."""
    return AUDIO_CODECS.get(name.upper())
