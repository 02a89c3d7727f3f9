from django.urls import path

from glykos.server.pages import views

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("help/", views.help_page, name="help"),
    path("intended-use/", views.about, name="about"),
    path("bring-your-data/", views.bring_your_data, name="bring_your_data"),
    path("appearance/", views.appearance, name="appearance"),
]
