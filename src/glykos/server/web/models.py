"""The one row that the health check writes."""

from django.db import models


class Heartbeat(models.Model):
    id = models.PositiveSmallIntegerField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "web_heartbeat"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="web_heartbeat_one_row")
        ]
        default_permissions = ()

    def __str__(self) -> str:
        return self.at.isoformat()
