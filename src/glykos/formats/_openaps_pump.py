"""The history of a pump as openaps keeps it: boluses, temporary rates, stops, changes.

A temporary rate is two entries of the same second, its rate and its length. Known from the
examples of oref0 only (reference formats.md §8); everything that a Nightscout site also tells as
a treatment is better taken from there.
"""

from collections.abc import Sequence

from glykos.formats._loose import amount_in
from glykos.formats._nightscout_treatments import PUMP, Placed
from glykos.formats._row_problems import Ignored, Missing
from glykos.therapy.records import (
    Bolus,
    BolusKind,
    Prime,
    PrimeKind,
    Record,
    Resume,
    Rewind,
    StopReason,
    Suspend,
    TempBasal,
)


class PumpHistory:
    """Reads the entries of one file."""

    def __init__(self, entries: Sequence[Placed]) -> None:
        self._lengths = {
            one.at_s: one.document.duration_in_pump_words
            for one in entries
            if one.document.raw_type == "TempBasalDuration"
        }

    def records(self, placed: Placed) -> list[Record]:
        """What an entry tells. Raises Ignored, Missing or NotANumber."""
        head, document = placed.head(PUMP), placed.document
        match document.raw_type:
            case "Bolus":
                return [_bolus(placed)]
            case "TempBasal":
                return [self._temp_basal(placed)]
            case "TempBasalDuration":
                return []  # part of the temporary rate of its second
            case "PumpSuspend":
                return [Suspend(**head, reason=StopReason.UNKNOWN)]
            case "PumpResume":
                return [Resume(**head)]
            case "Prime":
                volume = amount_in(document.amount)
                return [Prime(**head, prime_kind=PrimeKind.UNKNOWN, volume_u=volume)]
            case "Rewind":
                return [Rewind(**head)]
        raise Ignored("entries of a pump's history that tell nothing of insulin")

    def _temp_basal(self, placed: Placed) -> TempBasal:
        document = placed.document
        rate = amount_in(document.rate)
        if rate is None:
            raise Missing("a temporary basal rate without a rate")
        is_percent = document.temp == "percent"
        return TempBasal(
            **placed.head(PUMP),
            rate_u_per_h=None if is_percent else rate,
            fraction=rate / 100 if is_percent else None,
            duration_min=amount_in(self._lengths.get(placed.at_s)),
        )


def _bolus(placed: Placed) -> Bolus:
    document = placed.document
    amount = amount_in(document.amount)
    if amount is None:
        raise Missing("a bolus without an amount")
    lasts, programmed = amount_in(document.duration), amount_in(document.programmed)
    head = placed.head(PUMP)
    if not lasts:
        return Bolus(
            **head,
            bolus_kind=BolusKind.NORMAL,
            programmed_now_u=programmed,
            delivered_now_u=amount,
        )
    return Bolus(
        **head,
        bolus_kind=BolusKind.EXTENDED,
        programmed_extended_u=programmed,
        delivered_extended_u=amount,
        programmed_duration_min=lasts,
    )
