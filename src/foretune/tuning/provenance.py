"""What a run folder says about itself: which models belong together, and until when they were trained.

Read by those who use the models; it imports nothing that trains.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from foretune.errors import ConfigError

MANIFEST = "manifest.json"


def trained_until(run: Path) -> dict[str, datetime] | None:
    """Last training label end (UTC) per kind of market ('simulated', 'real'), from the run's manifest.

    None for a folder without manifest, as of models that were tuned elsewhere.

    Raises:
        ConfigError: the manifest cannot be read.
    """
    path = run / MANIFEST
    if not path.is_file():
        return None
    try:
        ends = json.loads(path.read_text(encoding="utf-8"))["training_ends"]
        return {kind: datetime.fromisoformat(end) for kind, end in ends.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
        raise ConfigError(
            f"{path}: does not say until when the models were trained; run 'foretune tune' again with this --out"
        ) from exc
