# Each target sets up .venv by itself; the stamp makes later runs quick.

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready
BENCH_BIN := .venv-bench/bin
BENCH_READY := .venv-bench/.ready

# One thread per test process: many small tensors, and more threads would only wait for each other.
# Some tests need a browser (Debian: apt-get install chromium). Without one they are left out, and that is said.
BROWSER := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))))
NO_BROWSER := $(if $(BROWSER),, and not browser)

PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS)

.PHONY: demo test test-all bench format clean

demo: $(READY)
	$(BIN)/pellucid demo

test: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(if $(BROWSER),,echo "No Chromium here: tests in a browser are left out.")
	$(PYTEST) -m "not heavy$(NO_BROWSER)"

test-all: $(READY)
	@$(if $(BROWSER),,echo "No Chromium here: tests in a browser are left out.")
	$(PYTEST) -m "(heavy or not heavy)$(NO_BROWSER)"

# make bench SECTIONS="predict fit" measures these alone.
bench: $(BENCH_READY)
	$(BENCH_BIN)/python -W ignore -m benchmarks $(SECTIONS)

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .venv-bench

# torch goes first and alone: named by exact version, pip also finds builds that carry a local tag,
# such as CPU-only ones, where the machine offers them.
define INSTALL
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pellucid needs Python 3.11 or later: make PYTHON=python3.11")'
	@echo "Setting up $(1) (once; PyTorch is large) ..."
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install -qq --disable-pip-version-check "$$(grep '^torch==' constraints.txt)" -c constraints.txt
	@$(1)/bin/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[demo,test]'
endef

$(READY): pyproject.toml constraints.txt
	$(call INSTALL,.venv)
	@touch $@

# TensorFlow wants an older h5py than ours: the peers go last.
$(BENCH_READY): pyproject.toml constraints.txt benchmarks/peers.txt
	$(call INSTALL,.venv-bench)
	@$(BENCH_BIN)/python -m pip install -qq --disable-pip-version-check -r benchmarks/peers.txt
	@touch $@
