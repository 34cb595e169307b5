"""`ims-avatar avatar`: what becomes of avatars. One file a sub-command."""
