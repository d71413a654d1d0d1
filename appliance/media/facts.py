"""From a child's answer about a file to what the catalog keeps of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from appliance.domain.errors import Malformed, TypeMismatch
from appliance.domain.kinds import Kind
from appliance.domain.media import MediaFacts
from appliance.domain.playback import plays_as_is
from appliance.media.codecs import Stream, codec_string

#: mjpeg: cameras put a second JPEG behind the first, for depth, brightness or the other eye.
_PICTURES = frozenset({"gif", "apng", "jpegxl_anim", "mjpeg"})
_EIGHT_BIT_420 = frozenset({"yuv420p", "yuvj420p", "yuva420p", "nv12"})
#: The container that browsers expect behind an extension; others are not asked for.
_CONTAINERS = {"mp4": "mov", "m4v": "mov", "mov": "mov", "m4a": "mov", "webm": "matroska"}


def facts_of(answer: Mapping[str, Any], kind: Kind, ext: str) -> MediaFacts:
    """What is to be known of a file that was declared as `kind` by its extension `ext`.

    Video and audio may turn out to be each other; a picture that is none, or the reverse, is a TypeMismatch.
    Malformed where a container has nothing in it to see or hear. A film whose pictures no decoder knows is not
    decodable, though its sound may be: heard alone it would look broken.
    """
    container = str(answer["format"]).partition(",")[0]
    streams: Sequence[Mapping[str, Any]] = answer["streams"]
    video = best_picture(streams)
    audio = next((one for one in streams if one["type"] == "audio" and one["codec"]), None)
    is_heif = answer["picture"] is not None and audio is None
    is_picture = is_heif or container in _PICTURES or container.endswith("_pipe")
    if is_picture != (kind is Kind.IMAGE):
        found = "a picture" if is_picture else "video or audio"
        raise TypeMismatch(f"The file is {found}, which its extension .{ext} does not say.")
    if is_picture:
        return _picture(answer, ext, video)
    unknown = frozenset(map(Kind, answer["unknown"]))
    if video is None and (Kind.VIDEO in unknown or (audio is None and unknown)):
        return _undecodable(answer, Kind.VIDEO if Kind.VIDEO in unknown else Kind.AUDIO, container, audio)
    if video is None and audio is None:
        raise Malformed("The file has nothing in it to see or hear.")
    film = _film(answer, ext, container, video, audio)
    return replace(film, plays_as_is=False, decodable=False) if answer["protected"] else film


def _picture(answer: Mapping[str, Any], ext: str, stream: Mapping[str, Any] | None) -> MediaFacts:
    width, height = answer["picture"] or shown_size(stream, bool(answer["rotated"]))
    return MediaFacts(Kind.IMAGE, width, height, plays_as_is=plays_as_is(Kind.IMAGE, ext, None, None))


def _film(
    answer: Mapping[str, Any],
    ext: str,
    container: str,
    video: Mapping[str, Any] | None,
    audio: Mapping[str, Any] | None,
) -> MediaFacts:
    kind = Kind.VIDEO if video is not None else Kind.AUDIO
    in_mp4 = container == "mov"
    video_codec = codec_string(stream_of(video, in_mp4)) if video is not None else None
    audio_codec = codec_string(stream_of(audio, in_mp4)) if audio is not None else None
    common = video is None or video.get("pixels") in _EIGHT_BIT_420
    as_named = _CONTAINERS.get(ext, container) == container
    width, height = shown_size(video, bool(answer["rotated"]))
    return MediaFacts(
        kind=kind,
        width=width,
        height=height,
        duration=duration_of(answer, video or audio),
        video_codec=video_codec,
        audio_codec=audio_codec,
        plays_as_is=as_named and plays_as_is(kind, ext, video_codec, audio_codec, eight_bit_420=common),
    )


def _undecodable(answer: Mapping[str, Any], kind: Kind, container: str, audio: Mapping[str, Any] | None) -> MediaFacts:
    return MediaFacts(
        kind=kind,
        duration=duration_of(answer, None),
        audio_codec=codec_string(stream_of(audio, container == "mov")) if audio is not None else None,
        decodable=False,
    )


def best_picture(streams: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The largest video stream that is not a cover; of equals the first."""
    pictures = [one for one in streams if one["type"] == "video" and one.get("width") and not one["picture"]]
    return max(pictures, key=lambda one: int(one["width"] * one["height"]), default=None)


def shown_size(stream: Mapping[str, Any] | None, rotated: bool) -> tuple[int | None, int | None]:
    """As it is shown: pixels made square by stretching the width, then turned."""
    if stream is None or not stream.get("width"):
        return None, None
    width, height = round(stream["width"] * stream["aspect"]), int(stream["height"])
    return (height, width) if rotated else (width, height)


def duration_of(answer: Mapping[str, Any], stream: Mapping[str, Any] | None) -> float | None:
    """Seconds, of the container or else of one stream; None where neither says."""
    whole = answer["duration"]
    if whole is None and stream is not None:
        whole = stream["duration"]
    return round(whole, 6) if whole is not None and whole > 0 else None


def stream_of(stream: Mapping[str, Any], in_mp4: bool) -> Stream:
    """What its codec string is made from."""
    return Stream(
        codec=stream["codec"] or "unknown",
        tag=stream["tag"],
        profile=stream["profile"],
        level=stream["level"] if stream["level"] is not None else -1,
        extradata=bytes.fromhex(stream["extradata"]),
        in_mp4=in_mp4,
        width=stream.get("width") or 0,
        height=stream.get("height") or 0,
        pixels=stream.get("pixels"),
    )
