"""Our SIP test phone: places or takes calls, plays and records, and reports what it saw.

Hallway of a phone's process: `phone.py` is the device, `call.py` one call on it, `media.py` that call's sound and
picture. Used by `ims-avatar call` and `answer`, by the demo and by the bench.
"""
