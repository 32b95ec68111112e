"""A model folder, opened for writing text: weights in fp32 or the device's precision, ready to run.

Local folders only; nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretune.errors import ConfigError
from foretune.models.stack import require


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A causal model with its tokenizer, in evaluation mode. `name` is the folder's."""

    name: str
    model: Any
    tokenizer: Any


def load_model(folder: Path, *, device: str | None = None) -> LanguageModel:
    """Load a `transformers` folder. `device` defaults to the first GPU, else the CPU (fp32).

    Raises:
        ConfigError: `folder` holds no model, or none that `transformers` can read.
        MissingExtra: transformers is not installed.
    """
    what = "loading a model"
    torch = require("torch", what)
    transformers = require("transformers", what)
    if not (folder / "config.json").is_file():
        raise ConfigError(f"{folder}: no config.json, so no model is here; make one with 'foretune tune'")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, padding_side="left", local_files_only=True)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{folder}: transformers cannot load this model: {exc}") from exc
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return LanguageModel(folder.name, model.to(device).eval(), tokenizer)
