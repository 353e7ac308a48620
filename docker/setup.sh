#!/bin/sh
# Before web and worker: bring the database up to date, make the demo's store and merchant once, leave a pairing code for the shop.
# Usage: setup.sh ACCOUNT_KEY PAIRING_FILE
set -eu
flask --app wsgi db upgrade
if ! flask --app wsgi store list --json | grep -q '"name": *"demo"'; then
  flask --app wsgi store create demo
  flask --app wsgi wallet add demo "$1"
fi
if ! flask --app wsgi user list --json | grep -q '"email": *"merchant@demo.example"'; then
  echo play-money-only | flask --app wsgi user create merchant@demo.example --store demo --password-stdin
fi
flask --app wsgi store pair demo --json > "$2"
