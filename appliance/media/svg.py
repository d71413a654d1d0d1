"""Whether an SVG drawing stands alone. The renderer is given no way to read anything else; this says so out loud."""

import re
from xml.parsers import expat

_BESIDE = re.compile(r"""url\(\s*(?!["']?\s*(?:#|data:)|\s*["']?\s*\))""", re.IGNORECASE)
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MAX_ELEMENTS = 200_000
#: An entity may stand for another, and that for many more: drawing programs nest none.
_MAX_ENTITY = 4096


def check_alone(data: bytes) -> None:
    """Return where the drawing refers to itself alone; ValueError for one that would read something else.

    Links (`a`) lead somewhere but read nothing, and fonts from elsewhere are replaced: both are fine.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    checker = _Checker()
    parser.StartElementHandler = checker.start
    parser.EndElementHandler = checker.end
    parser.CharacterDataHandler = checker.text
    parser.EntityDeclHandler = checker.entity
    parser.ProcessingInstructionHandler = checker.instruction
    parser.ExternalEntityRefHandler = checker.external
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"not a drawing: {error}") from None


class _Checker:
    def __init__(self) -> None:
        self._elements = 0
        self._style: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise ValueError("the drawing has too many elements")
        for attribute, value in attributes.items():
            plain = attribute.rpartition(" ")[2]
            if plain in ("href", "src", "base") and local != "a":
                _check_reference(value)
            else:
                _check_css(value)
        if local == "style":
            self._style = []

    def end(self, name: str) -> None:
        if name.rpartition(" ")[2] == "style" and self._style is not None:
            _check_css("".join(self._style))
            self._style = None

    def text(self, data: str) -> None:
        if self._style is not None:
            self._style.append(data)

    def entity(
        self,
        name: str,
        _is_parameter: bool,
        value: str | None,
        _base: str | None,
        _system: str | None,
        _public: str | None,
        _notation: str | None,
    ) -> None:
        if value is None:
            raise ValueError(f"the drawing reads another file (entity {name})")
        if len(value) > _MAX_ENTITY or "&" in value:
            raise ValueError("the drawing's entities grow")

    def external(self, _context: str, _base: str | None, _system: str | None, _public: str | None) -> int:
        raise ValueError("the drawing reads another file (external entity)")

    def instruction(self, target: str, data: str) -> None:
        if target == "xml-stylesheet":
            raise ValueError(f"the drawing reads another file ({data[:80]})")


def _check_reference(value: str) -> None:
    reference = value.strip()
    if reference and not reference.startswith("#") and not reference[:5].lower() == "data:":
        raise ValueError(f"the drawing reads another file ({reference[:80]})")


def _check_css(text: str) -> None:
    css = _FONT_FACE.sub("", _COMMENT.sub("", text))
    if _BESIDE.search(css) or "@import" in css.lower():
        raise ValueError("the drawing reads another file (from its style)")
