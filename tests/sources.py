"""Files of every kind that people send: one table of names, and how each of them is made on the spot.

Pictures are small and films last a second or two, so that all of them go through the appliance in minutes.
"""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests import pictures
from tests.films import ffmpeg, h264, picture, tone

SECRET = "a-line-that-only-this-machine-knows"
_SMALL = "160x90"
_HDR = ["-color_primaries", "bt2020", "-colorspace", "bt2020nc"]


@dataclass(frozen=True, slots=True)
class Workshop:
    """folder: where files are made. secret, film: paths of files in it that no upload has any business with."""

    folder: Path
    secret: Path
    film: Path

    def made(self, name: str) -> bytes:
        """The bytes of a file of these tables, made once."""
        path = self.folder / name
        if not path.exists():
            if name in FILMS:
                ffmpeg(*FILMS[name], path)
            else:
                path.write_bytes(OTHERS[name](self))
        return path.read_bytes()


def workshop(folder: Path) -> Workshop:
    """A workshop in an empty folder."""
    shop = Workshop(folder, folder / "secret.txt", folder / "secret.ts")
    shop.secret.write_text(f"{SECRET}\n")
    ffmpeg(*picture(_SMALL, seconds=1), *h264(), shop.film)
    return shop


def _seen(size: str = _SMALL, *, seconds: float = 1, rate: str = "25") -> list[str]:
    return picture(size, seconds=seconds, rate=rate)


def _both(size: str = _SMALL, layout: str = "stereo") -> list[str]:
    return [*_seen(size), *tone(layout, seconds=1)]


def _x265(parameters: str = "") -> list[str]:
    return ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", f"log-level=error:{parameters}".rstrip(":")]


def _dnxhr(quality: str) -> list[str]:
    return ["-c:v", "dnxhd", "-profile:v", f"dnxhr_{quality}", "-pix_fmt", "yuv422p"]


def _hdr(transfer: str) -> list[str]:
    named = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    colours = [*_HDR, "-color_trc", transfer]
    return [*_seen("192x108"), *_x265(named), "-pix_fmt", "yuv420p10le", *colours, "-tag:v", "hvc1"]


def _eight_tones() -> list[str]:
    inputs = [part for _ in range(8) for part in tone("mono", seconds=1)]
    return [*inputs, "-map", "0:v", *(part for number in range(1, 9) for part in ("-map", f"{number}:a"))]


_AAC = ["-c:a", "aac", "-b:a", "64k"]
_X264 = ["-c:v", "libx264", "-preset", "ultrafast"]
_BARE = ["-c:v", "mpeg4", "-q:v", "5"]

