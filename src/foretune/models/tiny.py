"""Shape of the tiny base model: a standard architecture, small enough for two CPU cores.

Weights are random here; `pretrain` gives them a meaning.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from foretune.config import Config
from foretune.models.stack import require

Architecture = Literal["llama", "lfm2"]


class TinyShape(Config):
    """Sizes of the base. `hidden` must divide by twice `heads`; `vocab` counts every token."""

    architecture: Architecture = "llama"
    vocab: int = Field(1024, ge=400, le=65536)
    hidden: int = Field(128, ge=16)
    layers: int = Field(4, ge=1)
    heads: int = Field(4, ge=1)
    feed_forward: int = Field(352, ge=16)
    positions: int = Field(512, ge=64)

    @model_validator(mode="after")
    def _heads_fit(self) -> TinyShape:
        if self.hidden % (2 * self.heads):
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of 2 x heads ({2 * self.heads})")
        return self


def new_model(shape: TinyShape, tokenizer: Any, *, seed: int) -> Any:
    """A randomly initialised causal model of `shape` for `tokenizer`'s vocabulary (fp32)."""
    what = "making a model"
    torch = require("torch", what)
    transformers = require("transformers", what)
    shared = {
        "vocab_size": len(tokenizer),
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "max_position_embeddings": shape.positions,
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if shape.architecture == "llama":
        config = transformers.LlamaConfig(**shared)
        cls = transformers.LlamaForCausalLM
    else:
        config = transformers.Lfm2Config(
            **shared,
            conv_L_cache=3,
            block_auto_adjust_ff_dim=False,
            layer_types=["conv" if i % 2 == 0 else "full_attention" for i in range(shape.layers)],
        )
        cls = transformers.Lfm2ForCausalLM
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = cls(config)
    # an explicit generation config: sampling settings come from the caller, never from a folder
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    return model
