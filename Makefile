# `make film` and `make test` do all set-up on a machine with Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
SOURCES := onereel tasks flows deployments benchmarks tests docs
export PREFECT_SERVER_ANALYTICS_ENABLED = false

.PHONY: film check test test-ceph clean

film: $(VENV)/ready  ## Rehearse examples/lighthouse.yaml: a whole film, for nothing
	$(RUN)/onereel produce examples/lighthouse.yaml --rehearse

check: $(VENV)/ready  ## Format, lint, types, import contracts
	$(RUN)/ruff format --check $(SOURCES)
	$(RUN)/ruff check $(SOURCES)
	$(RUN)/mypy
	$(RUN)/lint-imports

test: $(VENV)/ready  ## All tests but Ceph
	$(RUN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not ceph"

test-ceph: $(VENV)/ready  ## The vault contract over Ceph RGW, from Debian packages (root)
	$(RUN)/python -m tests.ceph

# Compiled at install: Prefect imports three times slower without.
$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	env -u PYTHONDONTWRITEBYTECODE $(RUN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV)
