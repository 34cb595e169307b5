"""`ims-avatar doctor`: what is installed, what that limits, and what to do about it. One file per subject."""
