PORT ?= 8000
DEMO_ARGS ?=
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test lint install bench load

demo: .venv/runtime
	env -u DATABASE_URL -u CACHE_URL DEBUG=true HTTPS=false $(BIN)/python manage.py demo --port $(PORT) $(DEMO_ARGS)

test: .venv/development
	sh scripts/need-chromium
	$(BIN)/python -m pytest

lint: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Needs a PostgreSQL server; BENCH_ARGS=--keep leaves the filled databases for another run.
bench: .venv/runtime
	$(BIN)/python -W ignore -m bench.upstreams
	$(BIN)/python -W ignore -m bench $(BENCH_ARGS)

# Needs Debian's postgresql and redis-server, and root for a disk that can be full. LOAD_ARGS="--people 20 --faults
# redis-hangs": see `python -m bench.load --help`.
load: .venv/runtime
	$(BIN)/python -W ignore -m bench.load $(LOAD_ARGS)

install: .venv/development

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	touch $@

.venv/development: requirements.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	touch .venv/runtime $@
