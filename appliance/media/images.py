"""Pictures made out of pictures, in child processes that know neither network nor files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from appliance.domain.errors import ResourceLimit
from appliance.domain.transformations import Transformation
from appliance.media.children import Answer, ChildPool

MAX_BYTES = 512 * 1024 * 1024
_CONTENT_TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif", "gif": "image/gif",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Original:
    """A picture's bytes, a chunk at a time, and the extension of its name."""

    chunks: Iterable[bytes]
    size: int
    ext: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One picture that is wanted. accepts: `webp`, `avif`, where the client takes them; only `f_auto` asks."""

    transformation: Transformation
    accepts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that was made. format: the extension, jpg for instance. Width and height in pixels."""

    data: bytes
    format: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self.format]


class Images:
    """Safe for several threads; each takes one child while it is served."""

    def __init__(self, *, limit_s: float = 30.0, nice: int = 0) -> None:
        """As ChildPool."""
        self._children = ChildPool("appliance.media.images_child", limit_s=limit_s, nice=nice)

    def transform(self, original: Original, variant: Variant) -> Picture:
        """One variant. Raises as `render`."""
        pictures, _ = self.render(original, [variant])
        return pictures[0]

    def size(self, original: Original) -> tuple[int, int]:
        """Width and height in pixels as it is shown; of a drawing, as it is drawn. Raises as `render`."""
        fields = self._ask(original, [], placeholder=False).fields
        return fields["width"], fields["height"]

    def render(
        self, original: Original, variants: Sequence[Variant], *, placeholder: bool = False
    ) -> tuple[list[Picture], str | None]:
        """The variants in their order, and a ThumbHash in base64 where a placeholder is wanted.

        Orientation is applied; no metadata but the colour profile is left. Raises Malformed for what is no picture, is
        damaged, or would read another file; ResourceLimit for one too large to decode; ProbeUnavailable where trying
        again may help; and what `original.chunks` raises.
        """
        answer = self._ask(original, variants, placeholder=placeholder)
        pictures, start = [], 0
        for made in answer.fields["pictures"]:
            end = start + made["length"]
            pictures.append(Picture(answer.body[start:end], made["format"], made["width"], made["height"]))
            start = end
        return pictures, answer.fields["placeholder"]

    def _ask(self, original: Original, variants: Sequence[Variant], *, placeholder: bool) -> Answer:
        if original.size > MAX_BYTES:
            raise ResourceLimit(f"The picture has more than {MAX_BYTES >> 20} MiB.")
        request = {
            "ext": original.ext,
            "variants": [
                {"transformation": str(one.transformation), "accepts": sorted(one.accepts)} for one in variants
            ],
            "placeholder": placeholder,
        }
        return self._children.ask(request, original.chunks, size=original.size)

    def close(self) -> None:
        """End the children. Idempotent."""
        self._children.close()
