from django.urls import path

from glykos.server.ingest import mapping_views, views

app_name = "ingest"
urlpatterns = [
    path("upload/", views.upload, name="upload"),
    path("uploads/", views.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>/", views.upload_detail, name="upload_detail"),
    path("uploads/<uuid:upload_id>/answer/", views.answer, name="answer"),
    path("uploads/<uuid:upload_id>/columns/", mapping_views.columns, name="columns"),
    path("uploads/<uuid:upload_id>/undo/", views.undo, name="undo"),
    path("uploads/<uuid:upload_id>/original/", views.original, name="original"),
    path("mappings/<uuid:mapping_id>/forget/", mapping_views.forget, name="forget_mapping"),
]
