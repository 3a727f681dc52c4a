# Everything runs in .venv, which is made from requirements.lock with plain pip.

PYTHON ?= python3
BIN    := .venv/bin
LOCK   := requirements.lock
READY  := .venv/.ready
# Programs that read what we export and whose dependencies collide with ours
OTHERS := .venv/readers/.ready .venv/label-studio/template

# Further arguments, for example: make test ARGS="-k selection"
ARGS ?=
# Real footage, its split, and a COCO detector, for the comparisons on labelled clips
DATA ?= $(or $(FRAMESEL_DATA),../shared/data)
RESULTS := bench-cache/simulate
SIMULATE = $(BIN)/framesel simulate --tier detector --data $(DATA) --split benchmarks/splits.csv \
  --weights $(DATA)/weights/yolov8n-approx.pt --results $(RESULTS)
# Benchmarks that `make bench` runs, by name: make bench BENCH=decoding
BENCH ?= decoding embedding near_duplicates selection one_pass detect

.DEFAULT_GOAL := help
.PHONY: help demo test check others bench simulate simulate-yolo screenshots clean lock

help:
	@echo "make demo    render footage with known content, choose frames from it, say what was found"
	@echo "make test    run the tests                       (ARGS=\"-k name\" for some of them)"
	@echo "make check   ruff, mypy --strict"
	@echo "make bench   print ratios against the alternatives  (BENCH=name for one of them)"
	@echo "make simulate      strategies compared by a closed-form detector on labelled clips (hours, resumable)"
	@echo "make simulate-yolo the same with YOLO nano         (ARGS=\"--minutes 60\", ARGS=\"--device cuda\")"
	@echo "make screenshots  remake docs/page.jpg and docs/desk.jpg from the demo (needs Chromium)"
	@echo "make lock    remake requirements.lock from pyproject.toml  (ARGS=--upgrade for newer versions)"
	@echo "make clean   remove what these made, except .venv"
	@echo "All of them set up .venv first where that is needed. PYTHON=... names another interpreter."

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "framesel needs Python 3.11 or later, but '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)"; \
	  echo "Name another one: make PYTHON=/path/to/python3.12 $(or $(MAKECMDGOALS),test)"; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "No virtual environment could be made: see the lines above (Debian: apt-get install python3-venv)"; exit 1; }

# Where the desktop libraries are missing that the usual OpenCV build wants (libGL, X11, GLib),
# the build without windows, of the same version and from the same lock, is laid over it.
$(READY): $(LOCK) pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages into .venv (5 GB, most of it torch: a few minutes)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -r $(LOCK)
	@$(BIN)/python -c 'import cv2' 2>/dev/null || { \
	  echo "No desktop libraries here: taking the OpenCV build that needs none"; \
	  sed -n '/^opencv-python-headless==/,/[^\\]$$/p' $(LOCK) | sed 's/ ; extra[^\\]*/ /' > .venv/headless.txt; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --force-reinstall -r .venv/headless.txt; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
	@echo "Ready: $(BIN)/framesel"

.venv/%/.ready: tests/interop/%.lock | $(BIN)/python
	@echo "Installing $* into an environment of its own, for the tests"
	@rm -rf .venv/$* && $(BIN)/python -m venv .venv/$*
	@.venv/$*/bin/python -m pip install -qq --disable-pip-version-check --no-deps -r $<
	@touch $@

.venv/label-studio/template: .venv/label-studio/.ready
	@echo "Making a database for Label Studio, which takes it a minute"
	@.venv/label-studio/bin/python tests/interop/make_label_studio_db.py $@
	@touch $@

others: $(OTHERS)

demo: $(READY)
	@$(BIN)/python -m framesel.simulation.demo $(ARGS)

test: $(READY) $(OTHERS)
	@# threads that wait for one another leave the core to the other test processes, and tests that
	@# wait for a program that they started leave it to half as many again
	@OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 $(BIN)/python -m pytest \
	  -n $$($(BIN)/python -c "import os; print(min(8, os.cpu_count() * 3 // 2))") --dist worksteal -m "not slow" $(ARGS)

check: $(READY)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy --strict

bench: $(READY)
	@for name in $(BENCH); do echo "== $$name"; $(BIN)/python benchmarks/$$name.py $(ARGS) || exit 1; done

simulate: $(READY)
	@mkdir -p $(RESULTS)
	@$(SIMULATE) --out $(RESULTS)/ridge.md --out $(RESULTS)/ridge.csv --out $(RESULTS)/ridge.png $(ARGS)

simulate-yolo: $(READY)
	@mkdir -p $(RESULTS)
	@$(SIMULATE) --learner ridge --learner yolo --device auto --setting dwell --setting rare \
	  --seeds 6 --minutes 600 --out $(RESULTS)/yolo.md $(ARGS)

screenshots: $(READY)
	@$(BIN)/python docs/screenshots.py

lock: $(READY)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	@# baal is here for its formulas: the notebook server that it asks for is not
	@echo "jupyter ; sys_platform == 'never'" > .venv/overrides.txt
	@echo opencv-python-headless | $(BIN)/uv pip compile pyproject.toml - --quiet \
	  --extra dev --extra cvat --extra desk --extra label-studio --extra openvino --extra ray --extra s3 --extra timm --universal --python-version 3.11 \
	  --override .venv/overrides.txt --generate-hashes --no-annotate --no-emit-index-url \
	  --custom-compile-command "make lock" --output-file $(LOCK) $(ARGS)
	@sed -i 's/^\(opencv-python-headless==[^ ]*\) \\$$/\1 ; extra == "headless" \\/' $(LOCK)
	@awk '/^[^ ]/ { never = /never/ && !/ or sys_platform == .never./ } !never' $(LOCK) > .venv/lock.txt && cp .venv/lock.txt $(LOCK)
	@echo "$(LOCK): $$(grep -c '==' $(LOCK)) packages"
	@for name in readers:datumaro label-studio:label-studio; do \
	  echo $${name#*:} | $(BIN)/uv pip compile - --quiet --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "make lock" \
	    --output-file tests/interop/$${name%%:*}.lock $(ARGS) || exit 1; done

clean:
	rm -rf demo bench-cache build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find framesel tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
