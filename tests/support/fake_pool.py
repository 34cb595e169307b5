"""The real pool process with avatars that draw coded pictures: `python -m tests.support.fake_pool --endpoint ipc://...`.

The mouth of a fake avatar is as open as the tone of its speech is high, so that each picture says whose it is.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from numpy.typing import NDArray

from ims_avatar.config import AvatarsConfig, Config, LogConfig, PoolConfig
from ims_avatar.driving.features import SILENT
from ims_avatar.errors import AvatarError, AvatarNotFound, CorruptModel
from ims_avatar.inference.engines.fake import FakeEngine
from ims_avatar.ops.log import set_up_log
from ims_avatar.pool_process.__main__ import run_pool
from ims_avatar.pool_process.studio import LoadedAvatar
from tests.support.pitch import HIGHEST_OPENING, PICTURE_FRAME

SLOW_LOAD = 1.0


class PitchLips:
    """Lip codes whose opening is the band that is loudest at the instant shown: 0 in silence."""

    def lip_codes(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        codes = np.zeros((len(windows), 8), np.float32)
        here = windows[:, PICTURE_FRAME]
        bands = here.argmax(axis=1) / (here.shape[1] - 1)
        codes[:, 0] = np.where(here.max(axis=1) > SILENT + 0.5, bands * HIGHEST_OPENING, 0.0)
        return codes


class BreakingEngine(FakeEngine):
    """Its model breaks in the fifth step."""

    def render(self, loop_index: int, lip_codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        self._steps = getattr(self, "_steps", 0) + 1
        if self._steps == 5:
            raise AvatarError("the model's output is not finite", remedy="export the avatar again")
        return super().render(loop_index, lip_codes)


LIPS = PitchLips()


def load(name: str) -> LoadedAvatar:
    match name:
        case "fake" | "other":
            return LoadedAvatar(FakeEngine(avatar=name), LIPS)
        case "small":
            return LoadedAvatar(FakeEngine(avatar=name, width=128, height=128), LIPS)
        case "slow":
            time.sleep(SLOW_LOAD)
            return LoadedAvatar(FakeEngine(avatar=name), LIPS)
        case "breaking":
            return LoadedAvatar(BreakingEngine(avatar=name), LIPS)
        case "corrupt":
            raise CorruptModel("renderer.onnx is not the file of the manifest", remedy="install the avatar again")
        case "buggy":
            raise KeyError("landmarks")
    raise AvatarNotFound(f"there is no avatar {name!r}", remedy="name one of: fake, small")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--capacity", type=int, default=16)
    arguments = parser.parse_args()
    config = Config(pool=PoolConfig(capacity=arguments.capacity), avatars=AvatarsConfig(default="fake"))
    set_up_log(LogConfig(level="debug"), "pool")
    run_pool(config, arguments.endpoint, load)
    return 0


if __name__ == "__main__":
    sys.exit(main())
