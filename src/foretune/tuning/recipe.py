"""The tuning recipe: everything a `tune` run depends on besides the data. No behaviour here."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator, model_validator

from foretune.config import Config
from foretune.datasets.example import Numbers
from foretune.datasets.preferences import Flaw
from foretune.models.pretrain import PretrainPlan
from foretune.models.tiny import TinyShape


class TinyBase(Config):
    """A base model made on the spot from the training contexts."""

    shape: TinyShape = TinyShape()
    pretrain: PretrainPlan = PretrainPlan()


class Base(Config):
    """Exactly one of: `tiny`, made here; `path`, a local folder `transformers` can load."""

    tiny: TinyBase | None = None
    path: Path | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Base:
        if (self.tiny is None) == (self.path is None):
            raise ValueError("give either 'tiny' or 'path', and only one of them")
        return self


class Lora(Config):
    """Low-rank adapters on every linear layer instead of all weights."""

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)


class Optimisation(Config):
    """What SFT and DPO have in common. `rate` is AdamW's peak: linear warm-up over
    `warmup_share` of the steps, then linear decay to zero."""

    epochs: float = Field(1.0, gt=0)
    batch: int = Field(16, ge=1)
    accumulate: int = Field(1, ge=1)
    rate: float = Field(1e-3, gt=0)
    warmup_share: float = Field(0.05, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    clip: float = Field(1.0, gt=0)
    max_length: int = Field(512, ge=16)
    save_every: int = Field(200, ge=1)
    lora: Lora | None = None


class SftPlan(Optimisation):
    """Instruction tuning on `max_examples` (all, if None) training examples.

    `flawed` is the share of answers, per flaw, replaced by a flawed one: human-written data is of
    mixed quality, and without flaws there would be nothing for the preference stage to mend.
    """

    max_examples: int | None = Field(None, ge=1)
    flawed: dict[Flaw, float] = Field(default_factory=dict)

    @field_validator("flawed")
    @classmethod
    def _shares(cls, value: dict[Flaw, float]) -> dict[Flaw, float]:
        if any(not 0 <= share <= 1 for share in value.values()) or sum(value.values()) > 1:
            raise ValueError("shares must lie between 0 and 1 and sum to at most 1")
        return value


class DpoPlan(Optimisation):
    """Preference tuning on `max_pairs` training pairs: sigmoid DPO loss, plus `sft_weight` times
    the likelihood loss of the chosen answers, which protects format and labels."""

    max_pairs: int | None = Field(None, ge=1)
    flaws: tuple[Flaw, ...] | None = None
    beta: float = Field(0.1, gt=0)
    sft_weight: float = Field(0.0, ge=0)


class Recipe(Config):
    """One tuning run, as written in a YAML file of `recipes/`."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(0, ge=0, lt=2**32)
    numbers: Numbers = "slots"
    processes: int = Field(1, ge=1)
    bf16: bool = False
    base: Base
    sft: SftPlan = SftPlan()
    dpo: DpoPlan = DpoPlan()
