from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "glykos.server.ingest"
    label = "ingest"
