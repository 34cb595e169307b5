from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.training.films.film_identity import of_another_person
from tests.support.plain_film import plain_face, plain_film


def test_of_two_people_who_are_seen_in_turn_the_one_seen_longest_is_kept() -> None:
    host = [plain_face(yaw=float(yaw), opening=0.1) for yaw in np.linspace(-15, 15, 30)]
    guest = [plain_face(wide=1.15) for _ in range(20)]
    track = plain_film(np.stack([*host, *guest, *host, *guest]))
    shots = np.repeat([0, 1, 2, 3], [30, 20, 30, 20])
    assert (of_another_person(track, shots) == np.isin(shots, (1, 3))).all()


def test_one_person_in_many_shots_is_one_person() -> None:
    track = plain_film(np.stack([plain_face(yaw=float(yaw)) for yaw in np.linspace(-20, 20, 100)]))
    assert not of_another_person(track, np.repeat(np.arange(4), 25)).any()


def test_nothing_is_said_of_shots_too_short_to_know_a_face_by() -> None:
    track = plain_film(np.stack([plain_face()] * 60 + [plain_face(wide=1.15)] * 8))
    assert not of_another_person(track, np.repeat([0, 1], [60, 8])).any()
