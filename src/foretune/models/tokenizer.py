"""The tiny base's tokenizer: byte-level BPE learnt from our own text. No model here.

A number is always read digit by digit, with sign, unit and point as tokens of their own, so
that the same digits are the same tokens everywhere. The prompt's fixed strings and the slots are
single tokens: they carry structure, not spelling.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from foretune.answers.context import CONTEXT_FIELDS
from foretune.answers.labels import LABELS
from foretune.answers.slots import DERIVED_SLOTS
from foretune.answers.tasks import TASKS
from foretune.answers.template import TEMPLATE
from foretune.errors import TuningError
from foretune.models.stack import require

BOS, EOS, PAD = "<s>", "</s>", "<pad>"
_BYTES = 256
_LONE = r"[0-9]|[+\-$%./():,#=\n{}]"


def atomic_strings() -> tuple[str, ...]:
    """Strings that are one token each: template sections, labels of lines, slots."""
    sections = ("### Instruction:\n", "\n\n### Input:\n", "\n\n### Response:\n")
    labels = ["Symbol", *(field.label for field in CONTEXT_FIELDS)]
    labels += [line.name for spec in TASKS.values() for line in spec.lines]
    # digits that are part of a name, not of a number
    names = ("24 hours", "24h", "50-day", "200-day", "90-day", "90 days", "RSI(14)")
    slots = ["symbol", *LABELS, *(field.name for field in CONTEXT_FIELDS), *DERIVED_SLOTS]
    return tuple(
        dict.fromkeys(
            (
                *sections,
                *(spec.instruction for spec in TASKS.values()),
                *(f"{label}: " for label in labels),
                *(f"{{{name}}}" for name in slots),
                "{z:",
                *names,
            )
        )
    )


def train_tokenizer(texts: Iterable[str], *, vocab_size: int = 1024) -> Any:
    """Learn a tokenizer from `texts`; returns a `transformers` fast tokenizer.

    Plain tokenisation puts one BOS in front. The chat template is `answers.template`'s with the
    same BOS, so serving and training see the same tokens. The same texts give the same bytes.

    Raises:
        TuningError: `vocab_size` leaves no room for merges.
        MissingExtra: transformers is not installed.
    """
    what = "training a tokenizer"
    require("tokenizers", what)
    transformers = require("transformers", what)
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    atoms = atomic_strings()
    smallest = _BYTES + len(atoms) + 3
    if vocab_size < smallest:
        raise TuningError(f"a vocabulary of {vocab_size} is too small: bytes and fixed tokens alone need {smallest}")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(_LONE), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - len(atoms),
        special_tokens=[BOS, EOS, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((_without(atoms, text) for text in texts), trainer)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in atoms])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    use_template(fast)
    return fast


def use_template(tokenizer: Any) -> None:
    """Set the one prompt template on `tokenizer`, with a BOS exactly where plain text gets one."""
    bos = tokenizer.bos_token_id is not None and tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]
    tokenizer.chat_template = ("{{ bos_token }}" if bos else "") + TEMPLATE.chat_template


def _without(atoms: tuple[str, ...], text: str) -> str:
    """`text` as BPE will see it: atoms never reach it, so no merge is spent on their letters."""
    for atom in atoms:
        text = text.replace(atom, "\n")
    return text
