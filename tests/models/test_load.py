"""Opening folders of others: every kind of unusable folder is one sentence, and none of its code is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foretune.errors import ConfigError
from foretune.models.load import load_model, open_folder
from foretune.models.stack import require


@pytest.fixture
def folder(model: Any, tokenizer: Any, tmp_path: Path) -> Path:
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def said(folder: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        load_model(folder, device="cpu")
    assert "\n" not in str(refused.value)
    return str(refused.value)


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_whole_folder_opens(folder: Path) -> None:
    loaded = load_model(folder, device="cpu")
    assert (loaded.name, loaded.tokenizer.padding_side) == ("model", "left")
    assert loaded.tokenizer.pad_token_id is not None


def test_an_empty_folder_says_how_to_make_a_model(tmp_path: Path) -> None:
    assert "no config.json, so no model is here; make one with 'foretune tune'" in said(tmp_path)


def test_pickled_weights_are_not_opened(folder: Path, model: Any) -> None:
    (folder / "model.safetensors").unlink()
    require("torch", "this test").save(model.state_dict(), folder / "pytorch_model.bin")
    assert "the weights are pickled (pytorch_model.bin)" in said(folder)
    assert "convert them to safetensors" in said(folder)


def test_a_pickle_beside_safetensors_does_no_harm(folder: Path) -> None:
    (folder / "training_args.bin").write_bytes(b"not opened")
    assert load_model(folder, device="cpu").name == folder.name


@pytest.mark.parametrize("what", ["model", "tokenizer"])
def test_code_of_the_folder_is_not_run_and_nobody_is_asked(folder: Path, tmp_path: Path, what: str) -> None:
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    if what == "model":
        change_config(
            folder,
            model_type="evil",
            architectures=["Evil"],
            auto_map={"AutoConfig": "evil.EvilConfig", "AutoModelForCausalLM": "evil.Evil"},
        )
    else:
        change_config(folder, model_type="evil")
        path = folder / "tokenizer_config.json"
        config = json.loads(path.read_text())
        config |= {"tokenizer_class": "EvilTokenizer", "auto_map": {"AutoTokenizer": ["evil.Evil", "evil.Evil"]}}
        path.write_text(json.dumps(config))
    assert "needs Python code of its own, which is not run here" in said(folder)
    assert not ran.exists()


def test_an_auto_map_of_an_architecture_that_is_known_is_not_used(folder: Path) -> None:
    change_config(folder, auto_map={"AutoModelForCausalLM": "evil.Evil"})
    loaded = load_model(folder, device="cpu")
    assert type(loaded.model).__module__.startswith("transformers.")  # the library's class, not the folder's


@pytest.mark.parametrize("text", ["[]", "null", "5", "{", "", "\x00"])
def test_a_configuration_that_is_none(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    assert "config.json" in said(folder)


@pytest.mark.parametrize(
    "changes",
    [{"model_type": "no-such"}, {"hidden_size": "wide"}, {"hidden_size": 48}, {"num_attention_heads": 0}],
)
def test_a_configuration_that_does_not_fit(folder: Path, changes: dict[str, Any]) -> None:
    change_config(folder, **changes)
    assert "transformers cannot load this model" in said(folder)


@pytest.mark.parametrize("keep", [0, 7, 1000])
def test_weights_cut_short(folder: Path, keep: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    assert "transformers cannot load this model" in said(folder)


def test_weights_that_are_missing(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "transformers cannot load this model" in said(folder)


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_tokenizer(folder: Path, text: str) -> None:
    (folder / "tokenizer.json").write_text(text)
    assert "transformers cannot load this model" in said(folder)


def test_training_opens_folders_the_same_way(folder: Path) -> None:
    model, tokenizer = open_folder(folder, dtype=require("torch", "this test").float32)
    assert model.dtype == require("torch", "this test").float32
    assert tokenizer.pad_token_id is not None
