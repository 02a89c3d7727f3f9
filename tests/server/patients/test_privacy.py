"""Every stored field is classed, and every class has its field."""

from django.apps import apps

from glykos.server.patients.privacy import FIELD_CLASSES


def stored_fields() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
    }


def test_every_field_of_every_app_has_a_class() -> None:
    assert stored_fields() - set(FIELD_CLASSES) == set()


def test_no_class_is_left_over() -> None:
    assert set(FIELD_CLASSES) - stored_fields() == set()


def test_names_are_never_in_the_data_plane() -> None:
    personal = {name for name, kind in FIELD_CLASSES.items() if kind == "personal"}
    assert {name for name in personal if name.startswith("store.")} == {"store.Device.facts"}
