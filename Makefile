# Two commands for a newcomer: `make book` (the pages), `make test` (everything a change must pass).
# Needs Python 3.11 or newer, make and a package index.
PYTHON ?= python3
VENV ?= .venv
PEERS_VENV ?= .venv-peers
PEERS ?= --out
PY = $(VENV)/bin/python
WORKERS ?= 2
TESTS ?= tests
# make unit ROOM=attacks: the tests of one room, and the house rules. A room is a folder or file of robustlib, or a chapter; where a
# chapter has the name of a room: ROOM=chapters/attacks.
ROOM ?=
ifneq ($(ROOM),)
  ROOM_TESTS := $(firstword $(wildcard tests/$(ROOM) tests/test_$(ROOM).py tests/chapters/$(ROOM)))
  $(if $(ROOM_TESTS),,$(error ROOM=$(ROOM) has no tests: there is no tests/$(ROOM), tests/test_$(ROOM).py or tests/chapters/$(ROOM)))
  TESTS = $(ROOM_TESTS) tests/house/test_architecture.py
endif
# make unit CPU=avx2, make notebooks-test CPU=avx2: on this CPU as on one without AVX-512, AMX and bfloat16.
CPU ?=
AS_avx2 = ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2
ifneq ($(CPU),)
  $(if $(AS_$(CPU)),,$(error CPU=$(CPU) is not simulated here: CPU=avx2 is, and no CPU means the one at hand))
endif
# What another CPU's arithmetic may change.
ARITHMETIC = tests/test_precision.py tests/test_gradient.py tests/test_geometry.py $(addprefix tests/, \
	jacobian losses models attacks detectors objectives training evaluation experiments figures)

# What the notebooks and tests see: the embedded data, one thread each, no socket, no progress bars in the outputs.
BOOK_ENV = env -u ROBUSTLIB_DATA -u ROBUSTLIB_RESULTS -u ROBUSTLIB_CHECKPOINTS -u ROBUSTLIB_RUNS \
	ROBUSTLIB_SCALE=book ROBUSTLIB_STATIC=1 ROBUSTLIB_OFFLINE=1 TQDM_DISABLE=1 OMP_NUM_THREADS=1 PYTHONHASHSEED=0 \
	PYDEVD_DISABLE_FILE_VALIDATION=1 $(AS_$(CPU))
# The same at scale full: ROBUSTLIB_DATA, where it is set, says where the complete archives are.
FULL_ENV = env ROBUSTLIB_STATIC=1 TQDM_DISABLE=1 OMP_NUM_THREADS=1 PYTHONHASHSEED=0 PYDEVD_DISABLE_FILE_VALIDATION=1

.PHONY: help venv book test lint types unit unit-avx2 notebooks notebooks-test notebooks-full colab colab-check mutants \
	setup-cell bench peers pdf dist dist-check release labs grade clean

help:
	@echo "make book       build the pages from stored outputs"
	@echo "make test       linters, types, unit tests, then every notebook on the embedded data"
	@echo "make notebooks  run every notebook again and store its outputs"
	@echo "make pdf        the whole book as one PDF, printed by Chromium"
	@echo "make notebooks-full  run every notebook on the complete data sets and store none; LIMIT=1800 seconds each"
	@echo "make colab      the chapters as notebooks for readers on Colab, in _colab"
	@echo "make colab-check  one of them alone in an empty folder, in an environment of its own"
	@echo "make lint       format and lint check only"
	@echo "make unit ROOM=attacks  the unit tests of one room or chapter, and the rules of the house"
	@echo "make unit-avx2  the tests that depend on the CPU's arithmetic, as on a CPU without AVX-512"
	@echo "make mutants    seed N=50 faults (SEED=0) in what measures, and list those that no test notices"
	@echo "make bench      time attacks and training"
	@echo "make peers      compare the attacks with other libraries, in an environment of their own"
	@echo "make labs       graded assignments from the exercises of every chapter, in _labs; INSTRUCTORS.md says more"
	@echo "make grade LAB=dundi SUBMISSIONS=folder  grade notebooks that were handed in"
	@echo "make dist-check sdist and wheel in dist/, and the wheel used outside the checkout"
	@echo "make release    the same, after asking whether this commit may be released; says which tag to set"
	@echo "make clean      remove what the other commands made, the virtual environment included"

venv: $(VENV)/.installed $(VENV)/.installed-test

$(PY):
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"robustlib needs Python 3.11 or newer, {sys.executable} is {v[0]}.{v[1]}; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv "$(VENV)"

$(VENV)/.installed: $(PY) pyproject.toml requirements.txt constraints.txt
	$(PY) -m pip install --quiet -c constraints.txt -r requirements.txt -e .
	touch "$@"

$(VENV)/.installed-test: $(VENV)/.installed
	$(PY) -m pip install --quiet -c constraints.txt -e ".[test]"
	touch "$@"

book: $(VENV)/.installed
	$(BOOK_ENV) $(PY) -c "from jupyter_book.cli.main import main; main()" build . -W -n --keep-going
	@$(PY) -c 'from pathlib import Path; print("The book:", Path("_build/html/index.html").resolve())'

pdf: $(VENV)/.installed-test
	$(BOOK_ENV) $(PY) book/pdf.py

test: lint types unit notebooks-test

lint: $(VENV)/.installed-test
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(VENV)/.installed-test
	$(PY) -m mypy

