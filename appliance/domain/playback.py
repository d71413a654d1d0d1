"""What browsers play as it is."""

from appliance.domain.kinds import Kind

_CONTAINERS = {
    "mp4": frozenset({"mp4", "m4v", "mov", "m4a"}),
    "webm": frozenset({"webm"}),
}
_VIDEO = {"mp4": ("avc1", "av01", "vp09"), "webm": ("vp8", "vp09", "av01")}
_AUDIO = {"mp4": ("mp4a", "opus", "mp3"), "webm": ("opus", "vorbis")}
_OGG = ("opus", "vorbis", "flac")
_PLAIN_AUDIO = {
    "mp3": ("mp3",), "aac": ("mp4a",), "flac": ("flac",), "ogg": _OGG, "oga": _OGG, "opus": _OGG,
    "wav": ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"),
}  # fmt: skip
_PLAIN_IMAGES = frozenset({"jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "bmp"})


def plays_as_is(
    kind: Kind, ext: str, video_codec: str | None, audio_codec: str | None, *, eight_bit_420: bool = True
) -> bool:
    """Whether a browser of today shows or plays the original itself. Codecs are RFC 6381 strings."""
    if kind is Kind.IMAGE:
        return ext in _PLAIN_IMAGES
    if kind is Kind.AUDIO and ext in _PLAIN_AUDIO:
        return audio_codec is not None and audio_codec.startswith(_PLAIN_AUDIO[ext])
    for family, extensions in _CONTAINERS.items():
        if ext in extensions:
            video_ok = video_codec is not None and video_codec.startswith(_VIDEO[family]) and eight_bit_420
            audio_ok = audio_codec is None or audio_codec.startswith(_AUDIO[family])
            return (video_ok or (video_codec is None and audio_codec is not None)) and audio_ok
    return False


#: What the edge serves inline; everything else is an attachment.
INLINE_TYPES = frozenset(
    {
        "video/mp4", "video/webm", "video/quicktime", "video/ogg", "video/mp2t",
        "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/flac", "audio/webm",
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp",
    }
)  # fmt: skip
