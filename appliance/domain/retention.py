"""How long a tenant's files stay."""

from enum import StrEnum

#: Files with this tag stay, however old.
KEEP_TAG = "keep-forever"
MAX_DAYS = 36_500


class RetentionAction(StrEnum):
    """What becomes of a file whose time is over: 30 days in the trash, or its end."""

    TRASH = "trash"
    DELETE = "delete"
