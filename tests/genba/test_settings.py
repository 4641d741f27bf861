"""What is wrong in the environment is said in a sentence at start, and nothing of it is a traceback."""

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.phone import PhoneSealer
from core.settings import Settings
from tests.support.environment import environment_of


@pytest.fixture
def environment(sealer: PhoneSealer, tmp_path: Path) -> dict[str, str]:
    return environment_of("sqlite:///genba.db", sealer, tmp_path)


@pytest.mark.parametrize(
    "url", ["mysql://genba:secret@host/genba", "postgresql+asyncpg://genba:secret@host/genba", "genba.db", "://"]
)
def test_a_database_that_we_do_not_know_is_refused_without_showing_its_address(
    environment: dict[str, str], url: str
) -> None:
    with pytest.raises(SettingsError, match="GENBA_DATABASE_URL: sqlite:///") as refused:
        Settings.load({**environment, "GENBA_DATABASE_URL": url})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["sqlite:///var/genba.db", "postgres://host/genba", "postgresql://host/genba", "postgresql+psycopg://h/g"]
)
def test_the_databases_we_know_are_taken(environment: dict[str, str], url: str) -> None:
    assert Settings.load({**environment, "GENBA_DATABASE_URL": url}).database_url


def test_a_region_that_is_none_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"GENBA_PHONE_REGIONS: .*XX"):
        Settings.load({**environment, "GENBA_PHONE_REGIONS": "JP,XX"})


@pytest.mark.parametrize(("text", "regions"), [("JP, vn,", ("JP", "VN")), (",", ("JP",)), ("", ("JP",))])
def test_regions_are_read_as_people_write_them(
    environment: dict[str, str], text: str, regions: tuple[str, ...]
) -> None:
    assert Settings.load({**environment, "GENBA_PHONE_REGIONS": text}).phone_regions == regions
