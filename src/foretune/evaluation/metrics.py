"""What `metrics.json` holds. Numbers only: the words and pictures about them are the report's."""

from __future__ import annotations

from pathlib import Path

from foretune.config import Config
from foretune.errors import DataError
from foretune.evaluation.answers import ModelScores
from foretune.evaluation.forecasts import ForecastReport
from foretune.evaluation.win_rate import Comparison

FILE_NAME = "metrics.json"


class Settings(Config):
    """How the numbers were made; the same settings, models and data give the same numbers.

    `training_end_known` is False where nothing said until when the models were trained, so that an overlap of
    training and test could not be looked for.
    """

    seed: int
    temperature: float
    answers_per_model: int
    answers_by_origin: dict[str, int]
    forecaster: str
    forecast_samples: int
    forecast_temperature: float
    training_end_known: bool


class Metrics(Config):
    """`models` by name, untuned first; `win_rate` by `later_vs_earlier`; `forecast` of the last model,
    None where the data hold no forecast example. `by_task` splits `models` by task.
    """

    models: dict[str, ModelScores]
    forecast: ForecastReport | None
    win_rate: dict[str, Comparison]
    by_task: dict[str, dict[str, ModelScores]]
    settings: Settings

    def write(self, folder: Path) -> Path:
        """Write `metrics.json` into `folder` and return its path."""
        path = folder / FILE_NAME
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path

    @classmethod
    def read(cls, folder: Path) -> Metrics:
        """The metrics an evaluation left in `folder`.

        Raises:
            DataError: there are none.
        """
        path = folder / FILE_NAME
        if not path.is_file():
            raise DataError(f"{path}: not there; evaluate the run first with 'foretune evaluate'")
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
