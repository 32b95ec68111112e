"""The tiny base: its corpus holds no answer, its training learns, the seed decides everything."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from foretune.answers.context import MarketContext
from foretune.answers.tasks import TASKS
from foretune.config import parse_config
from foretune.errors import ConfigError, TuningError
from foretune.models.corpus import documents, prose
from foretune.models.pretrain import PretrainPlan, make_base
from foretune.models.progress import Progress
from foretune.models.stack import require
from foretune.models.tiny import TinyShape, new_model


def numbers_in(text: str) -> set[str]:
    """Every displayed value of a text; names such as 200-day hold no decimal point."""
    return set(re.findall(r"[+-]?\$?[0-9][0-9,]*\.[0-9]+%?", text))


SMALL = TinyShape(vocab=700, hidden=32, layers=1, heads=2, feed_forward=64, positions=256)


def test_the_corpus_shows_neither_instructions_nor_answers(contexts: list[MarketContext]) -> None:
    text = "\n".join(documents(contexts, seed=0))
    assert "###" not in text
    assert "{" not in text
    for spec in TASKS.values():
        assert spec.instruction not in text
        assert spec.title.partition(":")[0] not in text
    assert "Risk:" not in text


def test_every_number_of_the_prose_stands_in_the_data_block(contexts: list[MarketContext]) -> None:
    for context in contexts:
        block = numbers_in(context.text())
        for sentence in prose(context, random.Random(1)):
            # names of periods ("30 days") state nothing of the market
            said = numbers_in(sentence.replace("over 30 days", "").replace("over 90.", ""))
            assert said <= block, sentence


def test_a_few_steps_of_training_lower_the_loss_and_report_each_step(contexts: list[MarketContext]) -> None:
    seen: list[Progress] = []
    plan = PretrainPlan(warmup_steps=2, steps=40, batch=4, block=64)
    make_base(contexts, SMALL, plan, seed=0, report=seen.append)
    assert [p.step for p in seen] == list(range(1, 43))
    assert {p.steps for p in seen} == {42}
    # two warm-up steps of 32 x 64 tokens, forty of 4 x 64
    assert seen[-1].tokens == 2 * 32 * 64 + 40 * 4 * 64
    assert seen[-1].loss < seen[2].loss - 1.0  # from ln 700 = 6.6 downwards


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(contexts: list[MarketContext]) -> None:
    plan = PretrainPlan(warmup_steps=1, steps=3, batch=2, block=64)

    def weights(seed: int) -> Any:
        model, _ = make_base(contexts, SMALL, plan, seed=seed)
        return next(model.parameters()).detach()

    torch = require("torch", "this test")
    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_too_little_text_is_refused(contexts: list[MarketContext]) -> None:
    with pytest.raises(TuningError, match="one block needs 100000"):
        make_base(contexts[:1], SMALL, PretrainPlan(block=100_000), seed=0)


@pytest.mark.parametrize("architecture", ["llama", "lfm2"])
def test_both_architectures_have_the_size_asked_for(tokenizer: Any, architecture: str) -> None:
    model = new_model(SMALL.model_copy(update={"architecture": architecture, "layers": 2}), tokenizer, seed=0)
    embedding = model.get_input_embeddings()
    assert (embedding.num_embeddings, embedding.embedding_dim) == (len(tokenizer), 32)
    assert model.config.num_hidden_layers == 2
    assert model.get_output_embeddings().weight is embedding.weight  # tied


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 2 x heads"):
        parse_config({"hidden": 100, "heads": 3}, TinyShape, where="here")
