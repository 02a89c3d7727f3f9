"""Ways in which a file gets damaged, and what must hold whatever happens: for tests and fuzzer.

Text is damaged as text (cells, lines, cuts); an archive or a workbook in its members, so that the
damage reaches the reader and not only the unpacking, and now and then in its bytes.
"""

import random
import zipfile
from io import BytesIO

from glykos.errors import FormatError
from glykos.formats import combine, read
from glykos.formats._reader import Hints

NO_HINTS = Hints()
NASTY = [
    "", "0", "-1", "1e309", "nan", "inf", "1_0", "9" * 40, "=1+1", '"', '""', "\x00", "null", "²", "٣",
    "99/99/9999", "0000/00/00", "9999/12/31", "0001-01-01", "24:00:00", "23:59:60", "1,5", "1.234,5",
    "-------", "AMOUNT", "A=B=C", "NEW_TIME=-5", "NEW_TIME=99999999999999999", "START_TIME=-1",
    "RATE=null", "PATTERN_DATUM=1001", "Dual (square part)", "\ufeff", "\u2028", "\ud7ff", "True", "[]",
    "{}", "[[[[", "-9999999999999", "1e400", '{"a":1}', "2024-03-01T00:00:00+99:99", "\t", ";",
]  # fmt: skip


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file with one thing changed."""
    if data.startswith(b"PK\x03\x04") and chance.random() < 0.9:
        return _in_a_member(data, chance)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _in_bytes(data, chance)
    if text.lstrip()[:1] in ("[", "{"):
        return _in_json(text, chance).encode("utf-8", "replace")
    return mutated(text, chance).encode("utf-8", "replace")


def mutated(text: str, chance: random.Random) -> str:
    """Another cell, a lost, doubled or swapped line, a cut, or a foreign character."""
    lines = text.split("\n")
    row = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            mark = max(";\t,", key=lines[row].count)
            cells = lines[row].split(mark)
            cells[chance.randrange(len(cells))] = chance.choice(NASTY)
            lines[row] = mark.join(cells)
        case 1:
            del lines[row]
        case 2:
            lines.insert(chance.randrange(len(lines)), lines[row])
        case 3:
            other = chance.randrange(len(lines))
            lines[row], lines[other] = lines[other], lines[row]
        case 4:
            return text[: chance.randrange(len(text) + 1)]
        case _:
            return _foreign(text, chance)
    return "\n".join(lines)


def _foreign(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice(NASTY) + text[place:]


def _in_json(text: str, chance: random.Random) -> str:
    """Another value after a colon, so that the text mostly stays JSON; else any damage."""
    colons = [n for n, letter in enumerate(text) if letter == ":"]
    if not colons or chance.random() < 0.3:
        return mutated(text, chance)
    start = chance.choice(colons) + 1
    end = start
    while end < len(text) and text[end] not in ",}]\n":
        end += 1
    odd = ["null", "-1", "0", "1e308", "true", "[]", "{}", '""', '"x"', '"9999-99-99"', "[[]]"]
    return text[:start] + chance.choice(odd) + text[end:]


def _in_bytes(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    match chance.randrange(3):
        case 0:
            return data[:place]
        case 1:
            return data[:place] + chance.randbytes(chance.randrange(1, 9)) + data[place:]
        case _:
            return data[:place] + chance.randbytes(4) + data[place + 4 :]


def _in_a_member(data: bytes, chance: random.Random) -> bytes:
    bag = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(bag, "w") as new:
        names = old.namelist()
        chosen = chance.choice(names)
        for name in names:
            part = old.read(name)
            new.writestr(name, damaged(part, chance) if name == chosen else part)
    return bag.getvalue()


def reads(data: bytes, hints: Hints = NO_HINTS, key: str = "") -> None:
    """Either a named error, or a reading in which every row is accounted for."""
    try:
        reading = read(data, hints, format_key=key)
    except FormatError as error:
        if not (error.message and error.hint):
            raise
        return
    counts = reading.counts
    buckets = (counts.imported, counts.duplicate, counts.ignored, counts.rejected)
    assert min(buckets) >= 0
    assert sum(buckets) == counts.read
    rejected = sum(issue.rows for issue in reading.issues if issue.kind == "rejected")
    assert rejected == counts.rejected
    history, duplicates = combine([reading, reading])
    assert duplicates == len(reading.sensor) + len(reading.records)
    assert len(history.sensor) == len(reading.sensor)