# Wrong shapes reach the library's own checks only where the shape checker is off, hence a second call.
unit: $(VENV)/.installed-test
	$(BOOK_ENV) $(PY) -m pytest $(TESTS) -q -n $(WORKERS) -m "not bad_input and not full_data and not ci"
	$(BOOK_ENV) ROBUSTLIB_TYPECHECK=0 $(PY) -m pytest $(TESTS) -q -m "bad_input and not full_data" || test $$? = 5

# The faults of another draw: make mutants SEED=1 N=20. Those of one file: make mutants ONLY=evaluation/roc.py N=0
SEED ?= 0
N ?= 50
mutants: $(VENV)/.installed-test
	$(BOOK_ENV) $(PY) tests/mutants.py --seed $(SEED) --n $(N) --only "$(ONLY)"

unit-avx2:
	$(MAKE) unit CPU=avx2 TESTS="$(ARITHMETIC)"

# A cell may take 60 CPU seconds on any machine, and a busy machine gives it half of one core. The slowest takes 10.
notebooks-test: $(VENV)/.installed-test
	$(BOOK_ENV) $(PY) -m pytest book -q -p no:cacheprovider --nbval-lax --nbval-current-env --nbval-cell-timeout=120 \
		-n $(WORKERS)

notebooks: $(VENV)/.installed-test
	$(PY) book/setup_cell.py
	$(BOOK_ENV) $(PY) book/run_notebooks.py

# What takes hours on two cores, hence in no test. Some of them: make notebooks-full NOTEBOOKS=book/papers/dundi.ipynb
LIMIT ?= 1800
NOTEBOOKS ?=
notebooks-full: $(VENV)/.installed
	$(FULL_ENV) $(PY) book/trial_runs.py --scale full --limit $(LIMIT) --log _build/notebooks-full.log $(NOTEBOOKS)

colab: $(VENV)/.installed
	$(PY) -m book.colab

# The environment of a hosted notebook service, and no more: the notebook's setup cell installs the library, from a wheel.
COLAB_VENV ?= .venv-colab
COLAB_NOTEBOOK ?= book/foundations/metric_learning.ipynb
colab-check: $(VENV)/.installed-test
	$(PY) -m book.colab.alone --environment "$(COLAB_VENV)" --notebook "$(COLAB_NOTEBOOK)"

setup-cell: $(VENV)/.installed
	$(PY) book/setup_cell.py

bench: $(VENV)/.installed-test
	@for script in benchmarks/speed/*.py; do [ -e "$$script" ] || continue; \
		echo "== $$script"; OMP_NUM_THREADS=1 $(PY) "$$script" || exit 1; done

# torchattacks pins requests~=2.25.1: with its dependencies pip would silently take the older 3.3.0.
$(PEERS_VENV)/.installed: pyproject.toml constraints.txt benchmarks/peers/requirements.txt
	$(PYTHON) -m venv "$(PEERS_VENV)"
	echo "*" > "$(PEERS_VENV)/.gitignore"
	"$(PEERS_VENV)/bin/python" -m pip install --quiet -c constraints.txt -r benchmarks/peers/requirements.txt -e .
	"$(PEERS_VENV)/bin/python" -m pip install --quiet --no-deps torchattacks==3.5.1
	touch "$@"

# Goes on where it stopped. Fewer lines: make peers PEERS="--n 50 --only DDN FGSM/foolbox"
peers: $(PEERS_VENV)/.installed
	OMP_NUM_THREADS=1 "$(PEERS_VENV)/bin/python" -m pytest tests/attacks/test_against_peers.py -q -p no:cacheprovider
	OMP_NUM_THREADS=1 "$(PEERS_VENV)/bin/python" benchmarks/peers/compare.py $(PEERS)

$(VENV)/.installed-labs: $(VENV)/.installed
	$(PY) -m pip install --quiet -c constraints.txt -e ".[labs]"
	touch "$@"

# One lab, with private tests: make labs LAB=dundi OVERLAY=folder. STORE=1 keeps what it took, in INSTRUCTORS.md.
LAB ?=
OVERLAY ?=
STORE ?=
labs: $(VENV)/.installed-labs
	$(BOOK_ENV) $(PY) -m book.labs.make $(LAB) $(if $(OVERLAY),--overlay "$(OVERLAY)") $(if $(STORE),--store)

# SECONDS of CPU time and GIGABYTES of memory for each notebook.
SUBMISSIONS ?= submissions
SECONDS ?= 300
GIGABYTES ?= 4
grade: $(VENV)/.installed-labs
	$(PY) -m book.labs.grade $(LAB) "$(SUBMISSIONS)" --seconds $(SECONDS) --gigabytes $(GIGABYTES)

dist: $(VENV)/.installed-test
	rm -rf dist
	$(PY) release/distribution.py dist

dist-check: $(VENV)/.installed-test
	rm -rf dist
	$(PY) release/distribution.py dist --check

# make release TAG=v0.2.0, as the workflow calls it, refuses a tag that is not this version's.
export TAG
release: $(VENV)/.installed-test
	$(PY) release/version.py --ready $(if $(TAG),--tag "$$TAG")
	$(MAKE) dist-check
	$(PY) release/version.py --notes > dist/notes.md
	@tag=$$($(PY) release/version.py) && echo "To release: git tag $$tag && git push origin $$tag"

clean:
	rm -rf _build _colab _labs dist "$(COLAB_VENV)" .pytest_cache .mypy_cache .ruff_cache .hypothesis "$(VENV)" "$(PEERS_VENV)"
