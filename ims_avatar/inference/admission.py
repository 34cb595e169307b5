"""How many streams the pool takes. A place is reserved before anything is loaded and given back in every case."""

from __future__ import annotations

from types import TracebackType

from ims_avatar.errors import PoolFull


class Reservation:
    """One place, held until `release` (which may be called any number of times). Usable as a context manager."""

    __slots__ = ("_admission",)

    def __init__(self, admission: Admission) -> None:
        self._admission: Admission | None = admission

    @property
    def held(self) -> bool:
        return self._admission is not None

    def release(self) -> None:
        admission, self._admission = self._admission, None
        if admission is not None:
            admission._give_back()

    def __enter__(self) -> Reservation:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


class Admission:
    """Counts places taken, loading or running alike. Used from one thread."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._taken = 0

    @property
    def taken(self) -> int:
        return self._taken

    def reserve(self) -> Reservation:
        """A place. Raises `PoolFull`."""
        if self._taken >= self.capacity:
            raise PoolFull(
                f"all {self.capacity} places of the pool are taken",
                remedy="the call goes on as voice; raise pool.capacity if the machine can do more",
            )
        self._taken += 1
        return Reservation(self)

    def _give_back(self) -> None:
        self._taken -= 1
