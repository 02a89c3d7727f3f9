"""Whatever bytes come in: records, issues or a named error, never a crash and never a loss."""

import random
import tracemalloc
from io import BytesIO
from time import perf_counter
from zipfile import ZipFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from glykos.errors import DamagedFile, FormatError, UnknownFormat
from glykos.formats import FORMATS, read
from glykos.formats._dates import NotADate, parse_time
from glykos.formats._ledger import MAX_SHOWN, Ledger
from glykos.formats._reader import Hints
from glykos.formats._text import MAX_BYTES, MAX_CELL, cells_of
from glykos.therapy.clock import local_time
from glykos.therapy.records import Alarm
from tests.formats._damage import NO_HINTS, damaged, mutated, reads
from tests.formats._writers import at_row, legacy, multi, raw
from tests.formats.samples import SAMPLES

MULTI = multi(
    [
        at_row("2024/03/01 06:00:00", basal_rate="0,65"),
        at_row("2024/03/01 07:00:00", bwz_estimate="2,0", bwz_carb_input="20,00", bwz_status="Delivered"),
        at_row("2024/03/01 07:00:00", final_bolus_estimate="2,0", scroll_step_size="STEP_0_POINT_05"),
        at_row("2024/03/01 07:00:00", bolus_type="Normal", bolus_volume_selected="2,0", bolus_number="9"),
        at_row("2024/03/01 07:01:00", bolus_type="Normal", bolus_volume_selected="2,0", bolus_volume_delivered="2,0", bolus_number="9"),
        at_row("2024/03/01 08:00:00", new_device_time="2024/03/01 07:00:00"),
        at_row("2024/03/01 09:00:00", alert="ALERT ON LOW: siren", suspend="USER_SUSPEND"),
        at_row("2024/03/01 09:05:00", temp_basal_amount="55", temp_basal_type="Percent", temp_basal_duration="04:00:00"),
    ],
    [("2024/03/01 08:00:00", "100"), ("2024/03/01 08:05:00", "105")],
    auto=[("2024/03/01 00:00:00", "4,5")],
)  # fmt: skip
LEGACY = legacy(
    [
        raw("4/25/15 07:00:00", "GlucoseSensorData", "AMOUNT=101, BACKFILL_INDICATOR=false", sensor_glucose="101"),
        raw("4/25/15 07:00:00", "BolusWizardBolusEstimate", "BG_INPUT=0, CARB_INPUT=64, CARB_UNITS=grams, BOLUS_ESTIMATE=5.1"),
        raw("4/25/15 07:00:00", "BolusNormal", "AMOUNT=3.6, PROGRAMMED_AMOUNT=3.6, IS_DUAL_COMPONENT=true"),
        raw("4/25/15 07:01:00", "BolusSquare", "AMOUNT=1.7, PROGRAMMED_AMOUNT=2.3, DURATION=3600000"),
        raw("4/25/15 08:00:00", "BGReceived", "AMOUNT=143, PARADIGM_LINK_ID=AED763", bg_reading="143"),
        raw("4/25/15 08:10:00", "ChangeTime", "NEW_TIME=1429945800000"),
        raw("4/25/15 09:00:00", "CurrentBasalProfilePattern", "PATTERN_NAME=standard, NUM_PROFILES=1", raw_id="77"),
        raw("4/25/15 09:00:00", "CurrentBasalProfile", "PATTERN_DATUM=77, RATE=0.65, START_TIME=0"),
        raw("4/25/15 09:00:00", "ChangeSensorSetup", "NEW_CONFIG_DATUM=90, OLD_CONFIG_DATUM=91"),
        raw("4/25/15 09:00:00", "ChangeSensorSetupConfig", "IS_SENSOR_ENABLED=true", raw_id="90"),
        raw("4/25/15 09:00:00", "AlarmSensor", "ALARM_TYPE=101, AMOUNT=192", alarm="Sensor Alert: High Glucose (101)"),
    ],
    preamble="Medtronic Diabetes CareLink Personal Data Export File\nReport Range,4/20/15,to,4/29/15",
)  # fmt: skip
#: No file may take longer than this to be read or refused, nor need more memory.
LONGEST_S = 10
MOST_BYTES = 1_000_000_000
ZONES = Hints(zone="Europe/Berlin", now=local_time(2026, 1, 1))


