from django.urls import path

from glykos.server.logbook import views

app_name = "logbook"
urlpatterns = [
    path("logbook/", views.day, name="day"),
    path("logbook/add/", views.add, name="add"),
    path("logbook/entries/<uuid:entry_id>/", views.entry, name="entry"),
    path("logbook/remove/", views.remove, name="remove"),
    path("logbook/bring-back/", views.bring_back, name="bring_back"),
    path("logbook/favourites/", views.favourite_list, name="favourites"),
    path(
        "logbook/favourites/<uuid:favourite_id>/", views.change_favourite, name="change_favourite"
    ),
    path("logbook/favourites/<uuid:favourite_id>/repeat/", views.repeat, name="repeat"),
]
