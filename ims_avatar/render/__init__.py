"""Films and live streams of an avatar, without a call. A hallway: driving input -> lip codes -> pictures -> output.

`render_film` is the loop; `output` says where a film may go, `film` writes it there, `live` keeps it to real time.
"""
