"""Headers on every answer, and named errors turned into their pages."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from glykos.errors import AccessDenied
from glykos.server.web import origin
from glykos.server.web.views import not_found

Answer = Callable[[HttpRequest], HttpResponseBase]

#: What pages of ours may use of the computer: passkeys, and nothing else.
PERMISSIONS = ", ".join(
    (
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer",
                "autoplay",
                "bluetooth",
                "camera",
                "display-capture",
                "encrypted-media",
                "fullscreen",
                "geolocation",
                "gyroscope",
                "hid",
                "idle-detection",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "picture-in-picture",
                "screen-wake-lock",
                "serial",
                "usb",
                "web-share",
                "xr-spatial-tracking",
            )
        ),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    )
)


class SecurityHeaders:
    """Outermost: gives the request its id, and every answer the headers no library sets.

    Pages are never stored by the browser or a proxy; only static files, which have no personal
    content and a name that changes with it, may be.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = origin.current.set(origin.of(request))
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = origin.current.get().request_id
        finally:
            origin.current.reset(token)
        response["Permissions-Policy"] = PERMISSIONS
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        is_static = request.path.startswith(settings.STATIC_URL) and response.status_code in {
            200,
            206,
            304,
        }
        if not is_static:
            response["Cache-Control"] = "no-store"
        return response


class NamedErrors:
    """Errors of ours that a view let through."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Whoever may not see a record must not learn that it exists: 404."""
        if isinstance(error, AccessDenied):
            return not_found(request, Http404())
        return None
