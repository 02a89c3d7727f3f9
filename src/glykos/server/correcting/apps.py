from django.apps import AppConfig


class CorrectingConfig(AppConfig):
    name = "glykos.server.correcting"
