from django.apps import AppConfig


class LeavingConfig(AppConfig):
    name = "glykos.server.leaving"
