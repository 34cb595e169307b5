"""One service for all tests that leave it alive; whoever kills or starves one starts its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab
from tests.support.ports import Loopback
from tests.support.product import Product, configuration
from tests.support.report import LINES
from tests.support.sipp_media import make_sipp_media

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LINES:
        terminalreporter.section("measured")
    for line in LINES:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def sipp_media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sipp_media(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, sipp_media: Path) -> Iterator[Lab]:
    """A service of four call workers. At the end every process of it must still be the one that started."""
    folder = tmp_path_factory.mktemp("lab")
    net = Loopback()
    product = Product.ready(folder, configuration(net, net.host(), sip={"workers": 4}))
    try:
        yield Lab(net, product, sipp_media, folder)
        product.assert_untouched()
    finally:
        product.stop()
