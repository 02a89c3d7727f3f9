"""What the guide page says: every source of files, from the catalogue of formats itself."""

from dataclasses import dataclass

from django.utils.text import slugify

from glykos.formats import FORMATS
from glykos.formats._reader import Format


@dataclass(frozen=True, slots=True)
class Source:
    """One app or site, and the kinds of files that come from it."""

    name: str
    formats: tuple[Format, ...]

    @property
    def anchor(self) -> str:
        return slugify(self.name)


def sources() -> tuple[Source, ...]:
    """Every source in alphabetical order; one's own table stands last."""
    by_name: dict[str, list[Format]] = {}
    for entry in FORMATS:
        by_name.setdefault(entry.source, []).append(entry)
    own = next(entry.source for entry in FORMATS if entry.key == "plain_csv")
    names = sorted(by_name, key=lambda name: (name == own, name.casefold()))
    return tuple(Source(name, tuple(by_name[name])) for name in names)
