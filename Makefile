# NewsNotify: `make help` lists what there is.

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIN := UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet --upgrade --universal \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links
CODE := newsnotify accounts news subscriptions notifications bench conftest.py manage.py
# What the database that is named needs, and a key, which only a development machine makes itself.
DRIVER := $(if $(filter mysql:%,$(DATABASE_URL)),$(BIN)/.mysql) $(if $(filter ses:%,$(EMAIL_URL)),$(BIN)/.ses)
KEY := $(if $(DATABASE_URL)$(REDIS_URL)$(CELERY_BROKER_URL),a key for tests that is longer than 32 bytes)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: run
run: $(BIN)/.product $(DRIVER) ## serve everything on http://127.0.0.1:8000
	@$(BIN)/python manage.py up

.PHONY: demo
demo: $(BIN)/.product ## the same with invented news and a demo person; needs no internet
	@$(BIN)/python manage.py demo

.PHONY: test
test: $(BIN)/.dev $(DRIVER) ## the whole test suite
	@SECRET_KEY="$${SECRET_KEY:-$(KEY)}" $(BIN)/python -m pytest $(ARGS)

.PHONY: coverage
coverage: $(BIN)/.dev $(DRIVER) ## the suite with branch coverage and its floor
	@SECRET_KEY="$${SECRET_KEY:-$(KEY)}" $(BIN)/python -m pytest --cov --cov-report=term $(ARGS)

.PHONY: fuzz
fuzz: $(BIN)/.dev $(DRIVER) ## the long runs of what compares and tries by chance
	@FUZZ=1 SECRET_KEY="$${SECRET_KEY:-$(KEY)}" $(BIN)/python -m pytest -m fuzz --timeout 3600 $(ARGS)

.PHONY: bench
bench: $(BIN)/.dev $(BIN)/.mysql ## how fast it is, at small size; ONLY=name FULL=1: one at full size
	@ONLY="$(ONLY)" FULL="$(FULL)" $(BIN)/python -m bench

.PHONY: lint
lint: $(BIN)/.dev ## style, types, layers, migrations, deployment checks
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(BIN)/pylint --fail-under=10 $(CODE)
	DATA_DIR=var/lint $(BIN)/python manage.py makemigrations --check --dry-run
	DATA_DIR=var/lint PUBLIC_URL=https://news.example.org $(BIN)/python manage.py check --deploy --fail-level WARNING

.PHONY: format
format: $(BIN)/.dev ## put the code into its form
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

.PHONY: requirements
requirements: $(BIN)/.dev ## pin the newest versions that requirements*.in allow
	$(PIN) requirements.in -o requirements.txt
	for name in mysql kafka flower ses dev; do $(PIN) requirements.in requirements-$$name.in -o requirements-$$name.txt || exit 1; done

.PHONY: translations
translations: $(BIN)/.dev ## bring locale/ up to date with the sources; needs GNU gettext
	DATA_DIR=var/lint $(BIN)/python manage.py makemessages --all --no-obsolete --no-location
	@sed -i '/^"POT-Creation-Date:/d' locale/*/LC_MESSAGES/django.po
	DATA_DIR=var/lint $(BIN)/python manage.py compilemessages

.PHONY: clean
clean: ## remove what make made; data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "NewsNotify runs on Python 3.11 to 3.13 and found none of them: install one, or name it, for example \`make run PYTHON=/opt/python3.12/bin/python3\`." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "NewsNotify runs on Python 3.11 to 3.13, $(PYTHON) is %d.%d: name another, for example `make run PYTHON=python3.12`." % v)'
	@$(PYTHON) -m venv .venv

$(BIN)/.product: requirements.txt | $(BIN)/python
	@echo "Installing what NewsNotify runs on …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(BIN)/.dev: requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(BIN)/.product

$(BIN)/.mysql: requirements-mysql.txt | $(BIN)/python
	@echo "Installing MySQL's driver …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-mysql.txt
	@touch $@

$(BIN)/.ses: requirements-ses.txt | $(BIN)/python
	@echo "Installing what speaks with Amazon's mail service …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-ses.txt
	@touch $@
