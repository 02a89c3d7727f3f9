"""The chains of events. Rows are only ever added; triggers refuse anything else."""

from django.db import models


class Head(models.Model):
    """The end of one chain; the row that writers of this chain queue for."""

    shard = models.PositiveSmallIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_head"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.shard}:{self.seq}"


class Event(models.Model):
    """One event. Texts are stored exactly as they were hashed; no NULLs, no names, no values."""

    pk = models.CompositePrimaryKey("shard", "seq")
    shard = models.PositiveSmallIntegerField()
    seq = models.BigIntegerField()
    at_us = models.BigIntegerField()
    actor = models.TextField(blank=True)
    action = models.TextField()
    patient = models.TextField(blank=True)
    obj = models.TextField(blank=True)
    detail = models.TextField(blank=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_event"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.shard}:{self.seq} {self.action}"
