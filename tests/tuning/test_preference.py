"""DPO on TRL: its first loss, and its loss on a perturbed policy against the sum written out by hand."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest

from foretune.datasets.example import Example
from foretune.datasets.preferences import make_pairs
from foretune.errors import TuningError
from foretune.models.stack import require
from foretune.tuning.guards import check_reference
from foretune.tuning.preference import dpo_trainer, first_loss
from foretune.tuning.recipe import DpoPlan, Lora
from foretune.tuning.rows import IGNORED, Row, encode, written_pairs

BETA = 0.3
Pairs = list[tuple[str, str, str]]


@pytest.fixture
def pairs(examples: list[Example]) -> Pairs:
    return written_pairs(make_pairs(examples[:4], seed=0), examples, "slots")


def trainer(model: Any, tokenizer: Any, pairs: Pairs, folder: Path, **plan: Any) -> Any:
    plan = DpoPlan(beta=BETA, batch=4, **plan)
    reference = None if plan.lora else copy.deepcopy(model)
    return dpo_trainer(model, reference, tokenizer, pairs, plan, checkpoints=folder, seed=0, bf16=False)


@pytest.mark.parametrize("lora", [None, Lora(rank=2)])
@pytest.mark.parametrize("sft_weight", [0.0, 0.5])
def test_the_first_loss_is_ln_2(
    model: Any, tokenizer: Any, pairs: Pairs, tmp_path: Path, lora: Lora | None, sft_weight: float
) -> None:
    built = trainer(model, tokenizer, pairs, tmp_path, lora=lora, sft_weight=sft_weight)
    assert first_loss(built) == pytest.approx(math.log(2), abs=1e-6)


def test_the_loss_of_a_perturbed_policy_is_the_sum_by_hand(
    model: Any, tokenizer: Any, pairs: Pairs, tmp_path: Path
) -> None:
    reference = copy.deepcopy(model)
    built = trainer(model, tokenizer, pairs, tmp_path)
    _perturb(built.model)

    def log_ratio(row: Row) -> float:
        return _log_probability(built.model, row) - _log_probability(reference, row)

    losses = []
    for prompt, chosen, rejected in pairs:
        good, bad = encode(tokenizer, [(prompt, chosen), (prompt, rejected)])
        margin = log_ratio(good) - log_ratio(bad)
        losses.append(math.log(1 + math.exp(-BETA * margin)))
    by_hand = sum(losses) / len(losses)
    assert abs(by_hand - math.log(2)) > 1e-3  # the perturbation is seen at all
    assert first_loss(built) == pytest.approx(by_hand, abs=1e-4)


def test_a_policy_changed_before_training_is_refused(model: Any, tokenizer: Any, pairs: Pairs, tmp_path: Path) -> None:
    built = trainer(model, tokenizer, pairs, tmp_path)
    _perturb(built.model)
    with pytest.raises(TuningError, match="reference is not the model"):
        check_reference(first_loss(built))


def test_measuring_the_first_loss_leaves_the_trainer_as_it_was(
    model: Any, tokenizer: Any, pairs: Pairs, tmp_path: Path
) -> None:
    built = trainer(model, tokenizer, pairs, tmp_path, sft_weight=0.5)
    first_loss(built)
    assert (built.loss_types, built.loss_weights) == (["sigmoid", "sft"], [1.0, 0.5])


def _perturb(model: Any) -> None:
    torch = require("torch", "this test")
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.02 * torch.randn(parameter.shape, generator=generator)


def _log_probability(model: Any, row: Row) -> float:
    """Sum of log probabilities of the answer's tokens, each given all before it."""
    torch = require("torch", "this test")
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([row.input_ids])).logits[0].double()
    total = 0.0
    for at, token in enumerate(row.labels):
        if token != IGNORED:
            total += float(torch.log_softmax(logits[at - 1], dim=-1)[token])
    return total
