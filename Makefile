# Everything a newcomer and CI need. `make` alone explains the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
ADAPTER := adapters/dbt-trino-python
WORKERS ?= 2
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS)
WITH_TRINO := $(BIN)/python tests/with_trino.py
SCALE ?= 0.05
SEED ?= 7
CHURN_SCALE ?= 0.2

# dbt and marquee find the project, the profile and var/ from here.
export DBT_PROFILES_DIR := $(CURDIR)
export MARQUEE_PROJECT := $(CURDIR)
export DO_NOT_TRACK := 1

.PHONY: help demo trino trino-stop test test-quick test-long lint format docs sample-lake benchmark benchmark-ads benchmark-churn benchmark-churn-service benchmark-compaction benchmark-engines benchmark-enrichment benchmark-formats benchmark-next-titles benchmark-recommendations benchmark-segments benchmark-sentiment benchmark-service benchmark-uplift lock clean clean-data

help: ## Explain the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml $(ADAPTER)/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "marquee needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Installing the locked packages into .venv (about a minute, once)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation \
		-e . -e $(ADAPTER)
	@touch $@

demo: $(READY) ## From nothing to recommendations: invent a service (or import MOVIELENS=dir), build, publish, document
ifdef MOVIELENS
	$(BIN)/marquee import movielens $(MOVIELENS)
else
	$(BIN)/marquee generate --scale $(SCALE) --seed $(SEED) --extract-every 7
endif
	$(BIN)/marquee run
	$(BIN)/marquee docs
	@$(BIN)/marquee status
	@$(BIN)/marquee summary

trino: $(READY) ## Start a real Trino server on 127.0.0.1 (MARQUEE_TRINO_PORT, default 8090)
	$(BIN)/marquee trino start

trino-stop: $(READY) ## Stop the server that `make trino` started
	$(BIN)/marquee trino stop

test: lint ## Everything that checks the project: lint, pytest with the dbt tests, the adapter for Trino
	$(PYTEST) -m "not long"
	$(WITH_TRINO) $(BIN)/pytest $(ADAPTER) -m "not long"

test-quick: $(READY) ## What needs no warehouse and no browser, in under 3 minutes
	$(PYTEST) -m "not slow and not long"

test-long: lint ## All of it, at a larger scale and with more seeds
	HYPOTHESIS_PROFILE=long $(PYTEST)
	$(WITH_TRINO) $(BIN)/pytest $(ADAPTER)/tests $(ADAPTER)/tests/conformance \
		--conformance-report=$(CURDIR)/benchmarks/conformance.md

lint: $(READY) ## ruff, mypy, sqlfluff for both engines, dbt-bouncer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd $(ADAPTER) && $(CURDIR)/$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 models python_models analyses tests/data
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 --dialect trino models python_models analyses tests/data
	$(BIN)/dbt parse --quiet --no-partial-parse --show-all-deprecations
	$(BIN)/dbt-bouncer run --only manifest_checks

format: $(READY) ## Let ruff and sqlfluff put the code in form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar models python_models analyses tests/data

docs: $(READY) ## Write the data catalogue and the column lineage of the built warehouse
	$(BIN)/marquee docs

sample-lake: $(READY) ## A lake of 1,000 customers in seconds, after which a bare dbt build is green
	$(BIN)/marquee generate --scale 0.01 --days 90 --seed $(SEED) --extract-every 7
	$(BIN)/marquee ingest

benchmark: $(READY) ## Measure quality and cost on real data again (MARQUEE_REAL_DATA names the folder)
	set -o pipefail; $(BIN)/python benchmarks/real_data.py | tee benchmarks/real_data.md

benchmark-ads: SCALE = 0.2
benchmark-ads: $(READY) ## Measure what recommended mid-rolls are worth, by the known truth (SCALE)
	set -o pipefail; SCALE=$(SCALE) $(BIN)/python benchmarks/ads.py | tee benchmarks/ads.md

