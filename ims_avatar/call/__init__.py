"""One call through us, from INVITE to the last BYE. Hallway: joins signalling, media and the avatar pool. Read
`avatar_call.py` first."""

from ims_avatar.call.avatar_call import AvatarCall
from ims_avatar.call.site import CallSite

__all__ = ["AvatarCall", "CallSite"]
