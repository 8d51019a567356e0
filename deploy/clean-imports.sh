#!/bin/sh
# Each service must import in an environment that has its own lock, the local packages it names, and nothing else.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

for service in auth portal messaging web; do
    environment=$work/$service
    .venv/bin/uv venv --quiet --python .venv/bin/python "$environment"
    .venv/bin/uv pip install --quiet --python "$environment" --require-hashes -r "services/$service/requirements.txt"
    for folder in $(sh deploy/local-packages.sh "services/$service"); do
        .venv/bin/uv pip install --quiet --python "$environment" --no-deps --no-build-isolation -e "$folder"
    done
    (cd "$work" && "$environment/bin/python" -W error::ImportWarning -c "import afterglow_$service.main")
    echo "afterglow_$service imports by itself"
done
