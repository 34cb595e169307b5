"""`serve` keeps its processes alive, and none outlives it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli_phone import SPEECH, Callee, call
from tests.support.ports import Loopback
from tests.support.process import process_exists, wait_until
from tests.support.product import Product, configuration


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    net = Loopback()
    service = Product.ready(tmp_path, configuration(net, net.host(), sip={"workers": 1}))
    yield service
    service.stop()


def test_no_process_survives_a_killed_supervisor(product: Product) -> None:
    os.kill(product.pids.supervisor, signal.SIGKILL)
    wait_until(lambda: not any(map(process_exists, product.pids.all())), 5, "a process outlived its supervisor")


def test_every_process_that_dies_is_started_again_and_calls_go_on(product: Product, tmp_path: Path) -> None:
    for name, pid in (
        ("front", product.pids.front),
        ("worker-1", product.pids.workers[0]),
        ("pool", product.pids.pool),
    ):
        os.kill(pid, signal.SIGKILL)
        died = product.wait_said("process died", child=name)
        assert died["how"] == "killed by SIGKILL"
    wait_until(lambda: len(product.said("front listens")) == 2, 20, "the front did not come back")
    wait_until(lambda: len(product.said("worker ready")) == 2, 20, "the worker did not come back")
    wait_until(lambda: len(product.said("pool runs")) == 2, 20, "the pool did not come back")
    assert process_exists(product.pids.supervisor)
    ports = {line["sip_port"] for line in product.said("front listens")}
    assert len(ports) == 1, "the front came back on another port"
    net = Loopback()
    product.config["peers"].append({"name": "test", "networks": [net.network]})
    product.config["next_hops"].append({"name": "test", "networks": [net.network]})
    product.write_config()
    product.hang_up()
    product.wait_said("configuration read again")
    with Callee(tmp_path / "callee", net.host(), "--expect-audio", "--expect-video") as callee:
        status, report = call(net, product, callee, "caller", "--play", str(SPEECH), "--seconds", "3", "--expect-audio")
        assert status == 0, report
        assert callee.result()[0] == 0


def test_a_second_signal_ends_at_once(product: Product) -> None:
    product.popen.send_signal(signal.SIGTERM)
    product.popen.send_signal(signal.SIGTERM)
    product.wait_exit(5)
    wait_until(lambda: not any(map(process_exists, product.pids.all())), 5, "a process was left behind")


def test_the_runtime_directory_is_private_and_goes_away(product: Product) -> None:
    folders = [
        path for path in Path("/proc", str(product.pids.pool), "cmdline").read_bytes().split(b"\0") if b"ipc://" in path
    ]
    folder = Path(folders[0].decode().removeprefix("ipc://")).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    product.drain()
    assert product.wait_exit(20) == 0
    assert not folder.exists()
