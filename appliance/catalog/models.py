"""The tables, as peewee sees them. Migrations make them; hot paths speak SQL, the rest goes through these."""

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


class Job(_Table):
    id = peewee.AutoField()
    file_id = peewee.TextField()
    service = peewee.TextField()
    state = peewee.TextField()
    progress = peewee.FloatField(null=True)
    eta = peewee.FloatField(null=True)
    attempts = peewee.IntegerField()
    error = peewee.TextField(null=True)
    updated_at = peewee.BigIntegerField()

    class Meta:
        table_name = "job"
        indexes = ((("file_id", "service"), True),)


class Quarantine(_Table):
    id = peewee.AutoField()
    source = peewee.TextField()
    reason = peewee.TextField()
    object_key = peewee.TextField(null=True)
    body = peewee.TextField()
    received_at = peewee.BigIntegerField()
    count = peewee.IntegerField()

    class Meta:
        table_name = "quarantine"
