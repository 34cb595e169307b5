from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.cli.bench.stage import Pair, Run
from ims_avatar.cli.bench.usage import Share, shares, usages
from ims_avatar.cli.judge.judgement import Judgement, LipFit, Measured, Spread
from ims_avatar.cli.judge.lip_sync import CURVE_RATE, arrival_skews, fitting_lag
from ims_avatar.cli.judge.sound_delay import added_delays, position_in
from ims_avatar.phone.recording import CallRecording
from ims_avatar.phone.report import CallReport, PictureReport, SoundReport

RATE = 16_000
PACKET_S = 0.02


def _speech(seconds: float = 6.0) -> NDArray[np.int16]:
    """Noise that swells and fades as speech does."""
    noise = np.random.default_rng(7).normal(0, 4000, round(seconds * RATE))
    swell = np.interp(
        np.arange(len(noise)), np.arange(0, len(noise), 3000), np.random.default_rng(8).random(-(-len(noise) // 3000))
    )
    return np.asarray(noise * swell, np.int16)


def _recording(**fields: object) -> CallRecording:
    nothing = np.empty(0)
    base = CallRecording(
        0.0, nothing, PACKET_S, np.empty(0, np.int16), np.empty((0, 2)), float("nan"), nothing, nothing, ()
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def _heard(
    spoken: NDArray[np.int16],
    sends: NDArray[np.floating],
    delay: NDArray[np.floating],
    missing: int,
) -> CallRecording:
    """What the listener has when the first `missing` packets never came."""
    count = len(sends) - missing
    arrivals = np.stack((np.arange(count) * PACKET_S, (sends + delay)[missing:]), axis=1)
    return _recording(sound=spoken[round(missing * PACKET_S * RATE) :], sound_arrivals=arrivals)


@pytest.mark.parametrize("missing", [0, 7])
def test_the_added_delay_is_found_packet_by_packet(missing: int) -> None:
    spoken = _speech()
    sends = 50.0 + np.arange(300) * PACKET_S
    delay = np.full(300, 0.12)
    delay[100:110] = 0.18
    found = added_delays(spoken, _recording(send_times=sends), _heard(spoken, sends, delay, missing))
    assert found is not None and len(found) == 300 - missing
    assert np.median(found) == pytest.approx(0.12)
    assert (found > 0.17).sum() == 10


def test_strange_sound_has_no_delay() -> None:
    other = np.asarray(np.random.default_rng(9).normal(0, 3000, 6 * RATE), np.int16)
    sends = 50.0 + np.arange(300) * PACKET_S
    listener = _heard(other, sends, np.zeros(300), 0)
    assert added_delays(_speech(), _recording(send_times=sends), listener) is None
    assert position_in(_speech(), np.zeros(RATE, np.int16)) is None


def test_arrival_skew_is_positive_when_the_sound_came_first() -> None:
    seconds = np.arange(100) * PACKET_S
    sound = np.stack((seconds, 10.0 + seconds + 0.14), axis=1)
    instants = 1000.0 + np.arange(10, 40) * 0.04
    late = _recording(
        sound_ntp=1000.0, sound_arrivals=sound, picture_ntp=instants, picture_arrivals=10.0 + instants - 1000.0 + 0.17
    )
    found = arrival_skews(late)
    assert found is not None and np.median(found) == pytest.approx(0.03, abs=0.011)
    assert arrival_skews(replace(late, sound_ntp=float("nan"))) is None


@pytest.mark.parametrize("late", [-0.08, 0.0, 0.06])
def test_lips_that_are_late_are_found_late(late: float) -> None:
    steps = np.arange(0, 8, 1 / CURVE_RATE)
    mouth = np.abs(np.sin(3 * steps) * np.sin(0.7 * steps))
    instants = np.arange(0.5, 7.5, 0.04)
    found = fitting_lag(np.interp(instants - late, steps, mouth), instants, mouth)
    assert found is not None and found.lag == pytest.approx(late, abs=0.01) and found.correlation > 0.95


SOUND = SoundReport("PCMU", 100, 100, 0, 0.5, True, 0.1)
PICTURE = PictureReport("H264", "recvonly", "re-INVITE", 50, 50, 0, 2, 25.0, 512, 512, 400_000, 90, 0, 0.2)
REPORT = CallReport("sip:bench-0@y", True, 200, "us", 0.01, 0.02, 4.0, SOUND, PICTURE)
GOOD = Judgement(REPORT, Spread(119, 120, 130), Spread(-20, -5, 10), LipFit(-3, 0.97), LipFit(-3, 0.8))


def test_a_good_call_misses_no_aim() -> None:
    assert GOOD.missed_aims() == []


@pytest.mark.parametrize(
    ("judgement", "aim"),
    [
        (replace(GOOD, added_delay=Spread(119, 120, 151)), "added audio delay"),
        (replace(GOOD, added_delay=None), "added audio delay"),
        (replace(GOOD, skew=Spread(-61, 0, 0)), "sound within"),
        (replace(GOOD, lips_to_speech=LipFit(45, 0.9)), "lips within"),
        (replace(GOOD, report=replace(REPORT, picture=replace(PICTURE, first_picture_s=1.2))), "first picture"),
        (replace(GOOD, report=replace(REPORT, picture=replace(PICTURE, frames_per_second=20.0))), "25 pictures"),
        (replace(GOOD, report=replace(REPORT, sound=replace(SOUND, packets_lost=1))), "no packet of voice"),
    ],
)
def test_each_aim_can_be_missed(judgement: Judgement, aim: str) -> None:
    missed = judgement.missed_aims()
    assert len(missed) == 1 and aim in missed[0]


def test_the_bench_sums_up_all_calls() -> None:
    from ims_avatar.cli.bench.results import call_table, process_table, sum_up

    pair = Pair(REPORT, REPORT, (None, 0), (None, 0))  # type: ignore[arg-type]
    direct = Pair(replace(REPORT, answered_after_s=0.005), REPORT, (None, 0), (None, 0))  # type: ignore[arg-type]
    run = Run(
        [pair, pair],
        [Share("pool", 1, 40.0, 200.0), Share("front", 2, 1.0, 30.0)],
        [Share("callee-0", 3, 9.0, 50.0)],
        3.0,
        [],
    )
    found = Measured(REPORT, np.full(100, 0.12), np.full(50, -0.005), LipFit(-3, 0.97), None)
    result = sum_up(Run([direct], [], [], 0.0, []), run, [found, found], [np.zeros(10)], 20.0)
    assert (result.cpu_percent, result.memory_mb, result.phones_cpu_percent) == (41.0, 230.0, 9.0)
    assert result.setup_ms == 20.0 and result.setup_direct_ms == 5.0
    assert result.added_delay == Spread(120.0, 120.0, 120.0)
    assert result.as_json()["cpu_percent_a_call"] == 20.5
    assert (
        process_table(result).row_count == 6 and result.others_cpu_percent == 3.0 and call_table(result).row_count >= 8
    )


def test_usage_grows_with_work_and_only_for_who_is_there() -> None:
    import os

    before = usages([os.getpid(), 2**22 + 1])
    assert list(before) == [os.getpid()] and before[os.getpid()].memory_mb > 5
    sum(n * n for n in range(300_000))
    share = shares({os.getpid(): "me", 2**22 + 1: "nobody"}, before, usages([os.getpid()]), 1.0)
    assert [one.name for one in share] == ["me"] and share[0].cpu_percent >= 0
