from django.apps import AppConfig


class ViewingConfig(AppConfig):
    name = "glykos.server.viewing"
