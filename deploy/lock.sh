#!/bin/sh
# Write every lock anew. The root's is for development; the others hold the same versions of what they need.
# UPGRADE=1 takes the newest versions; without it what is locked stays while it still fits.
set -eu

local_names="afterglow-foundation afterglow-design afterglow-operator afterglow-auth afterglow-portal afterglow-messaging afterglow-web"
left_out=""
for name in $local_names; do
    left_out="$left_out --no-emit-package $name"
done
upgrade=${UPGRADE:+--upgrade}

compile() {
    output=$1
    shift
    # shellcheck disable=SC2086  # one option per word
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links $left_out $upgrade --output-file "$output" "$@"
    echo "$output"
}

compile requirements.txt --group pyproject.toml:dev deploy/build-backend.in
for project in packages/foundation packages/operator services/auth services/portal services/messaging services/web; do
    compile "$project/requirements.txt" -c requirements.txt "$project/pyproject.toml" deploy/build-backend.in
done
compile packages/operator/demonstration.txt -c requirements.txt --extra demonstration packages/operator/pyproject.toml deploy/build-backend.in
compile packages/operator/bootstrap.txt -c requirements.txt packages/operator/bootstrap.in
compile deploy/node.txt deploy/node.in
