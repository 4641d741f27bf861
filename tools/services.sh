#!/usr/bin/env bash
# Install what the tests start by themselves: PostgreSQL, Redis, Chromium with a Japanese font, and a card reader that
# is none (pcscd with vpcd), with the library that speaks to it.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v chromium >/dev/null || missing+=(chromium)
# Read whole before it is searched: with pipefail, a grep that stops early would look like a missing font.
fonts=$(fc-list 2>/dev/null || true)
grep -qi 'noto.*cjk' <<<"$fonts" || missing+=(fonts-noto-cjk fontconfig)
command -v pcscd >/dev/null || missing+=(pcscd)
compgen -G '/usr/lib/pcsc/drivers/serial/libifdvpcd.so*' >/dev/null || missing+=(vsmartcard-vpcd)
[ -e /usr/include/PCSC/winscard.h ] || missing+=(libpcsclite-dev)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)

# pyscard has no wheel for Linux: it is built once the library is there, from the sdist that the lock names.
install_pyscard() {
    .venv/bin/python -c 'import smartcard.scard' 2>/dev/null ||
        VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet --require-hashes -r requirements/reader.lock
}

if [ ${#missing[@]} -eq 0 ]; then install_pyscard; exit 0; fi
echo "installing: ${missing[*]}"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Please install these packages (as root: apt-get install ${missing[*]}) and run 'make test' again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Debian starts PostgreSQL and Redis on installation; the tests start their own.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made=1; fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
apt-get update -qq
apt-get install -y -qq --no-install-recommends --no-upgrade "${missing[@]}" >/dev/null
install_pyscard
