"""``glykos read``: one JSON object, readable tables, documented exit codes."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from glykos.cli import main
from tests.formats._writers import at_row, legacy, multi, raw


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "any [name].csv"
    rows = [
        at_row("2024/03/01 07:00:00", bwz_estimate="2,0", bwz_carb_input="20,00"),
        at_row("2024/03/01 08:00:00", basal_rate="much"),
    ]
    path.write_text(multi(rows, [("2024/03/01 08:00:00", "100")]), encoding="utf-8")
    return path


def test_json_accounts_for_rows_devices_and_totals(export: Path) -> None:
    result = CliRunner().invoke(main, ["read", str(export), str(export.parent), "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["files"][0]["format"] == "carelink_multi"
    assert shown["files"][0]["rows"] == {
        "read": 3,
        "imported": 2,
        "duplicate": 0,
        "ignored": 0,
        "rejected": 1,
    }
    assert shown["files"][0]["issues"][0]["line"] == 6
    assert shown["devices"] == [
        {"kind": "pump", "model": "MiniMed 780G MMT-1886", "serial": "NG0000001H"}
    ]
    assert (shown["first"], shown["last"]) == ("2024-03-01T07:00:00", "2024-03-01T08:00:00")
    assert shown["totals"]["cgm_readings"] == 1
    assert shown["totals"]["carbs_g"] == 20


def test_people_get_tables(export: Path) -> None:
    result = CliRunner().invoke(main, ["read", str(export)])
    assert result.exit_code == 0, result.output
    assert "Sensor readings" in result.stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [("nothing known", 3), ("", 3), (legacy([raw("04/05/15 08:00:00", "Rewind")]), 5)],
)
def test_exit_codes(tmp_path: Path, content: str, code: int) -> None:
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(main, ["read", str(path)])
    assert result.exit_code == code
    assert len(result.stderr.strip().splitlines()) == 2


def test_everything_of_a_record_is_sent_to_the_web_app(tmp_path: Path) -> None:
    path = tmp_path / "glykos.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("originals/one.csv", "time,glucose\n2026-03-05 08:00,100\n")
        archive.writestr("manifest.json", '{"format": "glykos-record", "members": []}')
    result = CliRunner().invoke(main, ["read", str(path)])
    assert result.exit_code == 3
    assert "Take everything with you" in result.stderr