@given(st.binary(max_size=400), st.sampled_from(["", *(entry.key for entry in FORMATS)]))
@example(b"\xff\xfe", "")
@example(b"\xef\xbb\xbf", "")
@example(b"time,glucose", "plain_csv")
@example(b"-------;a;b;c;d", "")
@example(b"Index,Date,Raw-Type,Raw-Values", "")
@example(b"time,glucose\n0/0/2024 08:00,100", "")
def test_any_bytes_give_a_reading_or_a_named_error(data: bytes, key: str) -> None:
    reads(data, key=key)


@given(
    st.sampled_from([MULTI, LEGACY]),
    st.randoms(use_true_random=False),
    st.integers(1, 6),
    st.booleans(),
)
def test_any_mutation_of_a_file_is_survived(
    text: str, chance: random.Random, edits: int, has_now: bool
) -> None:
    for _ in range(edits):
        text = mutated(text, chance)
    reads(text.encode("utf-8", "replace"), ZONES if has_now else NO_HINTS)


@pytest.mark.parametrize("key", sorted(SAMPLES))
@given(chance=st.randoms(use_true_random=False), edits=st.integers(1, 5))
def test_any_damage_to_a_sample_is_survived(key: str, chance: random.Random, edits: int) -> None:
    data = SAMPLES[key]
    for _ in range(edits):
        data = damaged(data, chance)
    began = perf_counter()
    reads(data, ZONES)
    reads(data, key=key)
    assert perf_counter() - began < LONGEST_S


@pytest.mark.parametrize("key", sorted(SAMPLES))
def test_a_sample_cut_anywhere_is_survived(key: str) -> None:
    data = SAMPLES[key]
    for end in range(0, len(data), max(1, len(data) // 60)):
        reads(data[:end], ZONES)


@pytest.mark.parametrize("key", [entry.key for entry in FORMATS])
def test_every_format_has_a_sample_that_it_claims_and_reads(key: str) -> None:
    reading = read(SAMPLES[key], Hints(zone="Europe/Berlin"))
    assert reading.format_key == key
    assert reading.counts.imported > 0
    assert reading.counts.rejected == 0


@pytest.mark.parametrize("key", sorted(SAMPLES))
def test_a_sample_in_another_container_is_survived(key: str) -> None:
    """Wrapped in an archive, twice, and as the sheet of a workbook."""
    once, twice, book, sheet = BytesIO(), BytesIO(), Workbook(), BytesIO()
    for bag, data in ((once, SAMPLES[key]), (twice, None)):
        with ZipFile(bag, "w") as archive:
            archive.writestr("inner", once.getvalue() if data is None else data)
    for line in SAMPLES[key].decode("latin-1").splitlines()[:50]:
        cells = [cell for cell in line.split(",") if cell.isprintable()]
        book.active.append(cells)  # type: ignore[union-attr]
    book.save(sheet)
    for bag in (once, twice, sheet):
        reads(bag.getvalue(), ZONES)
        reads(bag.getvalue(), key=key)


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(SAMPLES))
def test_a_sample_repeated_to_a_million_bytes_stays_within_time_and_memory(key: str) -> None:
    data = SAMPLES[key]
    if not data.startswith(b"PK"):
        data = data * (1_000_000 // len(data))
    tracemalloc.start()
    began = perf_counter()
    try:
        reads(data, ZONES)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert perf_counter() - began < 3 * LONGEST_S  # counting memory makes it slower
    assert most < MOST_BYTES / 2


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x00" * 100, b"\xef\xbb\xbf"])
def test_empty_files_are_called_empty(data: bytes) -> None:
    with pytest.raises(FormatError):
        read(data)


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)) * 8, b"%PDF-1.7 ...", b"\x1f\x8b\x08", b"\x89PNG...."],
)
def test_what_is_no_text_is_refused_without_opening_it(data: bytes) -> None:
    with pytest.raises(UnknownFormat):
        read(data)


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_broken_archive_or_workbook_is_refused(magic: bytes) -> None:
    with pytest.raises(FormatError):
        read(magic + b"\x00" * 2000)


