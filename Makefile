# Needs Python 3.11 or later and make. Say PYTHON=… where python3 is an older one.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
QUICK := $(wildcard tests/core tests/laws tests/views)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help install demo test test-projects test-chaos test-fleet reliability check benchmark clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## The package with all it needs, in .venv; done again when pyproject.toml changed

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or later is needed; say for example: make PYTHON=python3.12 install' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo 'Installing into .venv …'
	@$(BIN)/python -m pip install -qq --editable '.[postgresql,mysql,test,check]'
	@touch $@

# Shows a command as you would type it, then runs it.
define run
@printf '\n$$ orchestrate %s\n' '$(1)'
@ORCHESTRATE_LOG_FORMAT=human $(BIN)/orchestrate $(1) </dev/null
endef

demo: $(INSTALLED) ## Four fresh SQLite databases, brought from nothing to the newest revision, prod last
	@rm -rf .orchestrator/demo .orchestrator/journal.db*
	$(call run,status)
	$(call run,rollout --through staging --yes)
	$(call run,promote staging prod --confirm prod)
	$(call run,status)
	$(call run,runs)

test: $(INSTALLED) ## Every test, on SQLite, PostgreSQL and MariaDB
	@$(BIN)/python -m compileall -q orchestrator  # or each of some thousand commands would compile it, where Python may not
	@$(BIN)/pytest -n 2 --dist worksteal --durations=25

test-projects: $(INSTALLED) ## Public applications, each in an environment of its own; APPS='optuna placement-mysql'
	@$(BIN)/pytest -m application tests/applications $(if $(APPS),-k "$$(echo $(APPS) | sed 's/ / or /g')")

reliability: $(INSTALLED) ## Every fault and negative control, on all databases; writes docs/reliability.md
	@code=0; $(BIN)/pytest -n 2 -m 'fault or control' --reliability .orchestrator/reliability.json || code=$$?; \
	  $(BIN)/python -m tests.reliability_page .orchestrator/reliability.json && exit $$code

test-chaos: $(INSTALLED) ## Hundreds of kill -9 at random moments; CHAOS_KILLS=200 CHAOS_SEED=… CHAOS_REPORT=file.json
	@CHAOS_REPORT="$${CHAOS_REPORT:-$(CURDIR)/.orchestrator/figures/killed_at_random.json}" $(BIN)/pytest -m chaos tests/chaos

test-fleet: $(INSTALLED) ## 1,000 databases and 2,000 schemas of tenants; FLEET_DATABASES=30 FLEET_SCHEMAS=60
	@$(BIN)/python -m compileall -q orchestrator
	@$(BIN)/pytest -m fleet tests/fleet

check: $(INSTALLED) ## Style, types, imports, docstrings and the quick tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/interrogate orchestrator
	@$(if $(QUICK),$(BIN)/pytest -q $(QUICK))

benchmark: $(INSTALLED) ## What commands cost beside Alembic's own: docs/performance.md; ARGS='fleet --targets 100'
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove what the above made
	rm -rf .venv .orchestrator .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
