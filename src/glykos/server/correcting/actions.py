"""Decisions about readings and clocks: from what a form says to what is written down."""

from collections.abc import Mapping
from typing import Any

from glykos.server.sharing import Access
from glykos.server.store import clocks, decisions
from glykos.server.store.clocks import DeviceClock
from glykos.therapy.decisions import Exclusion, ExclusionReason

Span = tuple[int, int]


def leave_out(
    access: Access,
    shown_s: Span,
    device: DeviceClock | None,
    told: Mapping[str, Any],
    known: list[DeviceClock],
) -> None:
    """Leave readings out that reports show in this stretch; ``device`` None means every sensor.

    A decision names readings by their stored time. Where a clock was corrected, that is another
    time than the one shown, and different for each device.
    """
    for device_id, (from_s, to_s) in _stored(access, shown_s, device, known):
        decisions.make(
            access,
            Exclusion(
                from_s=from_s,
                to_s=to_s,
                device_id=device_id,
                reason=ExclusionReason(told["reason"]),
                note=told["note"],
            ),
        )


def _stored(
    access: Access, shown_s: Span, device: DeviceClock | None, known: list[DeviceClock]
) -> list[tuple[str, Span]]:
    views = clocks.views(access)
    wanted = [device] if device else [one for one in known if one.is_sensor]
    if not any(one.device.id in views for one in wanted):
        return [(device.device.id if device else "", shown_s)]
    found: list[tuple[str, Span]] = []
    for one in wanted:
        view = views.get(one.device.id)
        spans = view.stored_spans(*shown_s) if view else [shown_s]
        found += [(one.device.id, span) for span in spans]
    return found
