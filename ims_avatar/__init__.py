"""An IMS/telephony plugin that gives a voice call a talking 2D avatar. Start reading at `call.py`."""

__version__ = "0.1.0"
