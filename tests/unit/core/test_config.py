"""Settings: defaults, the file, the environment, and clear words for what is wrong."""

from pathlib import Path

import pytest

from pileus.core import config


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path, monkeypatch):
    file = tmp_path / "pileus.toml"
    file.write_text('state_dir = "/srv/pileus"\nlease = 10\nregion = "North"\n')
    monkeypatch.setenv("PILEUS_REGION", "South")
    monkeypatch.setenv("PILEUS_WORKER_SLOTS", "5")
    settings = config.load(str(file))
    assert (settings.state_dir, settings.lease, settings.region) == (Path("/srv/pileus"), 10, "South")
    assert settings.worker_slots == 5 and settings.token_lifetime == 3600
    assert settings.database == "sqlite:////srv/pileus/pileus.db"


@pytest.mark.parametrize(("text", "words"), [('colour = "red"', "colour"), ('lease = "soon"', "lease")])
def test_a_wrong_setting_is_named(tmp_path, text, words):
    file = tmp_path / "pileus.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words):
        config.load(str(file))


def test_a_file_that_was_asked_for_must_be_there(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        config.load(str(tmp_path / "none.toml"))


def test_the_roots_playbooks_are_found():
    assert (config.Settings().root / "playbooks" / "site.yml").exists()