#: The name of a film or sound → what FFmpeg is told before it.
FILMS: Mapping[str, list[str]] = {
    # Containers and codecs.
    "h264.mp4": [*_both("480x270"), *h264(25), *_AAC, "-movflags", "+faststart"],
    "h264.mov": [*_both(), *h264(25), *_AAC],
    "h264.m4v": [*_both(), *h264(25), *_AAC, "-f", "mp4"],
    "h264.mkv": [*_both(), *h264(25), *_AAC],
    "h264.ts": [*_both(), *h264(25), *_AAC],
    "h264.m2ts": [*_both(), *h264(25), "-c:a", "ac3", "-mpegts_m2ts_mode", "1"],
    "h264.flv": [*_both(), *h264(25), *_AAC],
    "fragmented.mp4": [*_both(), *h264(25), *_AAC, "-movflags", "+frag_keyframe+empty_moov+default_base_moof"],
    "hevc.mp4": [*_both(), *_x265(), "-tag:v", "hvc1", *_AAC],
    "hevc.mkv": [*_both(), *_x265(), "-c:a", "eac3"],
    "vp8.webm": [*_both(), "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libvorbis"],
    "vp9.webm": [*_both(), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"],
    "av1.webm": [*_both(), "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-c:a", "libopus"],
    "av1.mp4": [*_both(), "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", *_AAC],
    "mpeg1.mpg": [*_both(), "-c:v", "mpeg1video", "-c:a", "mp2"],
    "mpeg2.vob": [*_both(), "-c:v", "mpeg2video", "-c:a", "ac3", "-f", "dvd"],
    "mpeg4.avi": [*_both(), "-c:v", "mpeg4", "-vtag", "XVID", "-c:a", "libmp3lame"],
    "h263.3gp": [*_both("176x144", "mono"), "-c:v", "h263", "-c:a", "libopencore_amrnb", "-ar", "8000"],
    "flash.flv": [*_both(), "-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"],
    "windows.wmv": [*_both(), "-c:v", "wmv2", "-c:a", "wmav2"],
    "theora.ogv": [*_both(), "-c:v", "libtheora", "-c:a", "libvorbis"],
    "prores.mov": [*_both(), "-c:v", "prores_ks", "-profile:v", "hq", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s24le"],
    "prores4444.mov": [*_seen(), "-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"],
    "dnxhr.mov": [*_both("256x144"), *_dnxhr("lb"), "-c:a", "pcm_s16le"],
    "timecode.mov": [*_both(), "-c:v", "prores_ks", "-c:a", "pcm_s16le", "-timecode", "10:00:00:00"],
    "dnxhr.mxf": [*_both("256x144"), *_dnxhr("hq"), "-c:a", "pcm_s16le"],
    "eight-mono.mxf": [*_seen(), *_eight_tones(), "-c:v", "mpeg2video", "-c:a", "pcm_s16le"],
    "cineform.mov": [*_both(), "-c:v", "cfhd", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s16le"],
    "mjpeg.avi": [*_both(), "-c:v", "mjpeg", "-c:a", "pcm_s16le"],
    "camcorder.dv": [*_both("720x576"), "-c:v", "dvvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-ar", "48000"],
    "lossless.mkv": [*_both(), "-c:v", "ffv1", "-c:a", "flac"],
    # Shapes and times.
    "portrait.mp4": [*_both("90x160"), *h264(25), *_AAC],
    "square.mp4": [*_both("120x120"), *h264(25), *_AAC],
    "anamorphic.mp4": [*_both("144x116"), "-vf", "setsar=16/11", *h264(25), *_AAC],
    "odd.avi": [*_seen(), "-vf", "scale=161:91,setsar=1,format=yuvj444p", "-c:v", "mjpeg"],
    "odd.mp4": [*_seen(), "-vf", "scale=161:91,setsar=1,format=yuv444p", *_X264],
    "tiny.mp4": [*_seen("16x16"), *h264(25)],
    "wide.mkv": [*_seen("640x16"), *_BARE],
    "variable.mkv": [*_seen(seconds=2), "-vf", "settb=1/1000,setpts='N*40+if(mod(floor(N/20),2),17,0)'", "-fps_mode",
                     "vfr", "-enc_time_base:v", "1/1000", *_BARE],
    "interlaced.ts": [*_both("352x288"), "-vf", "interlace", "-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-aspect",
                      "16:9", "-c:a", "mp2"],
    "one-frame.mp4": [*_seen(), "-frames:v", "1", *h264()],
    "one-frame.mkv": [*_seen(), "-frames:v", "1", "-c:v", "ffv1"],
    "fast.mkv": [*_seen(rate="120"), *_BARE],
    "slow.mp4": [*_seen(rate="1", seconds=3), *h264(2)],
    "two-pictures.mkv": [*_seen(), *_seen("96x54"), "-map", "0", "-map", "1", *_BARE],
    # Colours.
    "ten-bit.mp4": [*_both(), *_x265("profile=main10"), "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", *_AAC],
    "ten-bit.mkv": [*_seen(), *_X264, "-pix_fmt", "yuv420p10le"],
    "ten-bit-422.mov": [*_seen(), *_X264, "-pix_fmt", "yuv422p10le"],
    "pq.mp4": _hdr("smpte2084"),
    "hlg.mp4": _hdr("arib-std-b67"),
    # Sound, beside pictures and alone.
    "silent.mp4": [*_seen(), *h264(25)],
    "mono.mp4": [*_both(layout="mono"), *h264(25), *_AAC],
    "surround.mp4": [*_both(layout="5.1"), *h264(25), "-c:a", "aac"],
    "surround.mkv": [*_both(layout="5.1"), *_BARE, "-c:a", "ac3"],
    "languages.mkv": [*_seen(), *tone(seconds=1), *tone(seconds=1), "-map", "0", "-map", "1", "-map", "2", *_BARE,
                      *_AAC, "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger"],
    "late-sound.mp4": [*_seen(seconds=2), "-itsoffset", "0.7", *tone(seconds=1), *h264(25), *_AAC],
    "sound.mp3": [*tone(seconds=1), "-c:a", "libmp3lame"],
    "sound.wav": [*tone(seconds=1), "-c:a", "pcm_s16le"],
    "surround.wav": [*tone("5.1", seconds=1), "-c:a", "pcm_s24le"],
    "sound.flac": [*tone(seconds=1), "-c:a", "flac"],
    "sound.m4a": [*tone(seconds=1), *_AAC],
    "lossless.m4a": [*tone(seconds=1), "-c:a", "alac"],
    "sound.opus": [*tone(seconds=1), "-c:a", "libopus"],
    "sound.ogg": [*tone(seconds=1), "-c:a", "libvorbis"],
    "sound.aac": [*tone(seconds=1), *_AAC],
    "sound.caf": [*tone(seconds=1), "-c:a", "pcm_s16be"],
    "sound.aiff": [*tone(seconds=1), "-c:a", "pcm_s16be"],
    "sound.wma": [*tone(seconds=1), "-c:a", "wmav2"],
    "sound.ac3": [*tone(seconds=1), "-c:a", "ac3"],
    "voice.amr": [*tone("mono", seconds=1), "-c:a", "libopencore_amrnb", "-ar", "8000"],
    "sound.mp4": [*tone(seconds=1), *_AAC],
    "animated.gif": [*_seen(rate="5"), "-c:v", "gif"],
    # From here on, only what others are made of.
    "lying.mp4": [*_both(), *h264(25), *_AAC],
    "encrypted.mp4": [*_both(), *h264(25), *_AAC, "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "11" * 16,
                      "-encryption_kid", "22" * 16],
    "hours-of-pictures.mp4": [*_seen("64x36", rate="1", seconds=7200), *h264(2), "-b:v", "2k"],
    "seconds-of-sound.m4a": [*tone("mono", seconds=20), "-c:a", "aac", "-b:a", "32k"],
}  # fmt: skip


def _from(name: str, *arguments: str, to: str) -> Callable[[Workshop], bytes]:
    """Rewrapped by FFmpeg; `arguments` stand before the input."""

    def make(shop: Workshop) -> bytes:
        shop.made(name)
        path = shop.folder / f"made-{to}"
        ffmpeg(*arguments, "-i", shop.folder / name, "-map", "0", "-c", "copy", path)
        return path.read_bytes()

    return make


def _with_cover(shop: Workshop) -> bytes:
    shop.made("sound.mp3"), shop.made("plain.png")
    path = shop.folder / "made-cover.mp3"
    ffmpeg("-i", shop.folder / "sound.mp3", "-i", shop.folder / "plain.png", "-map", "0", "-map", "1", "-c", "copy",
           "-disposition:v", "attached_pic", path)  # fmt: skip
    return path.read_bytes()


def _with_subtitles(shop: Workshop) -> bytes:
    shop.made("mpeg4.avi")
    text, path = shop.folder / "text.srt", shop.folder / "made-subtitles.mkv"
    text.write_text("1\n00:00:00,100 --> 00:00:00,900\nGood day\n")
    ffmpeg("-i", shop.folder / "mpeg4.avi", "-i", text, "-map", "0", "-map", "1", "-c", "copy", "-c:s", "srt", path)
    return path.read_bytes()


def _two_hours(shop: Workshop) -> bytes:
    shop.made("hours-of-pictures.mp4"), shop.made("seconds-of-sound.m4a")
    path = shop.folder / "made-long.mp4"
    ffmpeg("-i", shop.folder / "hours-of-pictures.mp4", "-stream_loop", "-1", "-i",
           shop.folder / "seconds-of-sound.m4a", "-map", "0:v", "-map", "1:a", "-c", "copy", "-t", "7200",
           path)  # fmt: skip
    return path.read_bytes()


def _cut(name: str, share: float) -> Callable[[Workshop], bytes]:
    """The first part of another file."""
    return lambda shop: shop.made(name)[: round(len(shop.made(name)) * share)]


def _same(name: str) -> Callable[[Workshop], bytes]:
    """Another file, under a name that says something else."""
    return lambda shop: shop.made(name)


def _text(text: str) -> Callable[[Workshop], bytes]:
    """A text; `{secret}` and `{film}` in it stand for paths of this machine."""
    return lambda shop: text.format(secret=shop.secret, film=shop.film).encode()


def _renamed(name: str, old: bytes, new: bytes) -> Callable[[Workshop], bytes]:
    """A film whose codec has a name that nobody knows."""

    def make(shop: Workshop) -> bytes:
        data = shop.made(name)
        assert len(old) == len(new)
        assert old in data
        return data.replace(old, new)

    return make


def _turned_film_with_unknown_sound(shop: Workshop) -> bytes:
    """As phones record sound from all around beside pictures that they turn."""
    shop.made("lying.mp4"), shop.made("lossless.m4a")
    path = shop.folder / "made-sound.mov"
    ffmpeg("-display_rotation", "90", "-i", shop.folder / "lying.mp4", "-i", shop.folder / "lossless.m4a",
           "-map", "0", "-map", "1", "-c", "copy", path)  # fmt: skip
    return path.read_bytes().replace(b"alac", b"abcd")


def _dolby(shop: Workshop) -> bytes:
    """Marked as Dolby Vision of profile 5 ("Dolby Vision Streams within the ISO Base Media File Format", 3.2)."""
    profile, level, rpu, el, bl = 5, 1, 1, 0, 1
    flags = profile << 9 | level << 3 | rpu << 2 | el << 1 | bl
    box = struct.pack(">I4sBBH20x", 28, b"dvcC", 1, 0, flags)
    data = shop.made("pq.mp4").replace(b"hvc1", b"dvh1", 2)
    entry = data.rindex(b"dvh1") - 4
    end = entry + int.from_bytes(data[entry : entry + 4])
    out = bytearray(data)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        at = data.index(name) - 4
        out[at : at + 4] = (int.from_bytes(data[at : at + 4]) + len(box)).to_bytes(4)
    out[entry : entry + 4] = (end - entry + len(box)).to_bytes(4)
    return bytes(out[:end] + box + out[end:])


def _photo(form: str, **options: object) -> Callable[[Workshop], bytes]:
    return lambda _: pictures.encoded(pictures.split(160, 90), form, **options)


def _form(ext: str) -> Callable[[Workshop], bytes]:
    """Of 400 by 300 pixels."""
    return lambda _: pictures.sources()[ext]


def _turned(_: Workshop) -> bytes:
    exif = pictures.split().getexif()
    exif[0x0112] = 6
    return pictures.encoded(pictures.split(160, 90), "JPEG", exif=exif)


def _animation(form: str) -> Callable[[Workshop], bytes]:
    def make(_: Workshop) -> bytes:
        first, second = pictures.split(160, 90), Image.new("RGB", (160, 90), pictures.BLUE)
        return pictures.encoded(first, form, save_all=True, append_images=[second], duration=200)

    return make


def _raw(_: Workshop) -> bytes:
    """A DNG as cameras lay it out: a directory that says how it was held, a thumbnail, raw data, a preview."""
    entries = [(0x0100, 4, 1, 6000), (0x0101, 4, 1, 4000), (0x0112, 3, 1, 8)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    thumbnail, preview = (pictures.encoded(pictures.split(*size), "JPEG") for size in ((40, 30), (240, 160)))
    return b"II*\x00\x08\x00\x00\x00" + directory + bytes(4) + thumbnail + bytes(range(200)) * 40 + preview + bytes(64)


def _zip(_: Workshop) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.txt", "Good day")
    return data.getvalue()


def _jxl(shop: Workshop) -> bytes:
    path = shop.folder / "made-photo.jxl"
    ffmpeg(*_seen(), "-frames:v", "1", "-c:v", "libjxl", path)
    return path.read_bytes()


def _bomb(_: Workshop) -> bytes:
    return pictures.encoded(Image.new("1", (20_000, 20_000)), "PNG")


_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{film}\n#EXT-X-ENDLIST\n"
_CONCAT = "ffconcat version 1.0\nfile '{film}'\n"
_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT5S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{film}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)
_SVG_LURE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><image href="file://{secret}"/></svg>'

#: The name of any other file → what makes it.
OTHERS: Mapping[str, Callable[[Workshop], bytes]] = {
    # Films that were changed after they were made.
    "rotated.mp4": _from("lying.mp4", "-display_rotation", "90", to="rotated.mp4"),
    "upside-down.mov": _from("h264.mov", "-display_rotation", "180", to="upside-down.mov"),
    "trimmed.mp4": _from("h264.mp4", "-ss", "0.4", to="trimmed.mp4"),
    "cover.mp3": _with_cover,
    "subtitles.mkv": _with_subtitles,
    "two-hours.mp4": _two_hours,
    "dolby-vision-5.mp4": _dolby,
    "copy-protected.mp4": _same("encrypted.mp4"),
    # What no decoder knows.
    "unknown.mov": _renamed("prores.mov", b"apch", b"abcd"),
    "unknown.mkv": _renamed("lossless.mkv", b"V_FFV1", b"V_QQQQ"),
    "unknown-pictures.mp4": _renamed("h264.mp4", b"avc1", b"abcd"),
    "unknown-sound.mkv": _renamed("surround.mkv", b"A_AC3", b"A_QQQ"),
    "unknown-sound.mp4": _renamed("lossless.m4a", b"alac", b"abcd"),
    "unknown-sound.mov": _turned_film_with_unknown_sound,
    "unknown.braw": _renamed("prores.mov", b"apch", b"brhq"),
    # Damaged.
    "no-index.mp4": _cut("h264.mov", 0.5),
    "cut.mp4": _cut("h264.mp4", 0.7),
    "cut.mkv": _cut("h264.mkv", 0.7),
    "cut.ts": _cut("h264.ts", 0.7),
    "cut.avi": _cut("mpeg4.avi", 0.7),
    "cut.jpg": _cut("plain.jpg", 0.5),
    "empty.mp4": _text(""),
    "empty.mp3": _text(""),
    "empty.jpg": _text(""),
    "empty.dng": _text(""),
    "empty.pdf": _text(""),
    # What is not what its name says.
    "text.mp4": _text("Good day.\n" * 100),
    "text.mp3": _text("Good day.\n" * 100),
    "text.jpg": _text("Good day.\n" * 100),
    "text.svg": _text("Good day.\n" * 100),
    "text.dng": _text("Good day.\n" * 100),
    "zeros.mp4": _text("\0" * 4096),
    "photo.mp4": _form("jpg"),
    "film.jpg": _same("h264.mp4"),
    "webm.mp4": _same("vp9.webm"),
    "sound.mov": _same("sound.mp3"),
    "photo-png.jpg": _form("png"),
    "hls.mp4": _text(_HLS),
    "hls-of-text.mp4": _text(_HLS.replace("{film}", "{secret}")),
    "concat.mp4": _text(_CONCAT),
    "concat.mkv": _text(_CONCAT.replace("{film}", "{secret}")),
    "dash.mp4": _text(_DASH),
    "lure.svg": _text(_SVG_LURE),
    # Pictures.
    "plain.jpg": _photo("JPEG"),
    "turned.jpg": _turned,
    "print.jpg": lambda _: pictures.encoded(pictures.split(160, 90).convert("CMYK"), "JPEG"),
    "plain.png": _photo("PNG"),
    "animated.png": _animation("PNG"),
    "animated.webp": _animation("WEBP"),
    "photo.webp": _form("webp"),
    "lossless.webp": _photo("WEBP", lossless=True),
    "photo.avif": _form("avif"),
    "photo.heic": _form("heic"),
    "photo.tif": _form("tif"),
    "photo.bmp": _form("bmp"),
    "still.gif": _form("gif"),
    "drawing.svg": _form("svg"),
    "photo.dng": _raw,
    "photo.cr2": _form("cr2"),
    "photo.jxl": _jxl,
    "bomb.png": _bomb,
    # What is kept as it is.
    "paper.pdf": _text("%PDF-1.4\n%%EOF\n"),
    "archive.zip": _zip,
    "list.m3u8": _text(_HLS),
    "notes.txt": _text("Good day.\n"),
    "clip.r3d": _text("RED2" * 100),
    "project": _text("Good day.\n"),
}  # fmt: skip

#: Made only for others.
PARTS = frozenset({"lying.mp4", "encrypted.mp4", "hours-of-pictures.mp4", "seconds-of-sound.m4a"})
SOURCES = tuple(sorted({*FILMS, *OTHERS} - PARTS))
