"""What every stored field is about; export, erasure, log scrubbing and demo data go by it.

``personal`` says who somebody is, ``health`` how somebody is, ``operational`` neither. Ids and
keyed digests are operational: alone they say nothing. A test fails on a field of any app that
has no class here, and on a class without a field.
"""

from dataclasses import dataclass
from typing import Literal

FieldClass = Literal["personal", "health", "operational"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """The fields of one model by class, as words."""

    personal: str = ""
    health: str = ""
    operational: str = ""


_MODELS: dict[str, _Model] = {
    "accounts.User": _Model(
        personal="email password", operational="id last_login is_active created_at"
    ),
    "account.EmailAddress": _Model(personal="email", operational="id user verified primary"),
    "account.EmailConfirmation": _Model(
        personal="key", operational="id email_address created sent"
    ),
    "mfa.Authenticator": _Model(  # data: sealed seeds, public keys of passkeys
        personal="data", operational="id user type created_at last_used_at"
    ),
    "usersessions.UserSession": _Model(
        personal="ip user_agent data", operational="id user created_at last_seen_at session_key"
    ),
    "sessions.Session": _Model(personal="session_data", operational="session_key expire_date"),
    "audit.Head": _Model(operational="shard seq hash"),
    "audit.Event": _Model(  # detail: the client's address; kept for six years whatever is erased
        personal="detail", operational="shard seq at_us actor action patient obj hash"
    ),
    "web.Heartbeat": _Model(operational="id at"),
    "patients.Person": _Model(
        personal="name birth_date",
        health="unit target_preset target_low_mgdl target_high_mgdl breakfast_start_min"
        " breakfast_end_min lunch_start_min lunch_end_min dinner_start_min dinner_end_min"
        " bedtime_start_min bedtime_end_min wake_up_start_min wake_up_end_min",
        operational="id public_id patient_id owner zone clock_24h paper created_at",
    ),
    "patients.PatientKey": _Model(
        operational="patient_id version master_id wrapped created_at destroyed_at"
    ),
    "store.Patient": _Model(operational="id created_at next_event"),
    "store.Device": _Model(  # facts: the sealed serial number
        personal="facts", operational="patient number fingerprint serial_fingerprint"
    ),
    "store.SourceFile": _Model(
        health="summary original",
        operational="patient id digest status received_at reader reader_version size_bytes",
    ),
    "store.UploadEffect": _Model(health="body", operational="patient upload"),
    "store.Chunk": _Model(
        health="body day n", operational="patient stream device codec rev digest"
    ),
    "store.ChunkVersion": _Model(
        health="body day", operational="patient stream device codec digest"
    ),
    "store.Event": _Model(
        health="payload kind at_s", operational="patient key number device rev version rank"
    ),
    "store.EventVersion": _Model(health="payload at_s", operational="patient key rev version rank"),
    "store.Entry": _Model(
        health="payload kind at_s",
        operational="patient id rev is_current is_deletion written_at",
    ),
    "store.Decision": _Model(health="body", operational="patient id kind made_at withdrawn_at"),
    "store.DaySummary": _Model(
        health="day n below_54 below_70 to_140 to_180 to_250 above_250 total squares lowest highest",
        operational="patient stream scale interval_min algorithm",
    ),
    "store.PatientWindow": _Model(
        health="end_day n mean_mgdl sd_mgdl cv_percent gmi_percent gri in_range_percent"
        " below_54_percent below_70_percent above_180_percent above_250_percent wear_percent",
        operational="patient days algorithm",
    ),
    "store.ClockSegment": _Model(operational="patient device place from_s utc_offset_s origin"),
    "auth.Permission": _Model(operational="id name content_type codename"),
    "auth.Group": _Model(operational="id name"),
    "auth.Group_permissions": _Model(operational="id group permission"),
    "contenttypes.ContentType": _Model(operational="id app_label model"),
}


def _classes() -> dict[str, FieldClass]:
    kinds: tuple[FieldClass, ...] = ("personal", "health", "operational")
    return {
        f"{label}.{name}": kind
        for label, model in _MODELS.items()
        for kind in kinds
        for name in getattr(model, kind).split()
    }


#: ``app.Model.field`` to its class.
FIELD_CLASSES: dict[str, FieldClass] = _classes()
