"""Training the tiny base from nothing: induction warm-up, then the market corpus.

Plain next-token training on text of `corpus`; no instruction and no answer is seen. Instruction
and preference tuning live in `tuning`.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from foretune.answers.context import MarketContext
from foretune.config import Config
from foretune.errors import TuningError
from foretune.models.corpus import documents
from foretune.models.progress import Progress, Report, silent
from foretune.models.stack import require
from foretune.models.tiny import TinyShape, new_model
from foretune.models.tokenizer import train_tokenizer

_IGNORED = -100


class PretrainPlan(Config):
    """How long and how hard. `warmup_steps` are of 32 sequences x 64 tokens, `steps` of
    `batch` x `block` tokens; rates are AdamW's."""

    warmup_steps: int = Field(0, ge=0)
    warmup_rate: float = Field(3e-3, gt=0)
    steps: int = Field(300, ge=1)
    batch: int = Field(16, ge=1)
    block: int = Field(256, ge=32)
    rate: float = Field(3e-3, gt=0)
    documents: int = Field(3000, ge=1)


def make_base(
    contexts: Sequence[MarketContext],
    shape: TinyShape,
    plan: PretrainPlan,
    *,
    seed: int,
    wording: Sequence[str] = (),
    report: Report = silent,
) -> tuple[Any, Any]:
    """Train tokenizer and model on text about `contexts`, which must be of the training split.

    `wording` is text whose spelling the tokenizer shall know (the answers to come); the model
    does not read it.

    Returns:
        The model (fp32, CPU) and its tokenizer.

    Raises:
        TuningError: the contexts give less than one block of text.
    """
    rng = random.Random(seed)
    chosen = list(contexts) if len(contexts) <= plan.documents else rng.sample(list(contexts), plan.documents)
    texts = list(documents(chosen, seed=seed))
    tokenizer = train_tokenizer([*texts, *wording], vocab_size=shape.vocab)
    model = new_model(shape, tokenizer, seed=seed)
    stream = [t for ids in tokenizer(texts)["input_ids"] for t in (*ids, tokenizer.eos_token_id)]
    if len(stream) < plan.block:
        raise TuningError(f"the corpus has {len(stream)} tokens, one block needs {plan.block}; give more contexts")
    _train(model, tokenizer, stream, plan, seed=seed, report=report)
    return model.eval(), tokenizer


def _train(model: Any, tokenizer: Any, stream: list[int], plan: PretrainPlan, *, seed: int, report: Report) -> None:
    torch = require("torch", "pretraining")
    rng = random.Random(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate, betas=(0.9, 0.95), weight_decay=0.01)
    total = plan.warmup_steps + plan.steps
    tokens, began = 0, time.perf_counter()
    model.train()
    blocks = _blocks(stream, plan, rng)
    for step in range(total):
        if step < plan.warmup_steps:
            rows, labels = _repeats(tokenizer, rng)
            rate = plan.warmup_rate * min(1.0, (step + 1) / 20)
        else:
            rows = labels = next(blocks)
            rate = plan.rate * _decay(step - plan.warmup_steps, plan.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = model(input_ids=torch.tensor(rows), labels=torch.tensor(labels)).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += sum(map(len, rows))
        value = loss.item()
        if not math.isfinite(value):
            raise TuningError(f"pretraining diverged at step {step + 1} (loss {value}); lower the rate {rate:g}")
        report(Progress("base", step + 1, total, time.perf_counter() - began, value, tokens))


def _decay(step: int, steps: int) -> float:
    """Linear warm-up over 20 steps, then linearly down to a tenth."""
    return min(1.0, (step + 1) / 20) * (1 - 0.9 * step / steps)


def _blocks(stream: list[int], plan: PretrainPlan, rng: random.Random) -> Iterator[list[list[int]]]:
    """Batches of packed blocks, every block once per round, each round in a new order and offset."""
    while True:
        offset = rng.randrange(min(plan.block, len(stream) - plan.block + 1))
        starts = list(range(offset, len(stream) - plan.block + 1, plan.block))
        rng.shuffle(starts)
        # at least one full batch, also where the corpus is smaller than a batch
        starts *= -(-plan.batch // len(starts))
        for at in range(0, len(starts) - plan.batch + 1, plan.batch):
            yield [stream[s : s + plan.block] for s in starts[at : at + plan.batch]]


def _repeats(tokenizer: Any, rng: random.Random) -> tuple[list[list[int]], list[list[int]]]:
    """Random sequences repeated at a random period: copying is all there is to learn. The first,
    unpredictable period carries no loss. Half of them are digits, the thing to copy later."""
    digits = tokenizer.convert_tokens_to_ids([*"0123456789", "."])
    rows, labels = [], []
    for _ in range(32):
        period = rng.randrange(8, 31)
        pool: Sequence[int] = digits if rng.random() < 0.5 else range(3, len(tokenizer))
        unit = rng.choices(pool, k=period)
        row = (unit * 8)[:64]
        rows.append(row)
        labels.append([_IGNORED] * period + row[period:])
    return rows, labels
