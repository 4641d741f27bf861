"""Settings as the environment of a process that a test starts."""

import base64
import os
from pathlib import Path

from core.phone import KeyRing, PhoneSealer


def environment_of(database_url: str, sealer: PhoneSealer, folder: Path) -> dict[str, str]:
    """Return the environment that tests.conftest.make_settings() stands for, without Redis and carriers."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GENBA_")},
        "GENBA_DATABASE_URL": database_url,
        "GENBA_PUBLIC_URL": "https://genba.test",
        "GENBA_SECRET_KEY": "s" * 40,
        "GENBA_DATA_KEYS": _text(sealer.data),
        "GENBA_INDEX_KEYS": _text(sealer.index),
        "GENBA_SPOOL": str(folder / "spool.db"),
    }


def _text(ring: KeyRing) -> str:
    return ",".join(f"{key.key_id}:{base64.b64encode(key.secret).decode()}" for key in ring.keys)
