from __future__ import annotations

from ims_avatar.signalling.worker_places import REMEMBERED_S, RESERVATION_S, WorkerPlaces

A, B = ("192.0.2.1", 6001), ("192.0.2.1", 6002)


def two_workers() -> WorkerPlaces:
    places = WorkerPlaces()
    places.add("a", A, 2, 4000)
    places.add("b", B, 1, 4000)
    return places


def reserved(places: WorkerPlaces, call_id: str, now: float = 0.0, branch: str = "z1") -> str | None:
    destination = places.reserve(call_id, branch, now)
    return destination.worker if destination else None


def test_the_emptiest_worker_takes_the_call_until_all_are_full() -> None:
    places = two_workers()
    assert [reserved(places, call) for call in ("1", "2", "3", "4")] == ["a", "a", "b", None]
    assert places.free == 0


def test_a_place_is_taken_before_the_worker_knows() -> None:
    """Ten INVITEs in one instant: three are taken, not ten."""
    places = two_workers()
    assert sum(reserved(places, str(n)) is not None for n in range(10)) == 3


def test_a_retransmission_takes_no_second_place() -> None:
    places = two_workers()
    assert reserved(places, "1") == "a"
    assert reserved(places, "1", now=0.5) == "a"
    assert places.free == 2


def test_an_ended_call_frees_its_place_and_is_remembered() -> None:
    places = two_workers()
    for call in ("1", "2", "3"):
        reserved(places, call)
    places.report("a", ["1", "2"], [], now=1.0)
    places.report("a", ["2"], ["1"], now=2.0)
    late = places.of_call("1")
    assert late is not None and late.worker == "a"
    assert reserved(places, "4", now=3.0) == "a"
    places.report("a", ["2", "4"], [], now=4.0)
    places.report("b", ["3"], [], now=4.0)
    assert places.reserve("5", "z", now=2.0 + REMEMBERED_S) is None
    assert places.of_call("1") is None


def test_a_late_retransmission_of_an_ended_call_finds_its_worker() -> None:
    places = two_workers()
    reserved(places, "1", branch="z1")
    places.report("a", [], ["1"], now=1.0)
    assert reserved(places, "1", now=2.0, branch="z1") == "a"
    assert places.free == 3
    reserved(places, "1", now=3.0, branch="z2")
    assert places.free == 2


def test_a_refused_invite_frees_its_place_but_a_running_call_stays() -> None:
    places = two_workers()
    reserved(places, "1")
    places.release("1")
    assert places.free == 3
    reserved(places, "2")
    places.report("a", ["2"], [], now=1.0)
    places.release("2")
    assert places.free == 2


def test_a_reservation_that_the_worker_never_confirms_expires() -> None:
    places = two_workers()
    for call in ("1", "2", "3"):
        reserved(places, call)
    assert reserved(places, "4", now=RESERVATION_S - 0.1) is None
    assert reserved(places, "4", now=RESERVATION_S) is not None


def test_a_dead_worker_takes_its_calls_with_it_and_no_others() -> None:
    places = two_workers()
    for call in ("1", "2", "3"):
        reserved(places, call)
    places.remove("a")
    assert (places.of_call("1"), places.at(A), places.free) == (None, None, 0)
    assert places.of_call("3") is not None
    places.add("a", A, 2, 4000)
    assert reserved(places, "4") == "a"


def test_a_report_of_an_unknown_worker_is_nothing() -> None:
    places = two_workers()
    places.report("ghost", ["1"], ["2"], now=0.0)
    assert places.free == 3
