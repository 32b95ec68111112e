"""Writing text with a loaded model: batched, seeded, stopping at the stop token.

What the text means is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foretune.models.load import LanguageModel
from foretune.models.stack import require

DEFAULT_BATCH = 64


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote. `stopped` is False if it ran into `max_new_tokens` instead of its stop
    token; `tokens` counts the stop token."""

    text: str
    stopped: bool
    tokens: int


def complete(
    lm: LanguageModel,
    prompts: Sequence[str],
    *,
    temperature: float = 0.0,
    max_new_tokens: int = 256,
    seed: int = 0,
    samples: int = 1,
    batch_size: int = DEFAULT_BATCH,
    advance: Callable[[int], None] | None = None,
) -> list[list[Completion]]:
    """`samples` completions of each prompt, in the order of `prompts`.

    Prompts of similar length share a batch; `batch_size` counts sequences (prompts x samples).
    Temperature 0 is greedy. The same arguments give the same text; a different `batch_size`
    draws different samples. `advance` hears how many prompts were just finished.

    Shape: `len(prompts)` lists of `samples` completions.

    Raises:
        ValueError: a count is not positive, or the temperature is negative.
    """
    if samples < 1 or batch_size < 1 or max_new_tokens < 1 or temperature < 0:
        raise ValueError(
            f"samples ({samples}), batch_size ({batch_size}) and max_new_tokens ({max_new_tokens}) must be at least 1, "
            f"temperature ({temperature}) at least 0"
        )
    torch = require("torch", "generating text")
    encoded = [lm.tokenizer(prompt)["input_ids"] for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda i: len(encoded[i]))
    found: list[list[Completion]] = [[] for _ in prompts]
    per_batch = max(1, batch_size // samples)
    sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature > 0 else {}
    eos, pad = lm.tokenizer.eos_token_id, lm.tokenizer.pad_token_id
    devices = [lm.model.device] if lm.model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), torch.inference_mode():
        torch.manual_seed(seed)
        for start in range(0, len(order), per_batch):
            rows = order[start : start + per_batch]
            width = max(len(encoded[i]) for i in rows)
            ids = torch.tensor([[pad] * (width - len(encoded[i])) + encoded[i] for i in rows])
            # by length, not by value: a model may use its stop token as padding
            mask = torch.tensor([[0] * (width - len(encoded[i])) + [1] * len(encoded[i]) for i in rows])
            out = lm.model.generate(
                input_ids=ids.to(lm.model.device),
                attention_mask=mask.to(lm.model.device),
                max_new_tokens=max_new_tokens,
                num_return_sequences=samples,
                eos_token_id=eos,
                pad_token_id=pad,
                **(sampling or {"do_sample": False}),
            )
            for at, written in enumerate(out[:, width:].tolist()):
                stopped = eos in written
                kept = written[: written.index(eos)] if stopped else written
                text = lm.tokenizer.decode(kept, skip_special_tokens=True)
                found[rows[at // samples]].append(Completion(text, stopped, len(kept) + stopped))
            if advance is not None:
                advance(len(rows))
    return found
