# Sets up .venv by itself. `make run` opens the app; `make test` checks everything, `make test ARGS="-k readme"` a part.
# On a machine whose python3 is too old: make run PYTHON=python3.12
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test soak lint bench clean

run: $(VENV)/.ready
	$(BIN)/streamlit run app.py

test: $(VENV)/.ready-to-test
	$(BIN)/ruff check
	$(BIN)/mypy lab
	$(BIN)/python -m pytest $(ARGS)

# What takes too long for every test.
soak: $(VENV)/.ready-to-test
	$(BIN)/python -m pytest -m soak -n 0 -s $(ARGS)

lint: $(VENV)/.ready-to-test
	$(BIN)/ruff check
	$(BIN)/mypy lab

bench: $(VENV)/.ready
	$(BIN)/python -m lab bench train
	$(BIN)/python -m lab bench live
	$(BIN)/python -m lab bench race
	$(BIN)/python -m lab bench gradients
	$(BIN)/python -m lab bench frames
	$(BIN)/python -m lab bench pages
	$(BIN)/python -m lab bench xnor

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not. Name another: make run PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# One command installs all, so that pip picks torch and torchvision that match.
$(VENV)/.ready: requirements.txt | $(BIN)/python
	$(PIP) install -r requirements.txt
	touch $@

$(VENV)/.ready-to-test: requirements.txt requirements-test.txt | $(BIN)/python
	$(PIP) install -r requirements.txt -r requirements-test.txt
	touch $@
