"""`ims-avatar serve`: the supervisor of one front, several call workers and one pool process.

`supervisor.py` starts and ends them, `switchboard.py` decides who is told what, `preflight.py` refuses what cannot
work before anything is started, `reload.py` says what of a new configuration can hold at once.
"""
