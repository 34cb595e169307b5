"""The media of one call: two legs, the relay between them, the tap for the avatar, and the avatar's pictures.

Hallway: `call.py` makes one `CallMedia` a call and tells it what was negotiated; nothing here knows SIP. The test phone
uses `RtpSession` alone.
"""

from ims_avatar.call_media.call_media import CallMedia
from ims_avatar.call_media.leg import LegMedia
from ims_avatar.call_media.listener import MediaListener
from ims_avatar.call_media.rtp_session import RtpSession, SessionHandlers
from ims_avatar.call_media.statistics import CallStatistics, LegStatistics, StreamCounters

__all__ = [
    "CallMedia",
    "CallStatistics",
    "LegMedia",
    "LegStatistics",
    "MediaListener",
    "RtpSession",
    "SessionHandlers",
    "StreamCounters",
]
