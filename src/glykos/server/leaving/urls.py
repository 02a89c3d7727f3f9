from django.urls import path

from glykos.server.leaving import views

app_name = "leaving"
urlpatterns = [
    path("everything/", views.page, name="page"),
    path("everything/save/", views.save, name="save"),
    path("everything/bring-in/", views.bring_in, name="bring_in"),
]
