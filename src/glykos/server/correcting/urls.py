from django.urls import path

from glykos.server.correcting import links, views

app_name = "correcting"
urlpatterns = [
    path("devices/", views.devices, name="devices"),
    path("devices/correct/", views.correct, name="correct"),
    path("left-out/", views.left_out, name="left_out"),
    path("decisions/<uuid:decision_id>/take-back/", views.take_back, name="take_back"),
    path("readings/", links.readings, name="readings"),
    path("readings/apart/", links.take_apart, name="take_apart"),
    path("readings/undo/", links.undo_apart, name="undo_apart"),
]
