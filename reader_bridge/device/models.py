"""The columns of logging readers, remembered by model once somebody has named them."""

import json
from pathlib import Path

from reader_bridge.device.folder import write_whole
from reader_bridge.device.logger_files import Model

FILE = "models.json"


def known_models(folder: Path) -> dict[str, Model]:
    """Return the models that were named so far."""
    try:
        kept = json.loads((folder / FILE).read_bytes())
        return {name: Model(each["columns"], each["tech"]) for name, each in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep_model(folder: Path, name: str, model: Model) -> None:
    """Remember the columns of a model."""
    models = {**known_models(folder), name: model}
    content = {each: {"columns": dict(kept.columns), "tech": kept.tech} for each, kept in models.items()}
    write_whole(folder / FILE, json.dumps(content, ensure_ascii=False, indent=1).encode())
