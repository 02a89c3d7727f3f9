from django.urls import URLPattern

app_name = "leaving"
urlpatterns: list[URLPattern] = []
