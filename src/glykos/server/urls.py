"""Every address of the site. A new one needs its row in tests/access/test_urls.py."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("glykos.server.web.urls")),
    path("accounts/", include("glykos.server.accounts.urls")),
    path("", include("glykos.server.pages.urls")),
    path("", include("glykos.server.pages.people_urls")),
    path("people/<uuid:public_id>/", include("glykos.server.ingest.urls")),
    path("people/<uuid:public_id>/", include("glykos.server.logbook.urls")),
    path("people/<uuid:public_id>/", include("glykos.server.correcting.urls")),
    path("people/<uuid:public_id>/", include("glykos.server.leaving.urls")),
    path("people/<uuid:public_id>/", include("glykos.server.viewing.urls")),
]

handler400 = "glykos.server.web.views.bad_request"
handler403 = "glykos.server.web.views.forbidden"
handler404 = "glykos.server.web.views.not_found"
handler500 = "glykos.server.web.views.server_error"
