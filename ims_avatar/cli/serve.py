"""`ims-avatar serve`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ims_avatar.config import load_config
from ims_avatar.ops.log import set_up_log


def serve(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration (YAML); without it: defaults.")
    ] = None,
) -> None:
    """Run the service until SIGTERM.

    SIGTERM or Ctrl-C drains: new calls get 503, running ones may finish within sip.drain_grace_s. A second one ends at
    once. SIGHUP reads the configuration again for calls that begin from then on. The log goes to standard error.
    """
    settings = load_config(config)
    set_up_log(settings.log, "supervisor")
    from ims_avatar.serve.supervisor import serve as run_service  # heavy: only this command needs it

    raise typer.Exit(asyncio.run(run_service(settings, config.resolve() if config else None)))
