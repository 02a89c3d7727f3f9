"""The list of insulins: real kinds and strengths, each product once."""

from glykos.therapy.diary import InsulinKind
from glykos.therapy.insulins import INSULINS, STRENGTHS_U_PER_ML

BY_BRAND = {insulin.brand: insulin for insulin in INSULINS}


def test_each_product_is_listed_once_and_has_a_speed_and_a_strength() -> None:
    assert len(BY_BRAND) == len(INSULINS)
    for insulin in INSULINS:
        assert insulin.kind is not InsulinKind.UNKNOWN
        assert insulin.strengths
        assert set(insulin.strengths) <= set(STRENGTHS_U_PER_ML)


def test_every_speed_has_its_products_and_they_stand_together() -> None:
    speeds = [insulin.kind for insulin in INSULINS]
    assert list(dict.fromkeys(speeds)) == [kind for kind in InsulinKind if kind != "unknown"]
    assert speeds == sorted(speeds, key=list(InsulinKind).index)


def test_well_known_packages() -> None:
    """Strengths as printed on the packages."""
    assert BY_BRAND["Toujeo"].strengths == (300,)
    assert BY_BRAND["Tresiba"].strengths == (100, 200)
    assert BY_BRAND["Humalog"].strengths == (100, 200)
    assert BY_BRAND["Humulin R"].strengths == (100, 500)
    assert BY_BRAND["NovoRapid"].kind is InsulinKind.RAPID
    assert BY_BRAND["Protaphane"].kind is InsulinKind.INTERMEDIATE
    assert BY_BRAND["Lantus"].kind is InsulinKind.LONG
