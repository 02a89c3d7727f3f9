from django.urls import path

from glykos.server.viewing import views

app_name = "viewing"
urlpatterns = [
    path("", views.person, name="person"),
    path("looks/", views.looks, name="looks"),
    path("reports/", views.first_report, name="reports"),
    path("reports/all.pdf", views.all_as_pdf, name="all_as_pdf"),
    path("reports/<slug:key>/", views.report, name="report"),
    path("reports/<slug:key>.<slug:kind>", views.download, name="download"),
]
