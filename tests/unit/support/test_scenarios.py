from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support.scenarios import SCENARIOS, write_scenario


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_xml_with_something_to_send_and_to_expect(name: str, tmp_path: Path) -> None:
    root = ET.parse(write_scenario(name, tmp_path / "scenario.xml")).getroot()
    assert root.get("name") == name
    assert root.find("send") is not None
    assert root.find("recv") is not None
    set_variables = {ereg.get("assign_to") for ereg in root.iter("ereg")}
    referenced = ",".join(node.get("variables", "") for node in root.iter("Reference")).split(",")
    sent = "".join(node.text or "" for node in root.iter("send"))
    assert not {name for name in set_variables if name not in referenced and f"[${name}]" not in sent}
