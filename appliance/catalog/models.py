"""The tables whose rows are made or read as objects. Migrations make them; everything else speaks SQL."""

import peewee

#: Bound to the one catalog of this process when it is opened.
proxy = peewee.DatabaseProxy()


class _Table(peewee.Model):
    class Meta:
        database = proxy


class Tenant(_Table):
    id = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    created_at = peewee.BigIntegerField()
    disabled_at = peewee.BigIntegerField(null=True)
    signing_secret = peewee.BlobField()
    quota_bytes = peewee.BigIntegerField()
    quota_files = peewee.BigIntegerField()
    stored_bytes = peewee.BigIntegerField()
    stored_files = peewee.BigIntegerField()
    trash_bytes = peewee.BigIntegerField()
    trash_files = peewee.BigIntegerField()
    pending_bytes = peewee.BigIntegerField()
    pending_files = peewee.BigIntegerField()
    transcode = peewee.TextField(default="full")
    rendition_bytes = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "tenant"


class ApiKey(_Table):
    id = peewee.TextField(primary_key=True)
    tenant_id = peewee.TextField()
    name = peewee.TextField()
    scopes = peewee.TextField()
    secret_hash = peewee.TextField(unique=True)
    created_at = peewee.BigIntegerField()
    expires_at = peewee.BigIntegerField(null=True)
    revoked_at = peewee.BigIntegerField(null=True)
    last_used_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "api_key"


class Pairing(_Table):
    id = peewee.TextField(primary_key=True)
    code_hash = peewee.TextField()
    tenant_id = peewee.TextField()
    name = peewee.TextField()
    scopes = peewee.TextField()
    expires_at = peewee.BigIntegerField()
    tries_left = peewee.IntegerField()
    used_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "pairing"
