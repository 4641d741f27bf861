"""`genba tiers build`: what an operator reads, and what a program does."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.db import Database
from core.phone import PhoneSealer
from genba.cli import genba
from tests.support.environment import environment_of
from tests.tiering.world import TierWorld


def test_a_site_is_thought_about_and_its_structure_printed(
    database: Database, sealer: PhoneSealer, database_url: str, tmp_path: Path
) -> None:
    world = TierWorld(database, sealer)
    world.work()
    environment = environment_of(database_url, sealer, tmp_path)
    told = CliRunner().invoke(genba, ["tiers", "build", "中央ビル"], env=environment, catch_exceptions=False)
    assert "中央ビル（元請 大和建設）" in told.stdout
    assert "推定（未承認）" in told.stdout
    structure = json.loads(CliRunner().invoke(genba, ["tiers", "build", "中央ビル", "--json"], env=environment).stdout)
    assert {each["name"]: each["state"] for each in structure["contractors"]} == dict.fromkeys(
        ("佐藤工業", "伊藤設備", "高橋塗装"), "proposed"
    )
    assert all(each["evidence"] for each in structure["contractors"])
    with pytest.raises(Exception, match="no site is named"):
        CliRunner().invoke(genba, ["tiers", "build", "幻ビル"], env=environment, catch_exceptions=False)
