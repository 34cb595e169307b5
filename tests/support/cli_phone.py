"""`ims-avatar call` and `answer` as scripts use them: started, waited for, judged by exit status and JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.ports import Loopback
from tests.support.process import Process
from tests.support.product import Product

REPOSITORY = Path(__file__).parents[2]
SPEECH = REPOSITORY / "ims_avatar/cli/demo_speech.wav"
COMMAND = [sys.executable, "-m", "ims_avatar.cli"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
"""The tree under test, installed or not."""


class Callee(Process):
    """`ims-avatar answer`, waiting."""

    def __init__(self, folder: Path, host: str, *options: str) -> None:
        argv = [*COMMAND, "answer", "--address", host, "--port", "0", "--wait", "40", "--json", *options]
        super().__init__(argv, folder / "callee.log", env={"PYTHONPATH": str(REPOSITORY)})
        line = self.wait_log(r'\{"event": "phone ready".*\}', 30)
        self.port = json.loads(line[0])["sip_port"]
        self.host = host

    def result(self) -> tuple[int, dict[str, Any]]:
        """Its exit status and the JSON it ends with."""
        status = self.wait_exit(30)
        text = self.text()
        return status, json.loads(text[text.index("\n{\n") :])


def call(
    net: Loopback, product: Product | None, callee: Callee, user: str, *options: str
) -> tuple[int, dict[str, Any]]:
    """One call to `user` at `callee`, through the service if one is given: exit status and report of the caller."""
    argv = [*COMMAND, "call", f"sip:{user}@{callee.host}:{callee.port}", "--address", net.host(), "--json", *options]
    argv += ["--via", f"sip:{product.sip}"] if product else []
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, env=ENVIRONMENT, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)
