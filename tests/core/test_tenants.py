"""Which tenants of a source are taken, and in which order."""

from __future__ import annotations

import pytest

from orchestrator.core.tenants import Choice, Tenant, columns


def _sized(name: str, size: str | None = None) -> Tenant:
    return Tenant(name, labels=() if size is None else (("size", size),))


SOME = (_sized("b", "9"), _sized("c", "10"), _sized("A", "small"), _sized("d"))


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", "A b c d"),
        ("-name", "d c b A"),
        ("source", "b c A d"),
        ("-source", "d A c b"),
        ("size", "b c A d"),
        ("-size", "A c b d"),
    ],
)
def test_a_column_orders_numbers_as_numbers_and_who_has_none_comes_last(order: str, names: str) -> None:
    """9 comes before 10, a number before a text, and a tenant without a value is last whichever way round."""
    assert " ".join(tenant.name for tenant in Choice(order=order).of(SOME)) == names


@pytest.mark.parametrize(
    ("include", "exclude", "names"),
    [((), (), "A b c d"), (("[bc]", "d"), (), "b c d"), (("*",), ("B", "c"), "A b d"), (("x*",), (), "")],
)
def test_patterns_take_and_leave_out_by_the_whole_name(
    include: tuple[str, ...], exclude: tuple[str, ...], names: str
) -> None:
    """A name is taken that fits one pattern of include and none of exclude; capitals count."""
    assert " ".join(tenant.name for tenant in Choice(include, exclude).of(SOME)) == names


def test_a_place_can_be_ordered_by_as_a_label_can() -> None:
    """What is told of a tenant's place is a column like any other."""
    near, far = Tenant("a", host="z", port=2), Tenant("b", host="y", port=10)
    assert Choice(order="port").of([far, near]) == (near, far)
    assert Choice(order="host").of([near, far]) == (far, near)
    assert columns([near, _sized("c", "1")]) == ("host", "port", "size")
