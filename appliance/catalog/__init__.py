"""The catalog: what is known of every file, in SQLite. peewee stays in here."""
