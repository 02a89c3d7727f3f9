from django.apps import AppConfig


class StoreConfig(AppConfig):
    name = "glykos.server.store"
    label = "store"
