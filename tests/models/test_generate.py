"""Writing: order kept, batches irrelevant to greedy text, seeds decide, stops are told from cuts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foretune.errors import ConfigError
from foretune.models.generate import complete
from foretune.models.load import LanguageModel, load_model
from foretune.models.stack import require

PROMPTS = ["Price: $1", "Volatility 30d: 42.1%\nVolatility 90d: 43.5%\n", "RSI(14): ", "The trend is up: the price"]


@pytest.fixture
def lm(model: Any, tokenizer: Any) -> LanguageModel:
    return LanguageModel("random", model.eval(), tokenizer)


def texts(lm: LanguageModel, **options: Any) -> list[list[str]]:
    return [[c.text for c in row] for row in complete(lm, PROMPTS, max_new_tokens=12, **options)]


def test_greedy_text_does_not_depend_on_the_batch(lm: LanguageModel) -> None:
    alone = [[c.text for c in complete(lm, [p], max_new_tokens=12)[0]] for p in PROMPTS]
    assert texts(lm, batch_size=4) == texts(lm, batch_size=1) == alone


def test_the_seed_decides_what_is_sampled(lm: LanguageModel) -> None:
    assert texts(lm, temperature=1.0, seed=3) == texts(lm, temperature=1.0, seed=3)
    assert texts(lm, temperature=1.0, seed=3) != texts(lm, temperature=1.0, seed=4)


def test_sampling_leaves_the_callers_random_numbers_alone(lm: LanguageModel) -> None:
    torch = require("torch", "this test")
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    texts(lm, temperature=1.0, seed=5)
    assert torch.equal(torch.rand(3), expected)


def test_each_prompt_gets_its_samples_in_order(lm: LanguageModel) -> None:
    finished: list[int] = []
    found = complete(lm, PROMPTS, temperature=1.0, samples=3, batch_size=6, max_new_tokens=4, advance=finished.append)
    assert [len(row) for row in found] == [3, 3, 3, 3]
    assert sum(finished) == 4
    assert len({c.text for c in found[0]}) > 1


def test_a_model_that_always_stops_writes_nothing_and_says_it_stopped(lm: LanguageModel) -> None:
    _always(lm, lm.tokenizer.eos_token_id)
    ((completion,),) = complete(lm, PROMPTS[:1], max_new_tokens=5)
    assert (completion.text, completion.stopped, completion.tokens) == ("", True, 1)


def test_a_model_that_never_stops_is_cut_and_says_so(lm: LanguageModel) -> None:
    _always(lm, lm.tokenizer.convert_tokens_to_ids("7"))
    ((completion,),) = complete(lm, PROMPTS[:1], max_new_tokens=5)
    assert (completion.text, completion.stopped, completion.tokens) == ("77777", False, 5)


def _always(lm: LanguageModel, token: int) -> None:
    """Make `token` the only one the model can write."""
    torch = require("torch", "this test")
    plain = lm.model.forward

    def forward(*args: Any, **options: Any) -> Any:
        out = plain(*args, **options)
        out.logits = torch.full_like(out.logits, -100.0)
        out.logits[..., token] = 100.0
        return out

    lm.model.forward = forward


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"batch_size": 0}, {"max_new_tokens": 0}, {"temperature": -1.0}])
def test_counts_that_make_no_sense_are_refused(lm: LanguageModel, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        complete(lm, PROMPTS, **wrong)


def test_a_saved_model_loads_and_writes_the_same(lm: LanguageModel, tmp_path: Path) -> None:
    lm.model.save_pretrained(tmp_path / "m")
    lm.tokenizer.save_pretrained(tmp_path / "m")
    again = load_model(tmp_path / "m", device="cpu")
    assert again.name == "m"
    assert again.tokenizer.chat_template == lm.tokenizer.chat_template
    assert texts(again, temperature=1.0) == texts(lm, temperature=1.0)


def test_a_folder_without_a_model_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="make one with 'foretune tune'"):
        load_model(tmp_path)