def test_a_file_larger_than_any_export_is_refused_before_it_is_read() -> None:
    with pytest.raises(DamagedFile, match="too large"):
        read(b"x" * (MAX_BYTES + 1))


def test_a_hopeless_file_shows_the_first_rejected_rows_and_counts_the_rest() -> None:
    ledger = Ledger()
    for line in range(MAX_SHOWN + 250):
        ledger.rejected("broken", line)
    assert len(ledger.issues) == MAX_SHOWN + 1
    assert sum(issue.rows for issue in ledger.issues) == MAX_SHOWN + 250


@pytest.mark.parametrize("text", [MULTI, LEGACY])
def test_wrong_or_other_encodings_change_nothing_but_letters(text: str) -> None:
    wanted = read(text.encode())
    assert wanted.counts.rejected == 0
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "cp1252"):
        again = read(text.encode(encoding))
        assert again.records == wanted.records
        assert again.counts == wanted.counts


def test_a_time_cell_of_any_length_is_refused_at_once() -> None:
    start = perf_counter()
    for cell in ("10:05" + " " * 40_000 + "x", " " * 40_000 + "10:05", "10:05:00." + "1" * 40_000):
        with pytest.raises(NotADate):
            parse_time(cell)
    assert perf_counter() - start < 1


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("10:05", 36_300),
        (" 10:05:07 ", 36_307),
        ("10:05:07.123", 36_307),
        ("8:05 PM", 72_300),
        ("8:05pm", 72_300),
        ("12:00 a.m.", 0),
        ("12:30 P.M.", 45_000),
    ],
)
def test_times_are_read_as_people_and_devices_write_them(cell: str, seconds: int) -> None:
    assert parse_time(cell) == seconds


def test_a_marker_of_any_length_is_read_at_once() -> None:
    start = perf_counter()
    text = "Exercise" + " " * 9_000 + "x"
    reads(multi([at_row("2024/03/01 06:00:00", event_marker=text)] * 2).encode())
    assert perf_counter() - start < 1


@pytest.mark.parametrize("digits", [5_000, 20_000])
@pytest.mark.parametrize("form", ["carelink_multi", "carelink_legacy", "plain_csv"])
def test_a_number_of_thousands_of_digits_costs_its_row_only(form: str, digits: int) -> None:
    cell = "1" * digits
    data = {
        "carelink_multi": multi(
            [], [("2024/03/01 08:00:00", "100"), ("2024/03/01 08:05:00", cell)]
        ),
        "carelink_legacy": legacy(
            [
                raw("4/25/15 07:00:00", "GlucoseSensorData", "AMOUNT=1", sensor_glucose="101"),
                raw("4/25/15 07:05:00", "GlucoseSensorData", "AMOUNT=1", sensor_glucose=cell),
            ]
        ),
        "plain_csv": f"time,glucose (mg/dL)\n2024-03-01 08:00,100\n2024-03-01 08:05,{cell}\n",
    }[form]
    counts = read(data.encode()).counts
    assert (counts.imported, counts.rejected) == (1, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_control_characters_never_reach_a_cell(delimiter: str) -> None:
    line = delimiter.join(
        ("a\x00\x08b", "\x1b[31mlow\x7f", '"\u202ename\u2069"', "Zo\u00eb \u4f4e")
    )
    assert cells_of(line, delimiter) == ["ab", "[31mlow", "name", "Zo\u00eb \u4f4e"]


def test_texts_of_rows_come_without_control_characters() -> None:
    quick = multi([at_row("2024/03/01 06:00:00", alert="LOW\x08 BATTERY")])
    old = legacy([raw("4/25/15 07:00:00", "AlarmPump", "RAW_TYPE=4", alarm="No\x1b Delivery (4)")])
    for text in (quick, old):
        (alarm,) = (r for r in read(text.encode()).records if isinstance(r, Alarm))
        assert alarm.text.isprintable()


def test_a_cell_longer_than_any_genuine_one_costs_its_row() -> None:
    long = "n" * (MAX_CELL + 1)
    assert len(cells_of(f"a;{long};b", ";")) == 1
    counts = read(multi([at_row("2024/03/01 06:00:00", alert=long)]).encode()).counts
    assert (counts.imported, counts.rejected) == (0, 1)
