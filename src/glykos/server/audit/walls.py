"""Triggers that refuse to change or remove what is logged, on both engines.

They stop accidents and injected statements. Whoever may drop triggers is found by the chain
and the anchors instead (``queries.verify``).
"""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# INSERT OR REPLACE fires no delete trigger in SQLite, hence the guard before inserts.
_SQLITE = {
    "audit_event_no_update": "BEFORE UPDATE ON audit_event BEGIN {abort} END",
    "audit_event_no_delete": "BEFORE DELETE ON audit_event BEGIN {abort} END",
    "audit_event_no_replace": "BEFORE INSERT ON audit_event WHEN EXISTS (SELECT 1 FROM audit_event"
    " WHERE shard = NEW.shard AND seq = NEW.seq) BEGIN {abort} END",
    "audit_head_one_step": "BEFORE UPDATE ON audit_head WHEN NEW.seq <> OLD.seq + 1"
    " OR NEW.shard <> OLD.shard BEGIN {abort} END",
    "audit_head_no_delete": "BEFORE DELETE ON audit_head BEGIN {abort} END",
    "audit_head_no_replace": "BEFORE INSERT ON audit_head WHEN EXISTS (SELECT 1 FROM audit_head"
    " WHERE shard = NEW.shard) BEGIN {abort} END",
}
_ABORT = "SELECT RAISE(ABORT, 'the audit log is append-only');"
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'audit_head' AND TG_OP = 'UPDATE' THEN
    IF NEW.seq = OLD.seq + 1 AND NEW.shard = OLD.shard THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRESQL_TABLES = ("audit_event", "audit_head")


def raise_walls(connection: BaseDatabaseWrapper) -> None:
    """Install the triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name, body in _SQLITE.items():
                cursor.execute(f"CREATE TRIGGER {name} {body.format(abort=_ABORT)}")
            return
        cursor.execute(_POSTGRESQL_FUNCTION)
        for table in _POSTGRESQL_TABLES:
            cursor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
            )
            cursor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
            )


def drop_walls(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers (reverse migration and test runner only)."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            return
        for table in _POSTGRESQL_TABLES:
            for name in ("append_only", "no_truncate"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}")


def migrate_up(apps: object, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - a given signature
    raise_walls(editor.connection)


def migrate_down(apps: object, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - a given signature
    drop_walls(editor.connection)
