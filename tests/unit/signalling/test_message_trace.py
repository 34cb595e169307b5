from __future__ import annotations

from ims_avatar.signalling.message_trace import message_in

BYE = "BYE sip:x@127.0.0.1:5060 SIP/2.0\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n"
SENT = f"pjsua_core.c  .TX {len(BYE)} bytes Request msg BYE/cseq=2 to UDP 127.0.0.1:5060:\n{BYE}\n--end msg--"
RECEIVED = SENT.replace("TX", "RX").replace(" to UDP", " from UDP")


def test_a_sent_and_a_received_message_are_told_apart() -> None:
    sent, received = message_in(SENT), message_in(RECEIVED)
    assert sent is not None and sent[0] and sent[1].startswith("BYE sip:x@127.0.0.1:5060 SIP/2.0\r\nCSeq: 2 BYE\r\n")
    assert received is not None and not received[0] and received[1] == sent[1]


def test_an_entry_that_only_mentions_a_message_is_none() -> None:
    assert message_in("14:50:07.377 sip_endpoint.c  Processing incoming message: Request msg BYE/cseq=2") is None
    assert message_in(SENT.removesuffix("--end msg--")) is None
