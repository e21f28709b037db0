"""`bootstrap check`: refuse plaintext in what Git has, or is about to have."""

from __future__ import annotations

from pathlib import Path

from bootstrap.checkout.scan import ScanResult, scan_blobs
from bootstrap.git.blobs import staged_blobs, tracked_blobs


def check(root: Path, *, staged: bool) -> ScanResult:
    """Scan what is tracked or, with `staged`, what the next commit would change."""
    return scan_blobs(root, staged_blobs(root) if staged else tracked_blobs(root))
