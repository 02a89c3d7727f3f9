from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "glykos.server.web"
    label = "web"
