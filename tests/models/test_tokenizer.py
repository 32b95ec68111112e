"""The tokenizer: digits alone, fixed strings whole, one BOS, one template, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest

from foretune.answers.analyst import forecast_90d, market_analysis
from foretune.answers.context import MarketContext
from foretune.answers.tasks import TASKS, Task
from foretune.answers.template import TEMPLATE
from foretune.errors import TuningError
from foretune.models.tokenizer import BOS, EOS, PAD, atomic_strings, train_tokenizer


def pieces(tokenizer: Any, text: str) -> list[str]:
    return tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False)["input_ids"])


def test_a_number_is_read_digit_by_digit(tokenizer: Any) -> None:
    assert pieces(tokenizer, "$1,234.50") == ["$", "1", ",", "2", "3", "4", ".", "5", "0"]
    assert pieces(tokenizer, "+0.0103%") == ["+", "0", ".", "0", "1", "0", "3", "%"]


def test_the_move_slot_is_opened_by_one_token_and_spelt_digit_by_digit(tokenizer: Any) -> None:
    assert pieces(tokenizer, "{z:-0.7}") == ["{z:", "-", "0", ".", "7", "}"]


@pytest.mark.parametrize("text", atomic_strings())
def test_fixed_strings_are_one_token(tokenizer: Any, text: str) -> None:
    assert pieces(tokenizer, text) == [text]


def test_bos_stop_and_padding_are_three_tokens(tokenizer: Any) -> None:
    ids = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id}
    assert len(ids) == 3
    assert [tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token] == [BOS, EOS, PAD]


def test_plain_text_gets_one_bos_and_no_stop_token(tokenizer: Any) -> None:
    ids = tokenizer("Price")["input_ids"]
    assert ids[0] == tokenizer.bos_token_id
    assert ids.count(tokenizer.bos_token_id) == 1
    assert tokenizer.eos_token_id not in ids


def test_the_chat_template_gives_the_tokens_of_the_prompt(tokenizer: Any, contexts: list[MarketContext]) -> None:
    for context in contexts[:5]:
        instruction = TASKS[Task.FORECAST_90D].instruction
        prompt = TEMPLATE.prompt(instruction, context.text())
        user = {"role": "user", "content": TEMPLATE.user_message(instruction, context.text())}
        chat = tokenizer.apply_chat_template([user], add_generation_prompt=True, return_dict=True)["input_ids"]
        assert chat == tokenizer(prompt)["input_ids"]


def test_the_chat_template_ends_an_answer_with_the_stop_token(tokenizer: Any) -> None:
    turns = [{"role": "user", "content": "Say hello."}, {"role": "assistant", "content": "Hello."}]
    chat = tokenizer.apply_chat_template(turns, return_dict=True)["input_ids"]
    assert chat == tokenizer(TEMPLATE.prompt("Say hello.") + "Hello." + EOS)["input_ids"]
    assert chat[-1] == tokenizer.eos_token_id


def test_text_survives_the_round_trip(tokenizer: Any, contexts: list[MarketContext]) -> None:
    texts = ["Größe: 5 µ – “ok” 🙂\t x  y\n", *(market_analysis(c) for c in contexts[:5])]
    texts += [TEMPLATE.prompt(TASKS[Task.FORECAST_90D].instruction, c.text()) for c in contexts[:5]]
    texts += [forecast_90d(c, -1.2) for c in contexts[:5]]
    for text in texts:
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_an_answer_in_slots_is_short(tokenizer: Any, contexts: list[MarketContext]) -> None:
    # seven lines with ten slots and one warning: a token or so per word, no spelling
    assert len(tokenizer(market_analysis(contexts[0]))["input_ids"]) < 130


def test_a_vocabulary_without_room_is_refused() -> None:
    with pytest.raises(TuningError, match="vocabulary of 300 is too small"):
        train_tokenizer(["text"], vocab_size=300)
