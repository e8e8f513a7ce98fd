# Each target sets up .venv by itself; the stamp makes later runs quick.

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready

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

bench: $(READY)
	$(BIN)/python -m benchmarks

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv

# torch goes first and alone: named by exact version, pip also finds builds that carry a local tag,
# such as CPU-only ones, where the machine offers them.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pellucid needs Python 3.11 or later: make PYTHON=python3.11")'
	@echo "Setting up .venv (once; PyTorch is large) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check "$$(grep '^torch==' constraints.txt)" -c constraints.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[demo,test]'
	@touch $@
