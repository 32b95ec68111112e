"""The door to torch and transformers: imported when first needed, quiet, missing in one sentence.

No model and no training here.
"""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from types import ModuleType
from typing import Any

from foretune.errors import MissingExtra

# Read by these libraries when they are imported; a value the user has set stays.
_QUIET = {
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRL_EXPERIMENTAL_SILENCE": "1",
}


def require(module: str, what: str) -> ModuleType:
    """Import `module` of the training stack for the purpose `what`.

    Hub access is switched off unless the user has set `HF_HUB_OFFLINE` themselves: a model is
    a local folder, so nothing is fetched unasked.

    Raises:
        MissingExtra: the package is not installed; the message says which extra brings it.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        loaded = importlib.import_module(module)
    except ImportError as exc:
        if exc.name is not None and exc.name.partition(".")[0] == module.partition(".")[0]:
            raise MissingExtra("train", what) from exc
        raise
    if module.partition(".")[0] in {"transformers", "trl", "datasets"}:
        _quieten()
    if module == "datasets":
        loaded.disable_progress_bars()
    return loaded


def _quieten() -> None:
    """No bars and no advice from below: our own progress and errors are what a person reads."""
    hf_logging: Any = importlib.import_module("transformers.utils.logging")
    hf_logging.set_verbosity_error()
    hf_logging.disable_progress_bar()
    for name in ("trl", "datasets", "accelerate", "peft", "torch.distributed", "httpx"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(transformers|trl|peft|accelerate)\b.*")
