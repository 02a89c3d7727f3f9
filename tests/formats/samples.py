"""One small valid file per format, by the format's key; whatever must hold for all runs over it.

Texts are written by hand: none of it is anyone's data.
"""

from tests.formats._writers import at_row, legacy, multi, raw

_MULTI = multi(
    [
        at_row("2024/03/01 06:00:00", basal_rate="0,65"),
        at_row(
            "2024/03/01 07:01:00",
            bolus_type="Normal",
            bolus_volume_selected="2,0",
            bolus_volume_delivered="2,0",
            bolus_number="9",
        ),
        at_row("2024/03/01 09:00:00", alert="ALERT ON LOW: siren", suspend="USER_SUSPEND"),
    ],
    [("2024/03/01 08:00:00", "100"), ("2024/03/01 08:05:00", "105")],
)
_LEGACY = legacy(
    [
        raw(
            "4/25/15 07:00:00",
            "GlucoseSensorData",
            "AMOUNT=101, BACKFILL_INDICATOR=false",
            sensor_glucose="101",
        ),
        raw(
            "4/25/15 07:00:00",
            "BolusNormal",
            "AMOUNT=3.6, PROGRAMMED_AMOUNT=3.6, IS_DUAL_COMPONENT=false",
        ),
        raw(
            "4/25/15 08:00:00",
            "BGReceived",
            "AMOUNT=143, PARADIGM_LINK_ID=AED763",
            bg_reading="143",
        ),
    ],
    preamble="Medtronic Diabetes CareLink Personal Data Export File\nReport Range,4/20/15,to,4/29/15",
)

SAMPLES: dict[str, bytes] = {
    "carelink_legacy": _LEGACY.encode(),
    "carelink_multi": _MULTI.encode(),
    "plain_csv": b"time,glucose\n2024-03-01 08:00,100\n2024-03-01 08:05,101\n2024-03-01 08:10,Low\n",
}
