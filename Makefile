# make run: the demo; make test: every check.  Both make what they need first, once.
#
# Everything is installed below this directory, from lock files with hashes.  As root, PostgreSQL
# (which refuses root) gets a system user of its own, and its data a place that this user reaches.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# A stamp is the instant at which its step last ended well.
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready

ifeq ($(shell id -u),0)
export PUTRIGHT_PG_USER ?= putright
DEMO_DATA := /var/lib/putright/demo-$(firstword $(shell printf %s '$(CURDIR)' | cksum))
PG_USER := pg-user
else
DEMO_DATA := $(CURDIR)/.putright
endif

.PHONY: run test lint assets messages lock clean ready pg-user
.DEFAULT_GOAL := run

run: ready $(PG_USER)
	PUTRIGHT_DATA="$${PUTRIGHT_DATA:-$(DEMO_DATA)}" exec $(BIN)/putright demo

test: lint $(PG_USER)
	$(BIN)/python -m pytest

lint: ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

assets: $(INSTALLED)
	@if $(BIN)/python api/build_assets.py --node-is-missing; then \
	  $(PIP) install --quiet --require-hashes -r requirements-node.lock; fi
	@$(BIN)/python api/build_assets.py

ready: assets $(READY)

# Started afresh whenever the lock changes, so that nothing is there that the lock does not name.
$(INSTALLED): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Putright needs Python 3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --quiet --require-hashes -r requirements.lock
	@touch $@

$(READY): $(INSTALLED) pyproject.toml | assets
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

pg-user:
	@id -u "$$PUTRIGHT_PG_USER" >/dev/null 2>&1 || useradd --system --user-group \
	  --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$$PUTRIGHT_PG_USER"

# What is new to be translated goes into the catalogues.
messages: ready
	$(BIN)/python -m api.messages

# The newest versions that pyproject.toml and package.json allow.
lock:
	$(PYTHON) -m venv --clear $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	@set -e; compile() { $(VENV)-lock/bin/uv pip compile --quiet --universal \
	    --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade "$$@"; }; \
	  compile pyproject.toml --extra dev -o requirements.lock; \
	  printf '%s\n' "$$($(VENV)-lock/bin/python -c "import tomllib; \
	    print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['node'])")" \
	  | compile - -o requirements-node.lock
	rm -rf $(VENV)-lock
	if command -v npm >/dev/null; then npm update --package-lock-only --ignore-scripts; fi

# The demo's data goes too; stop the demo first.
clean:
	rm -rf $(VENV) $(VENV)-lock node_modules api/static/built dist .putright $(DEMO_DATA)
