"""What running the appliance needs: whose request an upload was, which workers live, who was told of what trouble,
and how long a tenant's files stay."""

OPERATIONS = """
ALTER TABLE upload ADD COLUMN request_id TEXT;
ALTER TABLE tenant ADD COLUMN retention_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenant ADD COLUMN retention_action TEXT NOT NULL DEFAULT 'trash';
CREATE TABLE worker (
    id TEXT PRIMARY KEY, started_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, figures TEXT NOT NULL
){without_rowid};
CREATE TABLE alarm (
    name TEXT PRIMARY KEY, sentence TEXT NOT NULL, raised_at BIGINT NOT NULL, told_at BIGINT, over_at BIGINT
){without_rowid}
"""
