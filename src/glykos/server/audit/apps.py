from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "glykos.server.audit"
    label = "audit"
