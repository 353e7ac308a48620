#!/bin/sh
# What the real shop needs to know of Sattle: the demo's store and a key to it. Usage: store-keys.sh DIRECTORY
# Each file appears when it is whole: what failed in between is done at the next start.
set -eu
mkdir -p "$1"
if [ ! -s "$1/api-key" ]; then
  flask --app wsgi api-key create merchant@demo.example --store demo --label 'Real shop' \
    btcpay.store.canviewinvoices btcpay.store.cancreateinvoice btcpay.store.canviewstoresettings \
    btcpay.store.canmodifyinvoices btcpay.store.cancreatenonapprovedpullpayments btcpay.store.webhooks.canmodifywebhooks \
    > "$1/api-key.new"
  mv "$1/api-key.new" "$1/api-key"
fi
flask --app wsgi store list --json | python -c '
import json, sys
print(next(store["id"] for store in json.load(sys.stdin) if store["name"] == "demo"))' > "$1/store-id"
