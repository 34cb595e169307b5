"""The avatars of one call: a viewer's negotiated video becomes a stream of the pool, the speaker's voice drives it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from ims_avatar.call_media import CallMedia
from ims_avatar.config import Side
from ims_avatar.errors import ImsAvatarError
from ims_avatar.flow import AccessUnit, AudioChunk, NegotiatedVideo
from ims_avatar.inference.client import PoolClient
from ims_avatar.inference.protocol import StreamSpec
from ims_avatar.signalling.rules import AvatarStream

log = structlog.get_logger()


@dataclass(slots=True)
class _Shown:
    plan: AvatarStream
    spec: StreamSpec
    stream: int


class AvatarStreams:
    """Implements `call_media.MediaListener`. Nothing here raises towards the call: without a pool the voice goes on."""

    def __init__(
        self, plans: tuple[AvatarStream, ...], pool: PoolClient, keyframe_interval_s: float, *, call: str
    ) -> None:
        self._plans = {plan.viewer: plan for plan in plans}
        self._pool = pool
        self._keyframe_interval_s = keyframe_interval_s
        self._call = call
        self._shown: dict[Side, _Shown] = {}
        self._refused: set[Side] = set()
        """Viewers whose stream the pool gave up: not asked again in this call."""
        self.media: CallMedia | None = None
        """Set by the call: media and listener know each other."""
        self.first_picture: dict[Side, float] = {}
        """pts of the first access unit that left for this viewer."""

    def viewers(self) -> frozenset[Side]:
        return frozenset(self._shown)

    def apply(self, viewer: Side, video: NegotiatedVideo | None) -> None:
        """What the last offer/answer left of this viewer's video."""
        plan = self._plans.get(viewer)
        if plan is None or viewer in self._refused:
            return
        if video is None or video.codec != "H264":
            self._hide(viewer)
            return
        spec = StreamSpec.for_video(plan.avatar, video, self._keyframe_interval_s)
        shown = self._shown.get(viewer)
        if shown is not None and shown.spec == spec:
            self._pool.request_keyframe(shown.stream)
            return
        self._hide(viewer)
        self._show(plan, spec)

    def request_keyframe(self, viewer: Side) -> None:
        shown = self._shown.get(viewer)
        if shown is not None:
            self._pool.request_keyframe(shown.stream)

    def close(self) -> None:
        for viewer in tuple(self._shown):
            self._hide(viewer)
        self._plans = {}

    # MediaListener ----------------------------------------------------------------------------------------------------

    def on_audio(self, speaker: Side, chunk: AudioChunk) -> None:
        for shown in self._shown.values():
            if shown.plan.speaker == speaker:
                self._pool.push_audio(shown.stream, chunk)

    def on_keyframe_request(self, viewer: Side) -> None:
        self.request_keyframe(viewer)

    def on_digit(self, side: Side) -> None:
        log.debug("digit relayed", call=self._call, side=side)

    # ------------------------------------------------------------------------------------------------------------------

    def _show(self, plan: AvatarStream, spec: StreamSpec) -> None:
        if self.media is None:
            return
        viewer = plan.viewer
        self.media.show_avatar(plan.speaker, viewer)
        stream = self._pool.attach(
            spec,
            lambda unit: self._on_access_unit(viewer, unit),
            lambda error: self._on_ended(viewer, error),
        )
        self._shown[viewer] = _Shown(plan, spec, stream)
        log.info(
            "avatar shown", call=self._call, viewer=viewer, speaker=plan.speaker, avatar=plan.avatar,
            width=spec.width, height=spec.height, bit_rate=spec.bit_rate,
        )  # fmt: skip

    def _hide(self, viewer: Side) -> None:
        shown = self._shown.pop(viewer, None)
        if shown is None or self.media is None:
            return
        self._pool.detach(shown.stream)
        self.media.hide_avatar(viewer)
        log.info("avatar hidden", call=self._call, viewer=viewer)

    def _on_access_unit(self, viewer: Side, unit: AccessUnit) -> None:
        if self.media is not None and self.media.send_access_unit(viewer, unit):
            self.first_picture.setdefault(viewer, unit.pts)

    def _on_ended(self, viewer: Side, error: ImsAvatarError) -> None:
        log.warning("avatar not shown, the voice goes on", call=self._call, viewer=viewer, cause=str(error))
        self._refused.add(viewer)
        if self._shown.pop(viewer, None) is not None and self.media is not None:
            self.media.hide_avatar(viewer)
