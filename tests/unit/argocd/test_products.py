from __future__ import annotations

import pytest

from bootstrap.argocd.products import PRODUCTS, Product
from bootstrap.commands.doctor.versions import parse_version


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda item: item.name)
def test_each_is_told_by_a_kind_of_its_own_and_has_an_oldest_version(product: Product) -> None:
    version, kind = product.mark

    assert version.count("/") == 1
    assert kind in product.kinds
    assert parse_version(product.oldest) is not None
    assert product.install
    assert product.upgrade


def test_findings_are_called_after_them() -> None:
    assert [product.check for product in PRODUCTS] == ["argocd", "sealed-secrets"]
