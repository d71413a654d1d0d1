"""Who may do what."""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.domain.errors import Forbidden, InvalidRequest

#: delete: to the trash, and cancel. purge: for good. admin: all of it, and every tenant.
SCOPES = frozenset({"upload", "read", "delete", "purge", "admin"})


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The bearer of one request."""

    id: str
    tenant_id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the key carries the scope; `admin` carries all."""
        return scope in self.scopes or "admin" in self.scopes

    def require(self, scope: str) -> None:
        """Forbidden where the key does not carry the scope."""
        if not self.may(scope):
            raise Forbidden(f"This key lacks the scope '{scope}'.")


def parse_scopes(names: Iterable[str]) -> frozenset[str]:
    """A set of known scopes, at least one, or InvalidRequest."""
    scopes = frozenset(names)
    unknown = scopes - SCOPES
    if unknown or not scopes:
        wrong = f"no such scope: {', '.join(sorted(unknown))}" if unknown else "no scope given"
        raise InvalidRequest(f"scopes: {wrong}; there are {', '.join(sorted(SCOPES))}.", field="scopes")
    return scopes
