from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.media_in.statistics import SourceStatistics
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.reports import SenderReport, ntp_timestamp

RATE = 8000


def packet(number: int, timestamp: int | None = None) -> RtpPacket:
    return RtpPacket(0, False, number & 0xFFFF, (160 * number if timestamp is None else timestamp) & 0xFFFFFFFF, 9, b"")


def after(numbers: list[int]) -> SourceStatistics:
    statistics = SourceStatistics(9)
    for number in numbers:
        statistics.add(packet(number), 0.02 * number, RATE)
    return statistics


def test_losses_are_counted_over_the_wrap() -> None:
    numbers = [number for number in range(65_500, 65_600) if number not in (65_535, 65_536, 65_550)]
    statistics = after(numbers)
    assert statistics.lost == 3
    assert statistics.block(0).highest_sequence == 65_599


def test_disorder_is_no_loss_and_a_late_packet_takes_one_back() -> None:
    assert after([1, 2, 4, 3, 5]).lost == 0
    assert after([1, 2, 4, 5]).lost == 1


def test_duplicates_make_the_count_negative_as_the_rfc_says() -> None:
    assert after([1, 2, 2, 2, 3]).lost == -2


def test_a_restart_of_the_source_is_no_loss() -> None:
    assert after([1, 2, 4, 30_000, 30_001, 30_003]).lost == 2


def test_the_fraction_is_of_the_interval() -> None:
    statistics = after([*range(100)])
    assert statistics.block(0).fraction_lost == 0
    for number in range(100, 200):
        if number % 4:
            statistics.add(packet(number), 0.02 * number, RATE)
    assert statistics.block(0).fraction_lost == 64
    assert statistics.block(0).fraction_lost == 0


def test_jitter_is_zero_for_an_even_stream_and_grows_to_the_mean_deviation() -> None:
    assert after([*range(500)]).jitter == pytest.approx(0, abs=1e-6)
    statistics, chance, seen = SourceStatistics(9), random.Random(1), []
    for number in range(5000):
        statistics.add(packet(number), 0.02 * number + chance.choice([0.0, 0.01]), RATE)
        seen.append(statistics.jitter / RATE)
    assert sum(seen[100:]) / len(seen[100:]) == pytest.approx(0.005, rel=0.1)


def test_events_that_keep_their_timestamp_are_not_timed() -> None:
    statistics = SourceStatistics(9)
    for number in range(50):
        statistics.add(packet(number), 0.02 * number, RATE)
        statistics.add(packet(1000 + number, timestamp=0), 0.02 * number, RATE, timed=False)
    assert statistics.jitter == pytest.approx(0, abs=1e-6)


def test_the_block_answers_the_last_sender_report() -> None:
    statistics = after([1])
    assert (statistics.block(5.0).last_sr, statistics.block(5.0).delay_since_last_sr) == (0, 0)
    statistics.note(SenderReport(9, ntp_timestamp(305419896.5), 0, 1, 1), 5.0)
    block = statistics.block(5.5)
    assert block.last_sr == ntp_timestamp(305419896.5) >> 16 & 0xFFFFFFFF
    assert block.delay_since_last_sr == 32_768


@given(st.lists(st.integers(0, 2000), max_size=60, unique=True).map(sorted), st.integers(0, 65_535))
def test_received_and_lost_make_up_what_was_expected(offsets: list[int], start: int) -> None:
    statistics = after([start + offset for offset in offsets])
    expected = offsets[-1] - offsets[0] + 1 if offsets else 0
    assert statistics.received + statistics.lost == expected
