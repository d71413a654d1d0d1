"""What an admin key may do over HTTP: tenants, their quotas and secrets, API keys and pairing codes."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import Field, WithJsonSchema

from appliance.catalog.access import EVERYDAY_SCOPES, PAIRING_US, KeyRow
from appliance.catalog.tenants import TenantRecord
from appliance.domain.access import SCOPES, parse_scopes
from appliance.domain.errors import InvalidRequest
from appliance.domain.keys import check_tenant_id
from appliance.domain.renditions import TranscodeChoice
from appliance.domain.retention import KEEP_TAG, MAX_DAYS, RetentionAction
from appliance.web.addresses import addresses
from appliance.web.auth import SECURITY, require
from appliance.web.bodies import Body, Query, View
from appliance.web.context import context
from appliance.web.fields import Instant
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.times import rfc3339, rfc3339_or_none

api = APIBlueprint(
    "admin",
    __name__,
    url_prefix="/admin",
    abp_tags=[DocTag(name="admin", description="for admin keys; sees every tenant")],
    abp_security=SECURITY,
)

_LARGEST = 2**62
_LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
TenantId = Annotated[str, Field(min_length=2, max_length=63, pattern=r"^[a-z0-9][a-z0-9_-]{1,62}$")]
Label = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Limit = Annotated[int, Field(ge=0, le=_LARGEST, description="0 for no limit")]
Transcode = Literal["none", "preview", "full"]
Days = Annotated[
    int, Field(ge=0, le=MAX_DAYS, description=f"without a change; 0 for ever, as are files tagged {KEEP_TAG}")
]
Action = Literal["trash", "delete"]
Scope = Annotated[str, WithJsonSchema({"enum": sorted(SCOPES)})]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=10)]


class OneTenant(Query):
    """Narrows a list to one tenant."""

    tenant: str | None = None


class TenantPath(Query):
    tenant_id: str


class KeyPath(Query):
    key_id: str


class NewTenant(Body):
    id: TenantId
    name: Label | None = None
    quota_bytes: Limit = 0
    quota_files: Limit = 0


class TenantChange(Body):
    """Only what is named changes."""

    name: Label | None = None
    quota_bytes: Limit | None = None
    quota_files: Limit | None = None
    disabled: bool | None = None
    transcode: Transcode | None = None
    retention_days: Days | None = None
    retention_action: Action | None = None


class Tenant(View):
    """Quotas of 0 mean no limit."""

    id: str
    name: str
    created_at: str
    disabled_at: str | None
    quota_bytes: int
    quota_files: int
    stored_bytes: int
    stored_files: int
    trash_bytes: int
    trash_files: int
    pending_bytes: int
    pending_files: int
    rendition_bytes: int
    transcode: Transcode
    retention_days: int
    retention_action: Action


class TenantList(View):
    items: list[Tenant]


class NewKey(Body):
    tenant_id: TenantId = "default"
    name: Label
    scopes: Scopes = Field(default=list(EVERYDAY_SCOPES))
    expires_at: Instant | None = None


class Key(View):
    id: str
    tenant_id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class KeyList(View):
    items: list[Key]


class MadeKey(View):
    id: str
    key: str = Field(description="the secret; shown this once")


class NewPairing(Body):
    tenant_id: TenantId = "default"
    name: Label = "paired device"
    scopes: Scopes = Field(default=list(EVERYDAY_SCOPES))


class OfferedPairing(View):
    code: str
    url: str = Field(description="opened on the other device; the code stays out of server logs")
    expires_at: str


@api.get("/tenants", responses={200: TenantList, **responses(*EVERYWHERE)})
@require("admin")
def list_tenants() -> dict[str, Any]:
    """All tenants with their quotas and usage."""
    return {"items": [_tenant(record) for record in context().catalog.tenants.all()]}


@api.post("/tenants", responses={201: Tenant, **responses(*EVERYWHERE, 409, 413, 415)})
@require("admin")
def add_tenant(body: NewTenant) -> tuple[dict[str, Any], int]:
    """Make a tenant."""
    record = context().catalog.tenants.add(
        body.id,
        body.name or body.id,
        quota_bytes=body.quota_bytes,
        quota_files=body.quota_files,
        now=context().clock(),
    )
    return _tenant(record), 201


@api.get("/tenants/<tenantId>", responses={200: Tenant, **responses(*EVERYWHERE, 404)})
@require("admin")
def get_tenant(path: TenantPath) -> dict[str, Any]:
    """One tenant."""
    return _tenant(context().catalog.tenants.get(path.tenant_id))


@api.patch("/tenants/<tenantId>", responses={200: Tenant, **responses(*EVERYWHERE, 404, 413, 415)})
@require("admin")
def change_tenant(path: TenantPath, body: TenantChange) -> dict[str, Any]:
    """Rename, set quotas, disable or enable, choose what is made of its films and how long its files stay.

    A disabled tenant's keys and links open nothing; its files stay.
    """
    tenants, found = context().catalog.tenants, context().catalog.tenants.get(path.tenant_id)
    if body.name is not None:
        tenants.rename(found.id, body.name)
    if body.quota_bytes is not None or body.quota_files is not None:
        size = found.quota_bytes if body.quota_bytes is None else body.quota_bytes
        count = found.quota_files if body.quota_files is None else body.quota_files
        tenants.set_quota(found.id, quota_bytes=size, quota_files=count)
    if body.transcode is not None:
        tenants.set_transcode(found.id, TranscodeChoice(body.transcode))
    if body.retention_days is not None or body.retention_action is not None:
        days = found.retention_days if body.retention_days is None else body.retention_days
        action = RetentionAction(body.retention_action or found.retention_action)
        tenants.set_retention(found.id, days=days, action=action)
    if body.disabled is True:
        tenants.disable(found.id, now=context().clock())
    elif body.disabled is False:
        tenants.enable(found.id)
    return _tenant(tenants.get(found.id))


@api.post("/tenants/<tenantId>/rotate", responses={204: None, **responses(*EVERYWHERE, 404)})
@require("admin")
def rotate_secret(path: TenantPath) -> Response:
    """Change the tenant's signing secret: every private link made so far dies within seconds."""
    context().catalog.tenants.rotate_signing_secret(path.tenant_id)
    return Response(status=204)


