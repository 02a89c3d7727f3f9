from django.urls import path

from glykos.server.pages import people

app_name = "patients"
urlpatterns = [
    path("people/add/", people.add, name="add"),
    path("people/<uuid:public_id>/settings/", people.settings, name="settings"),
]
