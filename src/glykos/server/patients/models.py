"""Identity plane: who a record is about, and the wrapped key that opens it.

Everything about readings lives in the data plane under ``patient_id``, a random number that
means nothing outside this table.
"""

import secrets
import uuid
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from glykos.server.web import clock
from glykos.therapy.clock import DAY_MIN, DaySpan
from glykos.therapy.targets import TARGET_PRESETS, DayPlan, Targets, custom_target
from glykos.therapy.units import GlucoseUnit

TARGET_LOWEST_MGDL = 54
TARGET_HIGHEST_MGDL = 300
CUSTOM = "custom"
_PLAN = DayPlan()
_PRESETS = {preset.key: preset for preset in TARGET_PRESETS}


def validate_zone(name: str) -> None:
    """Refuse what is not a zone of the IANA list."""
    if name not in available_timezones():
        raise ValidationError("This is not a time zone.", code="zone")


def default_zone() -> str:
    return str(settings.DEFAULT_PERSON_ZONE)


def random_patient_id() -> int:
    """63 random bits: not guessable, and it fits every database's bigint."""
    return secrets.randbelow(2**62) + 1


def _minute(default: int, *, last: int = DAY_MIN) -> models.PositiveSmallIntegerField:  # type: ignore[type-arg]
    return models.PositiveSmallIntegerField(
        default=default, validators=[MinValueValidator(0), MaxValueValidator(last)]
    )


class Person(models.Model):
    """One record. ``owner`` may have several: a parent with two children."""

    class Paper(models.TextChoices):
        A4 = "A4", "A4"
        LETTER = "Letter", "Letter"

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    patient_id = models.BigIntegerField(unique=True, default=random_patient_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="people"
    )
    name = models.CharField(max_length=100, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    unit = models.CharField(
        max_length=8,
        choices=[(unit.value, unit.value) for unit in GlucoseUnit],
        default=GlucoseUnit.MGDL.value,
    )
    target_preset = models.CharField(
        max_length=16,
        choices=[*((p.key, p.name) for p in TARGET_PRESETS), (CUSTOM, "Own range")],
        default=TARGET_PRESETS[0].key,
    )
    target_low_mgdl = models.PositiveSmallIntegerField(null=True, blank=True)
    target_high_mgdl = models.PositiveSmallIntegerField(null=True, blank=True)
    zone = models.CharField(max_length=64, default=default_zone, validators=[validate_zone])
    clock_24h = models.BooleanField(default=True)
    paper = models.CharField(max_length=8, choices=Paper.choices, default=Paper.A4)
    breakfast_start_min = _minute(_PLAN.breakfast.start_min, last=DAY_MIN - 1)
    breakfast_end_min = _minute(_PLAN.breakfast.end_min)
    lunch_start_min = _minute(_PLAN.lunch.start_min, last=DAY_MIN - 1)
    lunch_end_min = _minute(_PLAN.lunch.end_min)
    dinner_start_min = _minute(_PLAN.dinner.start_min, last=DAY_MIN - 1)
    dinner_end_min = _minute(_PLAN.dinner.end_min)
    bedtime_start_min = _minute(_PLAN.bedtime.start_min, last=DAY_MIN - 1)
    bedtime_end_min = _minute(_PLAN.bedtime.end_min)
    wake_up_start_min = _minute(_PLAN.wake_up.start_min, last=DAY_MIN - 1)
    wake_up_end_min = _minute(_PLAN.wake_up.end_min)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        db_table = "patients_person"
        default_permissions = ()
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="patients_person_own_range",
                condition=~Q(target_preset=CUSTOM)
                | Q(
                    target_low_mgdl__isnull=False,  # a CHECK that answers NULL would let it pass
                    target_high_mgdl__isnull=False,
                    target_low_mgdl__gte=TARGET_LOWEST_MGDL,
                    target_high_mgdl__lte=TARGET_HIGHEST_MGDL,
                    target_low_mgdl__lt=F("target_high_mgdl"),
                ),
            ),
            *(
                models.CheckConstraint(
                    name=f"patients_person_{part}",
                    condition=Q(
                        **{
                            f"{part}_start_min__lt": DAY_MIN,
                            f"{part}_end_min__lte": DAY_MIN,
                        }
                    )
                    & ~Q(**{f"{part}_start_min": F(f"{part}_end_min")}),
                )
                for part in ("breakfast", "lunch", "dinner", "bedtime", "wake_up")
            ),
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"

    @property
    def display_name(self) -> str:
        """The name, or a stand-in for a record that has none yet."""
        return self.name or "Your data"

    @property
    def targets(self) -> Targets:
        """The range this person aims for."""
        if self.target_preset != CUSTOM:
            return _PRESETS[self.target_preset]
        if self.target_low_mgdl is None or self.target_high_mgdl is None:
            raise ValueError("an own range needs both limits")
        return custom_target(self.target_low_mgdl, self.target_high_mgdl)

    @property
    def plan(self) -> DayPlan:
        """When this person eats and sleeps."""
        return DayPlan(
            breakfast=DaySpan(self.breakfast_start_min, self.breakfast_end_min),
            lunch=DaySpan(self.lunch_start_min, self.lunch_end_min),
            dinner=DaySpan(self.dinner_start_min, self.dinner_end_min),
            bedtime=DaySpan(self.bedtime_start_min, self.bedtime_end_min),
            wake_up=DaySpan(self.wake_up_start_min, self.wake_up_end_min),
        )

    @property
    def glucose_unit(self) -> GlucoseUnit:
        """The unit this person reads."""
        return GlucoseUnit(self.unit)

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone this person lives in."""
        return ZoneInfo(self.zone)


class PatientKey(models.Model):
    """One version of a patient's data key, wrapped by a master key that is not in the database."""

    pk = models.CompositePrimaryKey("patient_id", "version")
    patient_id = models.BigIntegerField()
    version = models.PositiveSmallIntegerField()
    master_id = models.CharField(max_length=8)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=clock.now, editable=False)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "patients_key"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(version__gte=1, version__lte=255), name="patients_key_version"
            )
        ]

    def __str__(self) -> str:
        return f"key {self.patient_id} v{self.version}"
