"""Uploaded files stay in memory: a temporary file would be health data on the disk, unsealed."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

#: The addresses that take files.
_UPLOADS = frozenset({"ingest:upload", "leaving:bring_in"})


class MemoryOnly(MemoryFileUploadHandler):
    """Keeps all files of a request in memory and stops reading at ``MAX_UPLOAD_BYTES``.

    A larger request is answered with 413, at once when it announces its size. The check of the
    form's token reads the body before any view asks who is there, so who may send files, and
    where, is decided here: everybody else gets no more than any form needs.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._seen = 0

    def handle_raw_input(
        self,
        input_data: Any,  # noqa: ARG002 - a given signature
        META: dict[str, Any],  # noqa: ARG002, N803 - Django's name
        content_length: int,
        boundary: Any,  # noqa: ARG002 - a given signature
        encoding: str | None = None,  # noqa: ARG002 - a given signature
    ) -> None:
        self.activated = True
        limit = settings.MAX_UPLOAD_BYTES if self._may_send_files() else 0
        if content_length > limit + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise _too_large()

    def _may_send_files(self) -> bool:
        request: Any = self.request
        is_upload = request.resolver_match and request.resolver_match.view_name in _UPLOADS
        return bool(is_upload and request.user.is_authenticated)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 - a given signature
        self._seen += len(raw_data)
        if self._seen > settings.MAX_UPLOAD_BYTES:
            raise _too_large()
        self.file.write(raw_data)


def _too_large() -> RequestDataTooBig:
    return RequestDataTooBig("upload above GLYKOS_MAX_UPLOAD_MB")
