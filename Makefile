# `make` or `make help` tells what there is. Further arguments go in ARGS: make test ARGS="-p buy".
SHELL := /bin/bash
.DEFAULT_GOAL := help
SOUK := cargo run --package server --bin souk --
ARGS ?=
export SOUK_ENV ?= development

##@ Every day

.PHONY: help
help: ## List what make can do here
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

.PHONY: run
run: ## Build and serve the demonstration shop on 127.0.0.1:8080 (SQLite under ./data)
	@mkdir -p data
	$(SOUK) serve $(ARGS)

.PHONY: test
test: ## Run every test, on SQLite, PostgreSQL and Redis alike
	@tests/bin/test-all $(ARGS)

.PHONY: demo
demo: ## Drive one whole purchase and one whole rental over HTTP, step by step, against a throwaway server
	@cargo build --quiet --package server --bin souk
	@cargo run --quiet --package tests --bin demo -- $(ARGS)

.PHONY: lint
lint: ## Check formatting, clippy, rustdoc, dependencies and licences
	@tests/bin/lint

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all
	rustfmt --edition 2024 crates/integrations/src/gateways/*/mod.rs

.PHONY: ci
ci: ## Run what the continuous integration runs
	@.ci/run

##@ The data under ./data

.PHONY: migrate
migrate: ## Apply pending migrations
	@mkdir -p data
	$(SOUK) migrate up

.PHONY: migrate-status
migrate-status: ## List migrations, applied and pending
	$(SOUK) migrate status

.PHONY: seed
seed: ## Plant the demonstration shop, or what is missing of it
	$(SOUK) seed

.PHONY: check
check: ## Verify the books and every other invariant
	$(SOUK) check

.PHONY: clean-data
clean-data: ## Remove ./data: database, mail and all
	rm -rf data

##@ Harder questions

.PHONY: bench
bench: ## Measure a release build beside its floors; writes docs/performance.md
	@tests/bin/bench $(ARGS)

.PHONY: fuzz
fuzz: ## Throw schemathesis at a throwaway server
	@tests/bin/fuzz $(ARGS)

.PHONY: openapi
openapi: ## Write docs/openapi.json from the handlers
	@mkdir -p target
	$(SOUK) openapi > target/openapi.json
	mv target/openapi.json docs/openapi.json

.PHONY: check-openapi
check-openapi: ## Have docs/openapi.json validated, and a TypeScript client made from it
	@tests/bin/check-openapi

.PHONY: doc
doc: ## Build the API documentation of the crates under target/doc
	cargo doc --workspace --no-deps

##@ Shipping

.PHONY: release
release: ## Build target/release/souk
	cargo build --release --locked --package server --bin souk

.PHONY: release-without-gpl
release-without-gpl: ## The same without the edge guard, the one part under the GPL
	cargo build --release --locked --package server --bin souk --no-default-features

.PHONY: image
image: ## Build the container image souk:local
	docker build --file deploy/Dockerfile --tag souk:local .
