#!/usr/bin/env bash
# Fetch the browser assets and the fonts of printed papers, which admin/package-lock.json names, and put the files that
# are used where they are used.
set -euo pipefail
cd "$(dirname "$0")/../admin"
npm ci --silent --no-audit --no-fund --ignore-scripts
mkdir -p static/vendor
cp node_modules/htmx.org/dist/htmx.min.js static/vendor/
cp node_modules/@digital-go-jp/design-tokens/dist/tokens.css static/vendor/

# What reads QR codes for browsers that cannot do it themselves: for the gate page on a tablet.
tablet=../reader_bridge/tablet/static/vendor
mkdir -p $tablet
cp node_modules/qr/{index.js,decode.js,LICENSE-MIT} $tablet/

# Japanese in BIZ UDPGothic (made to be read from afar), Chinese and Vietnamese in Noto Sans. Moved: they are large.
fonts=../core/documents/fonts
mkdir -p $fonts
mv node_modules/@expo-google-fonts/biz-udpgothic/{400Regular,700Bold}/*.ttf $fonts/
mv node_modules/@embedpdf/fonts-sc/fonts/NotoSansHans-{Regular,Bold}.otf $fonts/
cp node_modules/@expo-google-fonts/biz-udpgothic/LICENSE_FONT $fonts/BIZUDPGothic-OFL.txt
cp node_modules/@embedpdf/fonts-sc/LICENSE $fonts/NotoSansHans-OFL.txt
rm -r node_modules/@embedpdf/fonts-sc/fonts
