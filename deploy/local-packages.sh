#!/bin/sh
# Print a project's folder and those of the local packages it depends on, each after what it needs:
#   sh deploy/local-packages.sh services/web
set -eu

needed() {
    for name in $(sed -n 's/^ *"afterglow-\([a-z]*\)".*/\1/p' "$1/pyproject.toml"); do
        if [ -d "services/$name" ]; then
            needed "services/$name"
        else
            needed "packages/$name"
        fi
    done
    echo "$1"
}

needed "$1" | awk '!seen[$0]++'
