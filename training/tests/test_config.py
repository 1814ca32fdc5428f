"""Configuration: what is wrong in a file or a setting is an error that names the place."""

from pathlib import Path

import pytest

from lexpand_training import config
from lexpand_training.train import runs

FILES = sorted(Path(__file__).parents[1].glob("*.toml"))


@pytest.mark.parametrize("path", [p for p in FILES if p.name not in ("pyproject.toml", "sources.toml")], ids=lambda p: p.name)
def test_every_file_and_every_run_in_it_is_read(path):
    c = config.load(path)
    for text in c.runs:
        run = runs.Run.parse(text)
        config.with_settings(c, run.settings)
        assert run.name and (not run.mean or not run.settings)


def test_a_setting_makes_another_configuration_and_leaves_the_first_alone():
    c = config.load(Path(__file__).parents[1] / "lexpand-mini-v1.toml")
    other = config.with_settings(c, ["distill.seconds=3", "batch.student_kinds=[0, 1, 2, 3]"])
    assert other.distill.seconds == 3.0 and other.batch.student_kinds == (0, 1, 2, 3)
    assert c.distill.seconds == 0.0 and c.batch.student_kinds == (0, 1)


@pytest.mark.parametrize(
    "setting, error",
    [
        ("distill.second=3", KeyError),
        ("distil.seconds=3", KeyError),
        ('distill.seconds="3"', TypeError),
        ("batch.mix=[1.0]", TypeError),
        ("seed=true", TypeError),
    ],
)
def test_wrong_settings_are_refused_by_name(setting, error):
    c = config.load(Path(__file__).parents[1] / "lexpand-mini-v1.toml")
    with pytest.raises(error, match=setting.split("=")[0]):
        config.with_settings(c, [setting])


def test_teachers_without_a_weight_are_refused():
    c = config.load(Path(__file__).parents[1] / "lexpand-mini-v1.toml")
    with pytest.raises(ValueError, match="sparse teachers"):
        config.with_settings(c, ['teachers.sparse=["own"]'])
