#!/usr/bin/env bash
# Fetch the browser assets named in admin/package-lock.json and put the files the pages use beside them.
set -euo pipefail
cd "$(dirname "$0")/../admin"
npm ci --silent --no-audit --no-fund --ignore-scripts
mkdir -p static/vendor
cp node_modules/htmx.org/dist/htmx.min.js static/vendor/
cp node_modules/@digital-go-jp/design-tokens/dist/tokens.css static/vendor/
