"""The data plane. Every table starts with the patient, every key contains it, no names in it.

Only this package touches these rows: everybody else calls ``store.actions`` and
``store.queries``. What is sealed is said at the field; see ADR 0035 for the keys of events and
ADR 0037 for how an upload can be undone.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q

#: Kinds of records that say something about other days than their own: a state holds until the
#: next one, an HbA1c tells of months, an illness lasts. A window needs them from before its first
#: day, and the settings as read after its last.
STANDING_KINDS = (
    "basal_pattern_selected",
    "basal_schedule",
    "hba1c",
    "illness",
    "settings_change",
    "settings_snapshot",
    "time_change",
)


class Stream(models.IntegerChoices):
    """High-rate streams kept as day chunks. The numbers are stored: never renumber."""

    SENSOR_GLUCOSE = 1


class Status(models.IntegerChoices):
    """What became of an uploaded file. The numbers are stored: never renumber."""

    ACTIVE = 1
    UNDONE = 2
    WAITING = 3  # a question is open; nothing of it is in use


class Patient(models.Model):
    """Root of one person's data under a pseudonym, and the row that writers queue for."""

    id = models.BigIntegerField(primary_key=True)
    created_at = models.DateTimeField()
    next_event = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "patient"


class _OfPatient(models.Model):
    # The composite primary keys begin with the patient, so an index of its own would only cost.
    patient = models.ForeignKey(Patient, models.CASCADE, db_index=False, related_name="+")

    class Meta:
        abstract = True
        default_permissions = ()

    def __str__(self) -> str:
        return type(self).__name__.lower()


class Device(_OfPatient):
    """A device of this person; the number stands for it in every other table."""

    pk = models.CompositePrimaryKey("patient_id", "number")
    number = models.SmallIntegerField()
    fingerprint = models.BinaryField()  # keyed with the patient's key: finds the device again
    serial_fingerprint = models.BinaryField(null=True)  # installation's key: finds a shared device
    facts = models.BinaryField()  # sealed: id, kind, model, serial

    class Meta(_OfPatient.Meta):
        constraints = [
            models.UniqueConstraint(fields=["patient", "fingerprint"], name="store_device_once")
        ]
        indexes = [models.Index(fields=["serial_fingerprint"], name="store_device_serial")]


class SourceFile(_OfPatient):
    """One uploaded file. The same bytes twice are one row."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    id = models.UUIDField(default=uuid4, editable=False)
    digest = models.BinaryField()  # keyed digest of the bytes
    status = models.SmallIntegerField(choices=Status)
    received_at = models.DateTimeField()
    reader = models.CharField(max_length=40)
    reader_version = models.SmallIntegerField()
    size_bytes = models.IntegerField()
    summary = models.BinaryField()  # sealed: file name, owner, counts, issues, answers given
    original = models.BinaryField()  # sealed: the bytes as they came, deflated

    class Meta(_OfPatient.Meta):
        constraints = [
            models.UniqueConstraint(fields=["patient", "digest"], name="store_file_once")
        ]


class UploadEffect(_OfPatient):
    """Which versions of which days and events an active upload brought (sealed)."""

    pk = models.CompositePrimaryKey("patient_id", "upload")
    upload = models.UUIDField()
    body = models.BinaryField()

    class Meta(_OfPatient.Meta):
        pass


class Chunk(_OfPatient):
    """One device's readings of one device-local day: the union of what all uploads brought."""

    pk = models.CompositePrimaryKey("patient_id", "stream", "day", "device")
    stream = models.SmallIntegerField(choices=Stream)
    day = models.IntegerField()
    device = models.SmallIntegerField()
    n = models.IntegerField()
    codec = models.SmallIntegerField()
    rev = models.IntegerField(default=0)
    digest = models.BinaryField()
    body = models.BinaryField()  # sealed

    class Meta(_OfPatient.Meta):
        pass


class ChunkVersion(_OfPatient):
    """A day as one upload brought it, kept where the chunk holds more than that."""

    pk = models.CompositePrimaryKey("patient_id", "stream", "day", "device", "digest")
    stream = models.SmallIntegerField(choices=Stream)
    day = models.IntegerField()
    device = models.SmallIntegerField()
    codec = models.SmallIntegerField()
    digest = models.BinaryField()
    body = models.BinaryField()  # sealed

    class Meta(_OfPatient.Meta):
        pass


