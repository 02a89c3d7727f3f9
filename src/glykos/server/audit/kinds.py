"""The kinds of events, each with the sentence a person reads about it.

The values are stored for years: never rename one. A new kind needs its sentence here.
"""

from enum import StrEnum


class Action(StrEnum):
    """What happened, as ``subject.verb``."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_LOGGED_IN = "account.logged-in"
    ACCOUNT_LOGGED_OUT = "account.logged-out"
    ACCOUNT_LOGIN_FAILED = "account.login-failed"
    ACCOUNT_TIMED_OUT = "account.timed-out"
    ACCOUNT_EMAIL_CHANGED = "account.email-changed"
    ACCOUNT_PASSWORD_CHANGED = "account.password-changed"  # noqa: S105 - a kind of event
    ACCOUNT_PASSWORD_RESET = "account.password-reset"  # noqa: S105 - a kind of event
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    FACTOR_RENEWED = "factor.renewed"
    PERSON_CREATED = "person.created"
    PERSON_CHANGED = "person.changed"
    ACCESS_REFUSED = "access.refused"
    HISTORY_READ = "history.read"
    REPORT_EXPORTED = "report.exported"
    UPLOADS_READ = "uploads.read"
    UPLOAD_APPLIED = "upload.applied"
    UPLOAD_REFUSED = "upload.refused"
    UPLOAD_HELD = "upload.held"
    UPLOAD_UNDONE = "upload.undone"
    UPLOAD_DISCARDED = "upload.discarded"
    UPLOAD_REREAD = "upload.reread"
    ORIGINAL_READ = "original.read"
    ENTRY_WRITTEN = "entry.written"
    ENTRY_DELETED = "entry.deleted"
    DECISION_MADE = "decision.made"
    DECISION_WITHDRAWN = "decision.withdrawn"
    EVERYTHING_EXPORTED = "everything.exported"
    EVERYTHING_IMPORTED = "everything.imported"
    SEAL_REFUSED = "seal.refused"
    KEYS_ROTATED = "keys.rotated"
    CLOCK_JUMPED = "clock.jumped"
    AUDIT_ANCHORED = "audit.anchored"


#: What a person reads in "who looked at my data".
SENTENCES: dict[Action, str] = {
    Action.ACCOUNT_CREATED: "registered an account",
    Action.ACCOUNT_LOGGED_IN: "logged in",
    Action.ACCOUNT_LOGGED_OUT: "logged out",
    Action.ACCOUNT_LOGIN_FAILED: "did not manage to log in",
    Action.ACCOUNT_TIMED_OUT: "was logged out after a time without use",
    Action.ACCOUNT_EMAIL_CHANGED: "changed the e-mail address of the account",
    Action.ACCOUNT_PASSWORD_CHANGED: "changed the password",
    Action.ACCOUNT_PASSWORD_RESET: "set a new password with a code sent by mail",
    Action.FACTOR_ADDED: "added a second factor",
    Action.FACTOR_REMOVED: "removed a second factor",
    Action.FACTOR_RENEWED: "made new recovery codes",
    Action.PERSON_CREATED: "started a record",
    Action.PERSON_CHANGED: "changed the settings of the record",
    Action.ACCESS_REFUSED: "was refused",
    Action.HISTORY_READ: "looked at the data",
    Action.REPORT_EXPORTED: "saved a report as a file",
    Action.UPLOADS_READ: "looked at the list of uploads",
    Action.UPLOAD_APPLIED: "uploaded a file",
    Action.UPLOAD_REFUSED: "tried to upload a file that was not accepted",
    Action.UPLOAD_HELD: "uploaded a file that waits for an answer",
    Action.UPLOAD_UNDONE: "undid an upload",
    Action.UPLOAD_DISCARDED: "deleted an uploaded file",
    Action.UPLOAD_REREAD: "read an uploaded file again",
    Action.ENTRY_WRITTEN: "wrote into the logbook",
    Action.ENTRY_DELETED: "deleted an entry of the logbook",
    Action.DECISION_MADE: "corrected data, left data out, or saved a choice",
    Action.DECISION_WITHDRAWN: "took back a correction or a choice",
    Action.EVERYTHING_EXPORTED: "saved everything as a file",
    Action.EVERYTHING_IMPORTED: "brought in a file with everything of a record",
    Action.ORIGINAL_READ: "downloaded an uploaded file",
    Action.SEAL_REFUSED: "met a stored value that could not be opened",
    Action.KEYS_ROTATED: "renewed the keys",
    Action.CLOCK_JUMPED: "noticed that the server's clock was set back",
    Action.AUDIT_ANCHORED: "signed the state of this log",
}


def sentence(action: str) -> str:
    """The sentence for a stored kind. Raises ValueError for one that this program never wrote."""
    return SENTENCES[Action(action)]
