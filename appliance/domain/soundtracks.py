"""The sound of a ladder: which streams become which tracks, copied or encoded, and the rates of sound alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.sources import Sound

#: Bits a second of stereo; mono takes half.
AUDIO_RUNGS = (192_000, 128_000, 64_000)
AUDIO_BITRATE = 128_000
_COPY_AUDIO = range(32_000, 320_001)
_MAX_AUDIO_TRACKS = 8


@dataclass(frozen=True, slots=True)
class AudioRung:
    """One audio rendition, mixed from one stream or from several mono ones. language: None for unknown."""

    name: str
    streams: tuple[int, ...]
    channels: int
    bitrate: int
    label: str
    language: str | None = None
    default: bool = True
    copied: bool = False


def audio_tracks(sounds: Sequence[Sound], *, only_default: bool) -> tuple[AudioRung, ...]:
    """What listeners of a film choose from, at one rate each."""
    groups = _paired(sounds)[:_MAX_AUDIO_TRACKS]
    first = next((number for number, group in enumerate(groups) if group[0].default), 0)
    if only_default:
        groups, first = groups[first : first + 1], 0
    rungs = [_track(group, f"a{number}", number == first) for number, group in enumerate(groups)]
    labels = [rung.label for rung in rungs]
    return tuple(
        AudioRung(r.name, r.streams, r.channels, r.bitrate, _label(labels, n), r.language, r.default, r.copied)
        for n, r in enumerate(rungs)
    )


def audio_ladder(sound: Sound, *, shortest: bool) -> tuple[AudioRung, ...]:
    """The rates of a file that is sound alone, up to half as much again as its own."""
    channels = min(2, sound.channels)
    most = (sound.bitrate or AUDIO_RUNGS[0]) * 1.5
    rates = [rate * channels // 2 for rate in AUDIO_RUNGS]
    chosen = [rate for rate in rates if rate <= most] or rates[-1:]
    if shortest:
        chosen = chosen[-1:]
    return tuple(
        AudioRung(f"{rate // 1000}k", (sound.stream,), channels, rate, sound.title or "Audio", sound.language)
        for rate in chosen
    )


def _paired(sounds: Sequence[Sound]) -> list[tuple[Sound, ...]]:
    """Cameras and broadcast servers write one mono stream a channel; two in a row are then left and right."""
    languages = {sound.language for sound in sounds}
    if len(sounds) >= 2 and all(sound.channels == 1 for sound in sounds) and len(languages) == 1:
        return [tuple(sounds[n : n + 2]) for n in range(0, len(sounds), 2)]
    return [(sound,) for sound in sounds]


def _track(group: tuple[Sound, ...], name: str, default: bool) -> AudioRung:
    sound = group[0]
    channels = 2 if len(group) == 2 else min(2, sound.channels)
    label = sound.title or sound.language or "Audio"
    copied = len(group) == 1 and _audio_can_be_copied(sound)
    bitrate = sound.bitrate if copied and sound.bitrate else AUDIO_BITRATE * channels // 2
    streams = tuple(one.stream for one in group)
    return AudioRung(name, streams, channels, bitrate, label, sound.language, default, copied)


def _audio_can_be_copied(sound: Sound) -> bool:
    return (
        sound.codec_string == "mp4a.40.2"
        and sound.channels <= 2
        and sound.starts_at_zero
        and sound.sample_rate in (44_100, 48_000)
        and (sound.bitrate is None or sound.bitrate in _COPY_AUDIO)
    )


def _label(labels: list[str], number: int) -> str:
    """Labels name what a listener chooses from, so no two are equal."""
    return labels[number] if labels.count(labels[number]) == 1 else f"{labels[number]} {number + 1}"
