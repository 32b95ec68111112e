"""Refusals before training starts: each stops a fault that would otherwise train silently.

A guard returns nothing when all is well. It changes nothing.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

from foretune.errors import StopTokenNotTrained, TuningError
from foretune.tuning.rows import IGNORED, Row


def check_rows(rows: Sequence[Row], tokenizer: Any, *, max_length: int) -> None:
    """Every row ends in a trained stop token, starts with the one BOS, carries no loss on its
    prompt, and fits.

    Raises:
        StopTokenNotTrained: a row's last label is not the stop token.
        TuningError: there are no rows; a row is longer than `max_length` (nothing is cut or
            dropped unsaid); it has no prompt or no answer; its BOS is missing or doubled.
    """
    if not rows:
        raise TuningError("there is no row to train on")
    stop, bos = tokenizer.eos_token_id, tokenizer.bos_token_id
    if stop is None:
        raise StopTokenNotTrained("the tokenizer has no stop token (eos_token); set one before tuning")
    adds_bos = bos is not None and bos != stop and tokenizer("a")["input_ids"][:1] == [bos]
    too_long = [len(row.input_ids) for row in rows if len(row.input_ids) > max_length]
    if too_long:
        raise TuningError(
            f"{len(too_long)} of {len(rows)} rows are longer than max_length {max_length} (longest {max(too_long)}); "
            f"raise max_length: a cut answer would lose its stop token"
        )
    for number, row in enumerate(rows):
        if len(row.labels) != len(row.input_ids):
            raise TuningError(f"row {number}: {len(row.input_ids)} tokens but {len(row.labels)} labels")
        if row.labels[-1] != stop:
            raise StopTokenNotTrained(
                f"row {number}: the last label is {row.labels[-1]}, not the stop token {tokenizer.eos_token!r} "
                f"({stop}); trained so, the model would never learn to stop"
            )
        if row.labels[0] != IGNORED:
            raise TuningError(f"row {number}: the prompt is part of the loss; only the answer may be")
        if len(row.labels) - row.labels.count(IGNORED) < 2:
            raise TuningError(f"row {number}: the answer is empty")
        if adds_bos and (row.input_ids[0] != bos or row.input_ids.count(bos) != 1):
            raise TuningError(
                f"row {number}: {row.input_ids.count(bos)} BOS tokens; exactly one, at the start, is right"
            )


def check_tokens_agree(ours: Sequence[Row], theirs: Sequence[Row]) -> None:
    """The trainer's own tokenisation gives our tokens and our loss mask, row by row.

    Raises:
        TuningError: a row was dropped, cut or tokenised differently.
    """
    if len(ours) != len(theirs):
        raise TuningError(f"the trainer kept {len(theirs)} of {len(ours)} rows; none may be dropped unsaid")
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if a != b:
            raise TuningError(f"row {number}: the trainer's tokens or loss mask differ from what the model will meet")


def check_reference(first_loss: float) -> None:
    """The policy starts at its reference: the pure DPO loss before any step is ln 2.

    Raises:
        TuningError: it is not, so the reference is another model than the one being tuned.
    """
    if not abs(first_loss - math.log(2)) <= 1e-3:
        raise TuningError(
            f"the first DPO loss is {first_loss:.4f}, not ln 2 = {math.log(2):.4f}: the reference is not the model "
            "being tuned; start from a saved model folder"
        )


def check_processes(expected: int, running: int) -> None:
    """As many processes train as the recipe says.

    Raises:
        TuningError: a launcher started another number, or started several that do not talk.
    """
    announced = int(os.environ.get("WORLD_SIZE", "1"))
    if running != expected or announced != expected:
        raise TuningError(
            f"the recipe wants {expected} training process(es), {running} run(s) and the launcher announced "
            f"{announced}; start it with 'torchrun --nproc_per_node {expected}' or change 'processes'"
        )
