"""What a client should know of its key, its tenant and this appliance."""

import shutil
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import Field

from appliance.domain import uploads
from appliance.domain.access import SCOPES
from appliance.web.addresses import addresses
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import MAX_BODY, View
from appliance.web.changes import MAX_WAIT_S
from appliance.web.context import context
from appliance.web.problems import EVERYWHERE, responses

api = APIBlueprint("account", __name__, abp_tags=[DocTag(name="account")], abp_security=SECURITY)


class Capabilities(View):
    """What the object store behind this appliance can do."""

    protocols: list[str]
    enforces_length: bool
    enforces_no_overwrite: bool
    checks_sha256: bool


class Quota(View):
    """null: no limit."""

    bytes: int | None
    files: int | None


class Used(View):
    """Bytes by what they are for; `bytes` and `files` are what counts against the quota."""

    bytes: int
    files: int
    originals: int
    renditions: int
    trash: int
    unfinished: int


class Disk(View):
    """The disk that the appliance keeps its data on."""

    free_bytes: int
    total_bytes: int


class Limits(View):
    """Sizes in bytes, times in seconds."""

    max_file_bytes: int
    put_below_bytes: int
    max_parts: int
    parts_per_call: int
    url_seconds: int
    max_body_bytes: int
    max_wait_seconds: float
    rate: str | None = Field(description="requests by one key, to each API process")


class AccountView(View):
    """The caller's key, tenant and surroundings."""

    tenant_id: str
    tenant_name: str
    key_id: str
    key_name: str
    scopes: list[str]
    capabilities: Capabilities
    quota: Quota
    used: Used
    disk: Disk
    limits: Limits
    api_url: str
    cdn_url: str
    s3_url: str
    name: str
    version: str


@api.get("/me", responses={200: AccountView, **responses(*EVERYWHERE)})
@require(*sorted(SCOPES))
def me() -> dict[str, Any]:
    """Tenant, key, scopes, quota and use, free disk, limits, version."""
    key, options, urls = access_key(), context().options, addresses()
    tenant = context().catalog.tenants.get(key.tenant_id)
    store = context().store.capabilities
    disk = shutil.disk_usage(options.storage_dir)
    return {
        "tenantId": tenant.id,
        "tenantName": tenant.name,
        "keyId": key.id,
        "keyName": key.name,
        "scopes": sorted(key.scopes),
        "capabilities": {
            "protocols": sorted(store.protocols),
            "enforcesLength": store.enforces_length,
            "enforcesNoOverwrite": store.enforces_no_overwrite,
            "checksSha256": store.checks_sha256,
        },
        "quota": {"bytes": tenant.quota_bytes or None, "files": tenant.quota_files or None},
        "used": {
            "bytes": tenant.stored_bytes + tenant.trash_bytes + tenant.pending_bytes,
            "files": tenant.stored_files + tenant.trash_files + tenant.pending_files,
            "originals": tenant.stored_bytes,
            "renditions": 0,
            "trash": tenant.trash_bytes,
            "unfinished": tenant.pending_bytes,
        },
        "disk": {"freeBytes": disk.free, "totalBytes": disk.total},
        "limits": {
            "maxFileBytes": uploads.MAX_SIZE,
            "putBelowBytes": uploads.PUT_LIMIT,
            "maxParts": uploads.MAX_PARTS,
            "partsPerCall": uploads.URLS_PER_CALL,
            "urlSeconds": uploads.URL_SECONDS,
            "maxBodyBytes": MAX_BODY,
            "maxWaitSeconds": MAX_WAIT_S,
            "rate": options.rate_limit or None,
        },
        "apiUrl": urls.api,
        "cdnUrl": urls.cdn,
        "s3Url": urls.s3,
        "name": options.name,
        "version": options.version,
    }
