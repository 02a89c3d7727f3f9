from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "glykos.server.patients"
    label = "patients"

    def ready(self) -> None:
        from glykos.server.patients import events

        events.connect()
