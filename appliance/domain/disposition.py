"""Content-Disposition: what a browser does with a file, and under which name it keeps it."""

import re
from urllib.parse import quote

_UNSAFE = re.compile(r"""[^A-Za-z0-9 !#$&+,.@^_`{}()~=\[\]-]""")


def attachment(name: str) -> str:
    """The header value that makes a browser save the file as `name`; ASCII whatever the name.

    RFC 6266 with both forms: a plain one for old clients, and UTF-8 by RFC 8187, which wins where it is understood.
    """
    return f"attachment; filename=\"{_UNSAFE.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"