class Event(_OfPatient):
    """One record. The key is a keyed digest of its identity, whatever file told of it."""

    pk = models.CompositePrimaryKey("patient_id", "key")
    key = models.BinaryField()
    number = models.IntegerField()  # small name of the event inside upload effects
    kind = models.CharField(max_length=24)
    at_s = models.BigIntegerField()  # device wall-clock seconds, never re-based
    device = models.SmallIntegerField()
    rev = models.SmallIntegerField(default=0)  # which of the versions this is
    version = models.BinaryField()  # keyed digest of the version
    rank = models.BigIntegerField(default=0)  # as_of of its file [wall s]; 0: rows not edited
    payload = models.BinaryField()  # sealed

    class Meta(_OfPatient.Meta):
        constraints = [
            models.UniqueConstraint(fields=["patient", "number"], name="store_event_number")
        ]
        indexes = [
            models.Index(fields=["patient", "at_s"], name="store_event_time"),
            models.Index(
                fields=["patient", "kind"],
                condition=Q(kind__in=STANDING_KINDS),
                name="store_event_standing",
            ),
        ]


class EventVersion(_OfPatient):
    """Another version of an event, told by an upload that did not win (append-only)."""

    pk = models.CompositePrimaryKey("patient_id", "key", "rev")
    key = models.BinaryField()
    rev = models.SmallIntegerField()
    at_s = models.BigIntegerField()
    version = models.BinaryField()
    rank = models.BigIntegerField(default=0)
    payload = models.BinaryField()  # sealed

    class Meta(_OfPatient.Meta):
        pass


class Entry(_OfPatient):
    """One revision of what somebody wrote into the logbook (append-only; the newest one counts)."""

    pk = models.CompositePrimaryKey("patient_id", "id", "rev")
    id = models.UUIDField(default=uuid4, editable=False)
    rev = models.SmallIntegerField()
    is_current = models.BooleanField()  # the newest revision, and not a deletion
    is_deletion = models.BooleanField(default=False)
    kind = models.CharField(max_length=24)
    at_s = models.BigIntegerField()  # wall-clock seconds where the person was
    written_at = models.DateTimeField()
    payload = models.BinaryField()  # sealed

    class Meta(_OfPatient.Meta):
        indexes = [
            models.Index(
                fields=["patient", "at_s"],
                condition=Q(is_current=True),
                name="store_entry_current",
            )
        ]


class Decision(_OfPatient):
    """What a person decided about the data: left out, corrected, told apart, kept for next time.

    A decision is never changed, only withdrawn; another one takes its place.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    id = models.UUIDField(default=uuid4, editable=False)
    kind = models.CharField(max_length=24)
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    body = models.BinaryField()  # sealed

    class Meta(_OfPatient.Meta):
        pass


class DaySummary(_OfPatient):
    """Exact sums of one local day's glucose readings in one scale; days add up to any window."""

    pk = models.CompositePrimaryKey("patient_id", "stream", "day", "scale")
    stream = models.SmallIntegerField(choices=Stream)
    day = models.IntegerField()
    scale = models.SmallIntegerField()
    n = models.IntegerField()
    below_54 = models.IntegerField()
    below_70 = models.IntegerField()
    to_140 = models.IntegerField()
    to_180 = models.IntegerField()
    to_250 = models.IntegerField()
    above_250 = models.IntegerField()
    total = models.BigIntegerField()  # sum of counts
    squares = models.BigIntegerField()  # sum of squared counts
    lowest = models.SmallIntegerField()
    highest = models.SmallIntegerField()
    interval_min = models.SmallIntegerField()
    algorithm = models.SmallIntegerField()

    class Meta(_OfPatient.Meta):
        pass


class PatientWindow(_OfPatient):
    """The numbers a list of many people is sorted by, for the last 7, 14, 30 and 90 days."""

    pk = models.CompositePrimaryKey("patient_id", "days")
    days = models.SmallIntegerField()
    end_day = models.IntegerField()
    n = models.IntegerField()
    mean_mgdl = models.FloatField()
    sd_mgdl = models.FloatField(null=True)
    cv_percent = models.FloatField(null=True)
    gmi_percent = models.FloatField()
    gri = models.FloatField()
    in_range_percent = models.FloatField()
    below_54_percent = models.FloatField()
    below_70_percent = models.FloatField()
    above_180_percent = models.FloatField()
    above_250_percent = models.FloatField()
    wear_percent = models.FloatField()
    algorithm = models.SmallIntegerField()

    class Meta(_OfPatient.Meta):
        indexes = [
            models.Index(fields=["days", "in_range_percent"], name="store_window_in_range"),
            models.Index(fields=["days", "below_54_percent"], name="store_window_low"),
            models.Index(fields=["days", "gri"], name="store_window_gri"),
            models.Index(fields=["days", "wear_percent"], name="store_window_wear"),
        ]


class ClockSegment(_OfPatient):
    """How a device's wall clock is read as UTC, oldest first; correctable without touching data."""

    pk = models.CompositePrimaryKey("patient_id", "device", "place")
    device = models.SmallIntegerField()
    place = models.SmallIntegerField()
    from_s = models.BigIntegerField()
    utc_offset_s = models.IntegerField()
    origin = models.CharField(max_length=16)

    class Meta(_OfPatient.Meta):
        pass
