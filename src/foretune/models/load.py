"""A model folder, opened for writing text: weights in fp32 or the device's precision, ready to run.

Local folders only; nothing is fetched. A folder is data: no code in it is run, and no pickle opened.
"""

from __future__ import annotations

import json
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
        ConfigError, MissingExtra: as `open_folder`.
    """
    torch = require("torch", "loading a model")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    model, tokenizer = open_folder(folder, dtype=dtype, padding_side="left")
    return LanguageModel(folder.name, model.to(device).eval(), tokenizer)


def open_folder(folder: Path, *, dtype: Any, **tokenizer_options: Any) -> tuple[Any, Any]:
    """Model (on the CPU, in `dtype`) and tokenizer of a `transformers` folder, with a pad token.

    Raises:
        ConfigError: `folder` holds no model, only pickled weights, a model that needs code of its own, or
            files that are damaged.
        MissingExtra: transformers is not installed.
    """
    what = "loading a model"
    require("torch", what)
    transformers = require("transformers", what)
    _check_files(folder)
    safe = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safe, **tokenizer_options)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, use_safetensors=True, **safe)
    # the readers raise anything on a damaged file, down to bare Exception; it is the folder's fault
    except Exception as exc:
        if "trust_remote_code" in str(exc):
            raise ConfigError(
                f"{folder}: the model needs Python code of its own, which is not run here; choose one whose "
                f"architecture transformers knows"
            ) from exc
        said = next((line.strip() for line in str(exc).splitlines() if line.strip()), "no reason given")
        raise ConfigError(f"{folder}: transformers cannot load this model ({type(exc).__name__}: {said})") from exc
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def _check_files(folder: Path) -> None:
    """Raise ConfigError for what can be seen before `transformers` is asked."""
    path = folder / "config.json"
    if not path.is_file():
        raise ConfigError(f"{folder}: no config.json, so no model is here; make one with 'foretune tune'")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{path}: cannot be read as JSON; copy the model again") from exc
    if not isinstance(config, dict):
        raise ConfigError(f"{path}: is not the configuration of a model; copy the model again")
    pickled = [*folder.glob("*.bin"), *folder.glob("*.pt"), *folder.glob("*.pth")]
    if pickled and not any(folder.glob("*.safetensors")):
        raise ConfigError(
            f"{folder}: the weights are pickled ({pickled[0].name}), and a pickle can run code; convert them to "
            f"safetensors, for example with save_pretrained of a recent transformers"
        )
