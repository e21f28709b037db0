"""The shell blocks of the chart's guides: each is run by a test, or listed with a reason.

A block is named after its guide and heading, with a number from the second of a heading on:
"helm-local: 3. Install", "helm-production: SealedSecret (2)".
"""

from __future__ import annotations

import re
from pathlib import Path

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
NAMES = ("helm-local", "helm-production", "helm-adopt")

# What no test runs, and why.
NOT_RUN = {
    "helm-local: 1. A cluster with your images": (
        "needs Docker and kind; tests/e2e/test_chart_on_node.py has images on a real node instead"
    ),
    "helm-local: 4. Reach it": (
        "port-forward and curl need a real pod; tests/e2e/test_chart_on_node.py asks the Service"
    ),
}


def blocks() -> dict[str, str]:
    """Return every `sh` block of the chart's guides by its name."""
    found: dict[str, str] = {}
    for guide in NAMES:
        text = (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
        for section in re.split(r"(?m)^#+ (?=.*\n\n)", text)[1:]:
            heading, _, body = section.partition("\n")
            for number, block in enumerate(re.findall(r"(?ms)^```sh\n(.*?)^```$", body), 1):
                suffix = f" ({number})" if number > 1 else ""
                found[f"{guide}: {heading}{suffix}"] = block
    return found


def block(name: str, namespace: str) -> str:
    """Return a block with the guide's namespace replaced, as its reader may do."""
    return re.sub(
        r"(-n |namespace )agentsmith(-prod)?(?![-\w])", rf"\g<1>{namespace}", blocks()[name]
    )
