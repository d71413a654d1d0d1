"""The forms in which a film can be had, as answers show them."""

from typing import Literal

from pydantic import Field

from appliance.web.bodies import View


class RenditionView(View):
    """One form in which a film can be played or taken away. bitrate: the peak, average: the mean, both bit/s."""

    name: str
    kind: Literal["hls-video", "hls-audio", "mp4", "audio"]
    url: str = Field(description="works now; of a rung its own playlist")
    bytes: int
    duration: float = Field(description="seconds")
    bitrate: int
    average: int
    codecs: str = Field(description="RFC 6381")
    width: int | None
    height: int | None
    frame_rate: float | None
    channels: int | None
    label: str | None
    language: str | None


class CaptionView(View):
    """Captions of a film. url: WebVTT that works now; null until they are over the renditions that people see."""

    language: str
    label: str
    url: str | None
