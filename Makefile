# `make local` runs the gateway on this machine, `make test` passes the tests; both need only Python and make.
# A uv on PATH is used as it is; without one a pinned one is fetched into .uv/. uv finds or fetches Python 3.13.

UV_VERSION := 0.13.8
CHECKOV_VERSION := 3.3.30
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
RUN := $(UV) run --locked
EXPORT := $(UV) export -q --locked --no-emit-project --no-header --no-annotate --only-group

# In an environment of its own: it pins an older boto3 than everything else needs.
CHECKOV := $(UV) run -q --no-project --isolated --python 3.13 --with-requirements .ci/checkov.txt checkov

export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help local test fuzz check setup fmt lint types validate build lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

local: $(UV) ## run the whole gateway here; ARGS="--port 9000" for options
	@$(RUN) upgate local $(ARGS)

test: $(UV) ## all tests: unit, functional, end to end
	@tests/system_packages.sh
	$(RUN) pytest $(ARGS)

TARGET ?= raw_form
fuzz: $(UV) ## hostile input without end; TARGET=template (tests/fuzz/run.py has all) or properties, ARGS=-max_total_time=600
ifeq ($(TARGET),properties)
	while $(RUN) pytest -q -m hypothesis --hypothesis-profile=search tests/unit tests/functional $(ARGS); do :; done; exit 1
else
	@mkdir -p .fuzz/$(TARGET)
	$(RUN) python -m tests.fuzz.run $(TARGET) -artifact_prefix=.fuzz/ $(ARGS) .fuzz/$(TARGET) tests/fuzz/corpus/$(TARGET)
endif

check: lint types validate test ## everything that CI runs

setup: $(UV) ## make the virtual environment
	$(UV) sync --locked

fmt: $(UV) ## format, and fix what can be fixed
	$(RUN) ruff format
	$(RUN) ruff check --fix

lint: $(UV)
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(EXPORT) layer | diff layers/upgate/requirements.txt - || { echo "requirements.txt is not what uv.lock says: make lock"; exit 1; }
	$(EXPORT) media | diff layers/media/requirements.txt - || { echo "requirements.txt is not what uv.lock says: make lock"; exit 1; }

types: $(UV)
	$(RUN) mypy

validate: $(UV) ## check template.yaml and edge.yaml
	$(RUN) sam validate --lint
	$(RUN) cfn-lint edge.yaml
	$(CHECKOV) --file template.yaml edge.yaml --config-file .ci/checkov.yaml

build: $(UV) ## build what `sam deploy` deploys
	$(RUN) sam build

lock: $(UV) ## after a change of dependencies
	$(UV) lock
	$(EXPORT) layer -o layers/upgate/requirements.txt
	$(EXPORT) media -o layers/media/requirements.txt
	echo "checkov==$(CHECKOV_VERSION)" | $(UV) pip compile -q --python-version 3.13 --no-header --no-annotate - -o .ci/checkov.txt

clean: ## remove what can be made again
	rm -rf .aws-sam .upgate .uv .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install -q --disable-pip-version-check uv==$(UV_VERSION)
