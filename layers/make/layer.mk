# Builds a layer; `sam build` runs one of the Makefiles beside this, in a copy of the folder `layers`.

# A `python3.13` on PATH, or any Python that is one; a version manager's shim may be there and not run.
IS_PYTHON := -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1 && echo yes
PYTHON := $(firstword $(foreach name,python3.13 python3 python,$(if $(shell $(name) $(IS_PYTHON)),$(name))))

build-UpgateLayer: LAYER := upgate
build-MediaLayer: LAYER := media

build-UpgateLayer build-MediaLayer:
	$(if $(PYTHON),,$(error Python 3.13 is not on PATH: install it, or run `uv run sam build` or `sam build --use-container`))
	@"$(PYTHON)" make/build_layer.py "$(LAYER)" "$(ARCHITECTURE)" "$(ARTIFACTS_DIR)"
