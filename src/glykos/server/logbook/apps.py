from django.apps import AppConfig


class LogbookConfig(AppConfig):
    name = "glykos.server.logbook"
