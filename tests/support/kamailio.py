"""Kamailio 5 as registrar and proxy between the phones and the service, without a database."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.ports import free_sip_port
from tests.support.process import Process
from tests.support.requirement import find

CONFIG = """\
debug=2
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:{host}:{port}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
modparam("usrloc", "db_mode", 0)

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "Not here"); exit;
    }}
    if (is_method("REGISTER")) {{ if (!save("location")) sl_reply_error(); exit; }}
    remove_hf("Route");
    if (is_method("INVITE")) record_route();
    # Every call passes the avatar service once: what comes from there goes to the phone.
    if ($si != "{service_host}") {{ t_relay_to_udp("{service_host}", "{service_port}"); exit; }}
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    t_relay();
}}
"""


class Kamailio(Process):
    """Listens at `address` once constructed; sends every call through `service` (host:port)."""

    def __init__(self, folder: Path, host: str, service: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.address = f"{host}:{free_sip_port(host)}"
        service_host, _, service_port = service.rpartition(":")
        modules = sorted(Path("/usr/lib").glob("*/kamailio/modules"))
        assert modules, f"Kamailio has no modules on this {sys.platform}"
        (folder / "kamailio.cfg").write_text(
            CONFIG.format(
                host=host,
                port=self.address.rpartition(":")[2],
                modules=modules[0],
                service_host=service_host,
                service_port=service_port,
            )
        )
        program = find("kamailio") or "kamailio"
        argv = [program, "-DD", "-E", "-f", folder / "kamailio.cfg", "-w", folder, "-m", "64", "-M", "8", "-Y", folder]
        super().__init__([*argv, "-P", folder / "pid"], folder / "kamailio.log", cwd=folder)
        self.wait_log(r"Listening on|processes|children")
