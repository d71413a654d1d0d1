"""What is known of a file's content once a decoder has looked at it."""

from dataclasses import dataclass

from appliance.domain.kinds import Kind


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a probe found. Width and height as shown (rotation applied), duration in seconds, codecs by RFC 6381.

    decodable: False where no decoder knows what is to be seen (or, where there is nothing to see, heard), or it is
    encrypted. Such a file is kept as it is, and nothing is made of it.
    """

    kind: Kind
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    plays_as_is: bool = False
    decodable: bool = True
