"""Many environments at once are what one after the other is, and one that fails spoils no other."""

from __future__ import annotations

from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.helm import Helm
from tests.support.fleet import add_chart, add_environment


def test_each_gets_what_it_gets_alone_in_the_order_asked(tmp_path: Path, helm4: Path) -> None:
    add_chart(tmp_path)
    sources = [
        add_environment(tmp_path, name, values=f"image:\n  dispatcher: dispatcher:{name}\n")
        for name in ("c", "a", "b")
    ]
    broken = add_environment(tmp_path, "broken", values="image: [1]\n")
    helm = Helm(str(helm4))

    results = helm.render_all(tmp_path, [*sources[:1], broken, *sources[1:]])

    assert isinstance(results[1], BootstrapError)
    assert "environments/broken/values.yaml" in results[1].message + results[1].hint
    assert [results[0], *results[2:]] == [helm.render(tmp_path, source) for source in sources]


def test_none_is_nothing(tmp_path: Path, helm4: Path) -> None:
    assert Helm(str(helm4)).render_all(tmp_path, []) == []
