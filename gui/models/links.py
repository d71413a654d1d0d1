"""What is put on the clipboard for a file: a template, filled with what is known of it.

A template is text with `{page}` the watch page, `{link}` the permanent link, `{hls}`, `{name}`, and `{html}`, which is
the name made safe for HTML; a field that the file does not have, or that is none, stays empty.
"""

import html
import re

from gui.transfer.transfers import Links, Transfer

PRESETS = {
    "page": "{page}",
    "link": "{link}",
    "markdown": "[{name}]({page})",
    "html": '<iframe src="{embed}" title="{html}" width="640" height="360" allowfullscreen></iframe>',
}
_FIELD = re.compile(r"\{([a-z]+)\}")


def embed_of(page: str) -> str:
    """The player alone, for other pages, beside the watch page."""
    return page.replace("/watch/", "/embed/", 1)


def filled(template: str, name: str, links: Links) -> str:
    """The template for one file. Brackets in its name do not end a Markdown link."""
    page = links.page or links.video_url
    known = {
        "page": page,
        "link": links.video_url,
        "hls": links.hls or "",
        "embed": embed_of(page),
        "name": re.sub(r"([\[\]\\])", r"\\\1", name) if "](" in template else name,
        "html": html.escape(name),
    }
    return _FIELD.sub(lambda match: known.get(match[1], ""), template)


def copied(template: str, transfers: list[Transfer]) -> str:
    """The template for several files, one a line; those without a link yet are left out."""
    return "\n".join(filled(template, one.name, one.links) for one in transfers if one.links is not None)
