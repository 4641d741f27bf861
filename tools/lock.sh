#!/usr/bin/env bash
# Renew the locks: hashes, no registry addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@"
}
compile pyproject.toml -o requirements/runtime.lock
compile --extra dev pyproject.toml -o requirements/dev.lock
compile requirements/uv.in -o requirements/uv.lock
compile requirements/reader.in -o requirements/reader.lock
