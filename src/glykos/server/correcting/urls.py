from django.urls import URLPattern

app_name = "correcting"
urlpatterns: list[URLPattern] = []
