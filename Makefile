# Thin: each line calls a program. `make demo` needs Python 3.11 or newer and nothing else.
#   make demo [PORT=8080] [RESET=1] [DETACH=1] [HTTPS=1]

PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin
on = $(filter-out 0 no false,$($(1)))
PROJECTS := $(wildcard packages/*/pyproject.toml services/*/pyproject.toml)
FRONT_END := packages/design/package-lock.json packages/design/afterglow_design/vendor.py
INSTALL := PYTHON=$(PYTHON) sh deploy/install.sh

.PHONY: demo stop test lint bench lock clean

demo: .venv/.runtime
	@$(BIN)/afterglow demo --port $(PORT) $(if $(call on,RESET),--reset) $(if $(call on,DETACH),--detach) $(if $(call on,HTTPS),--https)

stop: .venv/.runtime
	@$(BIN)/afterglow stop

test: .venv/.development
	@command -v chromium >/dev/null || { echo "Chromium is missing: apt-get install chromium." >&2; exit 1; }
	$(BIN)/pytest -n 2 --dist loadfile

lint: .venv/.development
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	sh deploy/clean-imports.sh

bench: .venv/.development
	$(BIN)/python -m benchmarks

lock: .venv/.development
	sh deploy/lock.sh

clean: .venv/.runtime
	@$(BIN)/afterglow stop
	rm -rf .venv var packages/design/node_modules packages/design/afterglow_design/static/vendor

.venv/.runtime: packages/operator/requirements.txt packages/operator/bootstrap.txt deploy/node.txt $(PROJECTS) $(FRONT_END)
	@$(INSTALL) runtime

.venv/.development: requirements.txt packages/operator/bootstrap.txt deploy/node.txt $(PROJECTS) $(FRONT_END)
	@$(INSTALL) development
