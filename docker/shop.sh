#!/bin/sh
# Start the stand-in shop with the pairing code that setup.sh left. Usage: shop.sh PAIRING_FILE
set -eu
SATTLE_SHOP_PAIRING_CODE=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["pairingCode"])' "$1")
export SATTLE_SHOP_PAIRING_CODE
exec python -m regtest.shop
