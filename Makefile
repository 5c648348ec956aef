# 办理 Banli. `make demo` and `make test` need only Python 3.11 and make; they set up the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# One more than processors: tests of browsers and departments wait for other programs.
JOBS ?= 3
# Byte code made once: a server that has none compiles for seconds at each start.
COMPILE := $(BIN)/python -m compileall -q -j 0 $(VENV)/lib engine processes forms web adapters migrations || true

.PHONY: demo test check bench nightly serve worker lock editors clean

demo: $(VENV)/.runtime
	@$(BIN)/banli demo

serve: $(VENV)/.runtime
	@$(BIN)/banli serve

worker: $(VENV)/.runtime
	@$(BIN)/banli worker

test: $(VENV)/.testing
	@sh tests/system-packages
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -q

check: $(VENV)/.testing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy engine forms processes adapters web
	$(BIN)/lint-imports
	$(BIN)/banli check bpmn
	$(MAKE) test

bench: $(VENV)/.testing
	$(BIN)/python -m tests.bench

nightly: $(VENV)/.testing
	@sh tests/system-packages
	BANLI_NIGHTLY=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile -q

# The locks: what the product needs, that with the tools of the tests, and that with SM2 (国密).
$(VENV)/.runtime: requirements.lock setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.testing: requirements-test.lock setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements-test.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@ $(VENV)/.runtime

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "需要 Python 3.11 或更高版本（当前：$$($(PYTHON) --version 2>&1)）。"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null \
	  || { rm -rf $(VENV); [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); } \
	  || { echo "无法创建 Python 虚拟环境：请先安装 python3-venv（apt-get install python3-venv）。"; exit 1; }

lock:
	uv pip compile -q setup.cfg --extra postgres --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate build-requirements.in -o requirements.lock
	uv pip compile -q setup.cfg --all-extras --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate build-requirements.in -o requirements-test.lock
	uv pip compile -q setup.cfg --extra postgres --extra gm --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate build-requirements.in -o requirements-gm.lock

editors:
	cd web/editors && npm ci --ignore-scripts && node build.mjs

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
