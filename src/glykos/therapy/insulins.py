"""Insulins by the name on the pen: what somebody picks instead of typing speed and strength.

A name here fills in a record, and a name that is missing can be typed. From a name nothing is
computed but that one dose is for a week. General knowledge (product names, substances and strengths as printed on the packages
in Europe and North America); no reference page lists them. Names are sorted by speed.
"""

from dataclasses import dataclass

from glykos.therapy.diary import InsulinKind

#: Units per millilitre that pens, cartridges and vials come in.
STRENGTHS_U_PER_ML = (40, 100, 200, 300, 500, 700)


@dataclass(frozen=True, slots=True)
class Insulin:
    """One product. ``strengths`` are those it is sold in [U/mL], the usual one first.

    Of an insulin that ``is_weekly`` one dose is for a week.
    """

    brand: str
    kind: InsulinKind
    substance: str
    strengths: tuple[int, ...] = (100,)
    is_weekly: bool = False


_RAPID, _SHORT = InsulinKind.RAPID, InsulinKind.SHORT
_INTERMEDIATE, _LONG, _PREMIX = InsulinKind.INTERMEDIATE, InsulinKind.LONG, InsulinKind.PREMIX

#: Every product, by speed, then as people know them.
INSULINS: tuple[Insulin, ...] = (
    Insulin("Admelog", _RAPID, "lispro"),
    Insulin("Apidra", _RAPID, "glulisine"),
    Insulin("Fiasp", _RAPID, "aspart"),
    Insulin("Humalog", _RAPID, "lispro", (100, 200)),
    Insulin("Insulin aspart Sanofi", _RAPID, "aspart"),
    Insulin("Insulin lispro Sanofi", _RAPID, "lispro"),
    Insulin("Kirsty", _RAPID, "aspart"),
    Insulin("Liprolog", _RAPID, "lispro", (100, 200)),
    Insulin("Lyumjev", _RAPID, "lispro", (100, 200)),
    Insulin("NovoLog", _RAPID, "aspart"),
    Insulin("NovoRapid", _RAPID, "aspart"),
    Insulin("Trurapi", _RAPID, "aspart"),
    Insulin("Actrapid", _SHORT, "human"),
    Insulin("Berlinsulin H Normal", _SHORT, "human"),
    Insulin("Huminsulin Normal", _SHORT, "human"),
    Insulin("Humulin R", _SHORT, "human", (100, 500)),
    Insulin("Humulin S", _SHORT, "human"),
    Insulin("Insuman Rapid", _SHORT, "human"),
    Insulin("Novolin R", _SHORT, "human"),
    Insulin("Berlinsulin H Basal", _INTERMEDIATE, "human NPH"),
    Insulin("Huminsulin Basal", _INTERMEDIATE, "human NPH"),
    Insulin("Humulin I", _INTERMEDIATE, "human NPH"),
    Insulin("Humulin N", _INTERMEDIATE, "human NPH"),
    Insulin("Insulatard", _INTERMEDIATE, "human NPH"),
    Insulin("Insuman Basal", _INTERMEDIATE, "human NPH"),
    Insulin("Novolin N", _INTERMEDIATE, "human NPH"),
    Insulin("Protaphane", _INTERMEDIATE, "human NPH"),
    Insulin("Abasaglar", _LONG, "glargine"),
    Insulin("Awiqli", _LONG, "icodec", (700,), is_weekly=True),
    Insulin("Basaglar", _LONG, "glargine"),
    Insulin("Lantus", _LONG, "glargine"),
    Insulin("Levemir", _LONG, "detemir"),
    Insulin("Rezvoglar", _LONG, "glargine"),
    Insulin("Semglee", _LONG, "glargine"),
    Insulin("Suliqua", _LONG, "glargine with lixisenatide"),
    Insulin("Toujeo", _LONG, "glargine", (300,)),
    Insulin("Tresiba", _LONG, "degludec", (100, 200)),
    Insulin("Xultophy", _LONG, "degludec with liraglutide"),
    Insulin("Actraphane 30", _PREMIX, "human"),
    Insulin("Humalog Mix 25", _PREMIX, "lispro"),
    Insulin("Humalog Mix 50", _PREMIX, "lispro"),
    Insulin("Humalog Mix 75/25", _PREMIX, "lispro"),
    Insulin("Huminsulin Profil III", _PREMIX, "human"),
    Insulin("Humulin 70/30", _PREMIX, "human"),
    Insulin("Humulin M3", _PREMIX, "human"),
    Insulin("Mixtard 30", _PREMIX, "human"),
    Insulin("NovoLog Mix 70/30", _PREMIX, "aspart"),
    Insulin("NovoMix 30", _PREMIX, "aspart"),
    Insulin("NovoMix 50", _PREMIX, "aspart"),
    Insulin("Novolin 70/30", _PREMIX, "human"),
    Insulin("Ryzodeg", _PREMIX, "degludec with aspart"),
)

_WEEKLY = frozenset(one.brand.casefold() for one in INSULINS if one.is_weekly)


def is_weekly(brand: str) -> bool:
    """Whether one dose of this product is for a week; only of products whose name is known."""
    return brand.strip().casefold() in _WEEKLY