@api.get("/keys", responses={200: KeyList, **responses(*EVERYWHERE)})
@require("admin")
def list_keys(query: OneTenant) -> dict[str, Any]:
    """All keys, revoked and expired ones included, without their secrets."""
    return {"items": [_key(row) for row in context().catalog.keys.list(query.tenant)]}


@api.post("/keys", responses={201: MadeKey, **responses(*EVERYWHERE, 404, 413, 415)})
@require("admin")
def create_key(body: NewKey) -> tuple[dict[str, Any], int]:
    """Make a key for a tenant. The answer alone has its secret."""
    catalog = context().catalog
    tenant = catalog.tenants.get(check_tenant_id(body.tenant_id))
    expires_at = _microseconds(body.expires_at) if body.expires_at else None
    key_id, text = catalog.keys.create(
        tenant.id, body.name, parse_scopes(body.scopes), now=context().clock(), expires_at=expires_at
    )
    return {"id": key_id, "key": text}, 201


@api.delete("/keys/<keyId>", responses={204: None, **responses(*EVERYWHERE, 404)})
@require("admin")
def revoke_key(path: KeyPath) -> Response:
    """Revoke one key; within two seconds it opens nothing any more. Idempotent."""
    context().catalog.keys.revoke(path.key_id, now=context().clock())
    return Response(status=204)


@api.post("/pairings", responses={201: OfferedPairing, **responses(*EVERYWHERE, 404, 413, 415)})
@require("admin")
def offer_pairing(body: NewPairing) -> tuple[dict[str, Any], int]:
    """A code that another device trades for a key of its own: ten minutes, one use, five tries."""
    now = context().clock()
    tenant = context().catalog.tenants.get(body.tenant_id)
    code = context().catalog.pairings.offer(tenant.id, body.name, parse_scopes(body.scopes), now=now)
    return {"code": code, "url": f"{addresses().api}/pair#{code}", "expiresAt": rfc3339(now + PAIRING_US)}, 201


def _tenant(record: TenantRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "createdAt": rfc3339(record.created_at),
        "disabledAt": rfc3339_or_none(record.disabled_at),
        "quotaBytes": record.quota_bytes,
        "quotaFiles": record.quota_files,
        "storedBytes": record.stored_bytes,
        "storedFiles": record.stored_files,
        "trashBytes": record.trash_bytes,
        "trashFiles": record.trash_files,
        "pendingBytes": record.pending_bytes,
        "pendingFiles": record.pending_files,
        "renditionBytes": record.rendition_bytes,
        "transcode": record.transcode,
        "retentionDays": record.retention_days,
        "retentionAction": record.retention_action,
    }


def _key(row: KeyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "tenantId": row.tenant_id,
        "name": row.name,
        "scopes": row.scopes.split(),
        "createdAt": rfc3339(row.created_at),
        "expiresAt": rfc3339_or_none(row.expires_at),
        "revokedAt": rfc3339_or_none(row.revoked_at),
        "lastUsedAt": rfc3339_or_none(row.last_used_at),
    }


def _microseconds(moment: datetime) -> int:
    """InvalidRequest for what no calendar of ours shows in UTC, though its own offset could."""
    seconds = moment.timestamp()
    if not 0 <= seconds <= _LAST_SECOND:
        raise InvalidRequest("expiresAt must lie in the years 1970 to 9999, in UTC.", field="expiresAt")
    return int(seconds * 1_000_000)
