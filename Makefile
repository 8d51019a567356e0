# Thin: each line calls a program. `make demo` needs Python 3.11 or newer and nothing else.
#   make demo [PORT=8080] [RESET=1] [DETACH=1] [HTTPS=1]

PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin
on = $(filter-out 0 no false,$($(1)))
PROJECTS := $(wildcard packages/*/pyproject.toml services/*/pyproject.toml)
FRONT_END := packages/design/package-lock.json packages/design/afterglow_design/vendor.py
APACHE_MODULE := /usr/lib/apache2/modules/mod_auth_openidc.so
INSTALL := PYTHON=$(PYTHON) sh deploy/install.sh

.PHONY: demo stop test lint words bench growth assurance mutation pictures common-passwords lock clean

demo: .venv/.runtime
	@$(BIN)/afterglow demo --port $(PORT) $(if $(call on,RESET),--reset) $(if $(call on,DETACH),--detach) $(if $(call on,HTTPS),--https)

stop: .venv/.runtime
	@$(BIN)/afterglow stop

test: .venv/.development
	@command -v chromium >/dev/null || { echo "Chromium is missing: apt-get install chromium." >&2; exit 1; }
	@test -e $(APACHE_MODULE) || { echo "Apache with mod_auth_openidc is missing: apt-get install libapache2-mod-auth-openidc." >&2; exit 1; }
	$(BIN)/pytest -n 2 --dist loadfile -rs

lint: .venv/.development
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	sh deploy/clean-imports.sh

words: .venv/.development
	@$(BIN)/python -m afterglow_design.testing.words

bench: .venv/.development
	$(BIN)/python -m benchmarks $(if $(ONLY),--only "$(ONLY)")

growth: .venv/.development
	$(BIN)/python -m benchmarks.desk

assurance: .venv/.development
	@$(BIN)/python -m tests.assurance $(if $(ONLY),--only $(ONLY))

mutation: .venv/.development
	$(BIN)/python -m tests.mutation --sample $(or $(SAMPLE),40)

pictures: .venv/.development
	$(BIN)/python -m tests.journeys.pictures

common-passwords: .venv/.development
	sh deploy/common-passwords.sh

lock: .venv/.development
	sh deploy/lock.sh

clean: .venv/.runtime
	@$(BIN)/afterglow stop
	rm -rf .venv var tests/node_modules packages/design/node_modules packages/design/afterglow_design/static/vendor

.venv/.runtime: packages/operator/demonstration.txt packages/operator/bootstrap.txt deploy/node.txt $(PROJECTS) $(FRONT_END)
	@$(INSTALL) runtime

.venv/.development: requirements.txt packages/operator/bootstrap.txt deploy/node.txt tests/package-lock.json $(PROJECTS) $(FRONT_END)
	@$(INSTALL) development
