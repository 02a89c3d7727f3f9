from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "glykos.server.accounts"
    label = "accounts"

    def ready(self) -> None:
        from glykos.server.accounts import events

        events.connect()