benchmark-churn: $(READY) ## Measure the churn estimators on real data again (MARQUEE_REAL_DATA names the folder)
	set -o pipefail; $(BIN)/python benchmarks/telco_churn.py | tee benchmarks/telco_churn.md

benchmark-churn-service: $(READY) ## Measure churn of the invented service beside its true hazard (CHURN_SCALE, SEEDS)
	set -o pipefail; SCALE=$(CHURN_SCALE) $(BIN)/python benchmarks/churn_service.py | tee benchmarks/churn_service.md

benchmark-compaction: $(READY) ## Measure reading thousands of small files before and after marquee compact (FILES)
	set -o pipefail; $(BIN)/python benchmarks/compaction.py | tee benchmarks/compaction.md

benchmark-engines: $(READY) ## Measure the same build on DuckDB and on Trino again, and whether it is equal (SCALE)
	set -o pipefail; SCALE=$(SCALE) $(BIN)/python benchmarks/engines.py | tee benchmarks/engines.md
	printf '\n## A Python model\n\n' >> benchmarks/engines.md
	set -o pipefail; $(WITH_TRINO) $(BIN)/python $(ADAPTER)/benchmarks/five_million_rows.py \
		| tee -a benchmarks/engines.md

benchmark-enrichment: EVENTS = 10000000
benchmark-enrichment: $(READY) ## Measure what places, devices and apps cost beside the events' own scan (EVENTS)
	set -o pipefail; EVENTS=$(EVENTS) $(BIN)/python benchmarks/enrichment.py | tee benchmarks/enrichment.md

benchmark-formats: $(READY) ## Measure each landing format and codec: bytes, writing, ingestion (EVENTS)
	set -o pipefail; $(BIN)/python benchmarks/formats.py | tee benchmarks/formats.md

benchmark-next-titles: SCALE = 0.1
benchmark-next-titles: $(READY) ## Foretell next titles by the last one and by a recurrent network (SCALE, MARQUEE_REAL_DATA)
	set -o pipefail; SCALE=$(SCALE) $(BIN)/python benchmarks/next_titles.py | tee benchmarks/next_titles.md

benchmark-recommendations: SCALE = 0.2
benchmark-recommendations: $(READY) ## Measure lists beside the true tastes of an invented service (SCALE, SEEDS)
	set -o pipefail; SCALE=$(SCALE) $(BIN)/python benchmarks/recommendations.py | tee benchmarks/recommendations.md

benchmark-segments: SCALE = 0.2
benchmark-segments: $(READY) ## Measure whether planted segments are found again (SCALE)
	set -o pipefail; SCALE=$(SCALE) $(BIN)/python benchmarks/segments.py | tee benchmarks/segments.md

benchmark-sentiment: SCALE = 0.2
benchmark-sentiment: $(READY) ## Measure sentiment on public sentences and invented services (MARQUEE_REAL_DATA, SCALE)
	set -o pipefail; SCALE=$(SCALE) $(BIN)/python benchmarks/sentiment.py | tee benchmarks/sentiment.md

benchmark-service: $(READY) ## Measure a whole service of 1 and 10 million events beside a plain DuckDB script (SCALES)
	set -o pipefail; $(BIN)/python benchmarks/whole_service.py | tee benchmarks/whole_service.md

benchmark-uplift: $(READY) ## Measure on a built service whom offers keep, by the known truth (MARQUEE_HOME)
	set -o pipefail; $(BIN)/python benchmarks/uplift.py | tee benchmarks/uplift.md

lock: ## Resolve the dependencies anew into requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra deep --extra dev --extra postgres --extra s3 --extra trino --universal --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-annotate --no-emit-index-url --no-header -q -o requirements.lock

clean: ## Remove what builds made and can make again; landing, lake and published stay
	rm -rf target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis var/site var/tmp var/warehouse.duckdb*

clean-data: clean ## Remove the data in var/ too: landing, lake, published, truth, runs
	rm -rf var/landing var/lake var/published var/truth var/runs
