"""The words a SIPp scenario is written in: SDP, requests, responses, what to expect, what to play.

Words in [brackets] are SIPp's own and are filled in by it at run time.
"""

from __future__ import annotations

AUDIO = """\
m=audio [rtpstream_audio_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
"""
VIDEO = """\
m=video [auto_media_port+1000] RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=42e01f;packetization-mode=1
a=rtcp-fb:96 nack pli
"""
NO_VIDEO = "m=video 0 RTP/AVP 96\n"
VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
CONTACT = "Contact: <sip:lab@[local_ip]:[local_port];transport=[transport]>\n"
ALLOW = "Allow: INVITE,ACK,CANCEL,BYE,OPTIONS,UPDATE,INFO\n"
FROM_CALLER = "From: <sip:lab@[local_ip]:[local_port]>;tag=[pid]caller[call_number]\n"
TO_CALLED = "To: <sip:[service]@[target]>"
CALLEE_TAG = ";tag=[pid]callee[call_number]"

WANTS_VIDEO = "m=video [1-9][0-9]*"
WANTS_AUDIO = "m=audio [1-9][0-9]*"
HELD = "a=(recvonly|inactive)"
_AUDIO_SECTION = "m=audio([^m]|m[^=])*"
AUDIO_HELD = f"{_AUDIO_SECTION}a=(sendonly|inactive)"
"""An offer in which the sender holds the voice."""
AUDIO_HELD_BACK = f"{_AUDIO_SECTION}a=(recvonly|inactive)"
"""The answer to such an offer."""


def sdp(version: int = 1, video: str = "", audio_direction: str = "sendrecv") -> str:
    """`video`: a direction, `off` (port 0), or empty for no m=video at all."""
    lines = f"v=0\no=lab 1 {version} IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n"
    lines += AUDIO + f"a={audio_direction}\n"
    if video == "off":
        return lines + NO_VIDEO
    return lines + (VIDEO + f"a={video}\n" if video else "")


def body(content: str = "") -> str:
    if not content:
        return "Content-Length: 0\n\n"
    return f"Content-Type: application/sdp\nContent-Length: [len]\n\n{content}"


def send(message: str, retransmit: bool = False) -> str:
    attribute = ' retrans="500"' if retransmit else ""
    return f"  <send{attribute}><![CDATA[\n\n{message}]]></send>\n"


def initial_invite(content: str, headers: str = "") -> str:
    return send(
        f"INVITE sip:[service]@[target] SIP/2.0\n{VIA}{FROM_CALLER}{TO_CALLED}\nCall-ID: [call_id]\n"
        f"CSeq: 1 INVITE\n{CONTACT}Max-Forwards: 70\n{ALLOW}{headers}{body(content)}",
        retransmit=True,
    )


def caller_request(method: str, cseq: int, content: str = "") -> str:
    """A request of the caller inside the dialog."""
    return send(
        f"{method} [next_url] SIP/2.0\n{VIA}[routes]\n{FROM_CALLER}{TO_CALLED}[peer_tag_param]\nCall-ID: [call_id]\n"
        f"CSeq: {cseq} {method}\n{CONTACT}Max-Forwards: 70\n{body(content)}",
        retransmit=method != "ACK",
    )


def hop_request(method: str, tag: str = "") -> str:
    """CANCEL, or ACK of a failure: same Via and Request-URI as the INVITE (RFC 3261 9.1, 17.1.1.3)."""
    return send(
        f"{method} sip:[service]@[target] SIP/2.0\n"
        f"[last_Via:]\n{FROM_CALLER}{TO_CALLED}{tag}\nCall-ID: [call_id]\n"
        f"CSeq: 1 {method}\nMax-Forwards: 70\nContent-Length: 0\n\n",
        retransmit=method == "CANCEL",
    )


def callee_request(method: str, cseq: int, content: str = "", refused: bool = False) -> str:
    """A request of the callee inside the dialog; needs `SAVE_DIALOG` at the INVITE. `refused`: the ACK of a failure."""
    via = "[last_Via:]\n" if refused else VIA
    return send(
        f"{method} [$target] SIP/2.0\n{via}[routes]\nFrom:[$callee]{CALLEE_TAG}\nTo:[$caller]\nCall-ID: [call_id]\n"
        f"CSeq: {cseq} {method}\n{CONTACT}Max-Forwards: 70\n{body(content)}",
        retransmit=method != "ACK",
    )


def respond(status: int, reason: str, content: str = "", in_dialog: bool = False, saved: bool = False) -> str:
    """Answer the last request; `saved`: answer the INVITE that `SAVE_REQUEST` remembered."""
    tag = "" if in_dialog else CALLEE_TAG
    heads = (
        "Via:[$via]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\nCSeq:[$cseq]\n"
        if saved
        else f"[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n[last_CSeq:]\n"
    )
    if saved:
        heads = heads.replace("[last_From:]", "From:[$caller]").replace("[last_To:]", f"To:[$callee]{CALLEE_TAG}")
    contact = CONTACT if 100 < status < 300 else ""
    return send(
        f"SIP/2.0 {status} {reason}\n{heads}{contact}{ALLOW if content else ''}{body(content)}",
        retransmit=status >= 200 and (bool(content) or status >= 300),
    )


def expect(
    what: int | str, action: str = "", optional: bool = False, timeout: int | None = None, jump: str = ""
) -> str:
    """A response by status or a request by method. Anything else that comes fails the scenario."""
    kind = "response" if isinstance(what, int) else "request"
    route_set = ' rrs="true"' if what in (200, "INVITE") else ""
    extra = (' optional="true"' if optional else "") + (f' timeout="{timeout}"' if timeout else "") + jump
    return f'  <recv {kind}="{what}"{route_set}{extra}' + (f">{action}</recv>\n" if action else "/>\n")


def action(*steps: str) -> str:
    return "<action>" + "".join(steps) + "</action>"


def must_match(pattern: str, variable: str) -> str:
    """The message holds `pattern`, or the scenario fails."""
    return f'<ereg regexp="{pattern}" search_in="msg" check_it="true" assign_to="{variable}"/>'


def must_not_match(pattern: str, variable: str) -> str:
    return f'<ereg regexp="{pattern}" search_in="msg" check_it_inverse="true" assign_to="{variable}"/>'


def save_header(name: str, variable: str, pattern: str = ".*") -> str:
    return f'<ereg regexp="{pattern}" search_in="hdr" header="{name}:" assign_to="{variable}"/>'


def use(*variables: str) -> str:
    """SIPp refuses a variable that is set and never read."""
    return f'  <Reference variables="{",".join(variables)}"/>\n'


SAVE_DIALOG = (
    save_header("From", "caller") + save_header("To", "callee") + save_header("Contact", "target", "sip:[^&gt;]*")
)
SAVE_REQUEST = save_header("Via", "via") + save_header("CSeq", "cseq")
PROVISIONAL = expect(100, optional=True) + expect(180, optional=True) + expect(183, optional=True)


def pause(milliseconds: int) -> str:
    return f'  <pause milliseconds="{milliseconds}"/>\n'


def play_voice(side: str, payload_type: int = 8) -> str:
    """Loop `caller.al` or `callee.al` (A-law) as PCMA, as long as the call lasts."""
    return f'  <nop><action><exec rtp_stream="{side}.al,-1,{payload_type}"/></action></nop>\n'


PLAY_VIDEO = '  <nop><action><exec play_pcap_video="video.pcap"/></action></nop>\n'
END_OF_CALL = expect("BYE") + respond(200, "OK", in_dialog=True)
