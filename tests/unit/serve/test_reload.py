from __future__ import annotations

import pytest

from ims_avatar.config import Config
from ims_avatar.serve.reload import BOUND_AT_START, changed_sections, merge


def _config(**sections: object) -> Config:
    return Config.model_validate(sections, strict=False)


def test_rules_and_peers_hold_at_once() -> None:
    wanted = _config(
        rules=[{"name": "all", "whose": "caller"}],
        peers=[{"name": "lab", "networks": ["127.9.0.0/16"]}],
        video={"width": 256},
    )
    merged, restart = merge(Config(), wanted)
    assert merged == wanted and restart == []
    assert changed_sections(Config(), merged) == ["peers", "rules", "video"]


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"sip": {"port": 5070, "retry_after_s": 9}}, ["sip.port"]),
        ({"sip": {"workers": 8}, "pool": {"capacity": 3}}, ["sip.workers", "pool"]),
        ({"media": {"rtp_ports": [30000, 31000], "audio_delay_ms": 90}}, ["media.rtp_ports"]),
        ({"avatars": {"paths": ["/srv/avatars"]}}, ["avatars.paths"]),
        ({"log": {"level": "debug"}}, ["log"]),
    ],
)
def test_what_was_bound_at_the_start_is_kept_and_named(sections: dict[str, object], named: list[str]) -> None:
    running = Config()
    merged, restart = merge(running, _config(**sections))
    assert restart == named
    for path in BOUND_AT_START:
        before, after = running.model_dump(), merged.model_dump()
        for key in path:
            before, after = before[key], after[key]
        assert after == before


def test_fields_beside_a_bound_one_change() -> None:
    merged, _ = merge(Config(), _config(sip={"port": 5070, "retry_after_s": 9}, media={"audio_delay_ms": 90}))
    assert (merged.sip.retry_after_s, merged.media.audio_delay_ms, merged.sip.port) == (9, 90, 5060)


def test_every_bound_field_exists() -> None:
    tree = Config().model_dump()
    for path in BOUND_AT_START:
        node = tree
        for key in path:
            node = node[key]
