from django.urls import path

from glykos.server.web import views

urlpatterns = [path("healthz", views.healthz, name="healthz")]
