# SPDX-License-Identifier: AGPL-3.0-or-later
# make demo   the whole service on a made-up street, page included; ARGS="--seconds 90 --json" for scripts
# make test-train   the training recipe on a tiny drawn set, in an environment of its own with torch
# make test   all tests;  make check  style, types, import directions;  make bench  the benchmarks
BIN := .venv/bin

.PHONY: demo test test-train check bench lock format

demo:
	@scripts/setup run
	@$(BIN)/curbwatch demo $(ARGS)

test:
	@scripts/setup dev
	# many tests wait for real cameras and clocks: four at a time keep two cores busy, and whoever is idle takes over
	@$(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

test-train:
	@scripts/setup-train
	@.venv-train/bin/python -m pytest tests/train -p no:xdist -W default --timeout 900 $(ARGS)

check:
	@scripts/setup dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/lint-imports

bench:
	@scripts/setup dev
	$(BIN)/curbwatch bench latency
	$(BIN)/curbwatch bench capacity

format:
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock:
	@scripts/setup dev
	$(BIN)/python -m pip freeze --exclude-editable > constraints.txt
