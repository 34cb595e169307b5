"""Where runs are trained, and what they say of it. Needs the extra `train`."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")

import torch

from ims_avatar.training.distribution import device_here, spent
from ims_avatar.training.faces.personalised import usual_minutes
from ims_avatar.training.provenance import hardware, machines

pytestmark = pytest.mark.train


def test_a_run_names_every_machine_that_trained_it_and_none_that_only_wrote_it() -> None:
    here = hardware()
    assert machines([], finished=False) == [here]
    assert machines([here], finished=False) == [here]
    assert machines(["1 x NVIDIA H200"], finished=False) == ["1 x NVIDIA H200", here]
    assert machines(["1 x NVIDIA H200"], finished=True) == ["1 x NVIDIA H200"]


def test_torchrun_says_which_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_here({"LOCAL_RANK": "1"}) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_here({"LOCAL_RANK": "1"}) == torch.device("cuda", 1) and device_here({}) == torch.device("cuda", 0)


def test_time_of_a_processor_is_what_it_worked_and_of_a_gpu_what_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.process_time", lambda: 12.0)
    monkeypatch.setattr("time.monotonic", lambda: 500.0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    assert spent(torch.device("cpu")) == 3.0 and spent(torch.device("cuda")) == 500.0


def test_a_gpu_trains_for_minutes_where_a_processor_needs_ten() -> None:
    processor, gpu = torch.device("cpu"), torch.device("cuda")
    assert usual_minutes(processor) == 10 and usual_minutes(gpu) < 2
    assert usual_minutes(gpu, wide=True) > usual_minutes(gpu)
