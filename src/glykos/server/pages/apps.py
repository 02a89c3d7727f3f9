from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "glykos.server.pages"
