# The one door to the project. `make help` lists what it opens.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CACHE := $(or $(NEXUS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/nexusai)
GUI_TAGS := desktop,production,webkit2_41
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
export NEXUS_CACHE := $(CACHE)
# Without the checkout's path in it, what one clone compiled serves every other.
export GOFLAGS := $(strip $(shell go env GOFLAGS 2>/dev/null) -trimpath)

.PHONY: help setup build web run dev test unit bench bench-gateway lint gen e2e sim fuzz check doctor soak clean bin/run

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-13s %s\n", $$1, $$2}'

setup: ## install what is missing: packages, engine, test model, database, linters
	build/setup/all.sh

build: web ## build bin/nexusai, bin/nexusd and bin/nexusctl
	CGO_ENABLED=0 build/setup/online.sh "Go modules" go build -ldflags '$(LDFLAGS)' -o bin/ ./server/cmd/nexusd ./server/cmd/nexusctl
	build/setup/online.sh "Go modules" go build -tags $(GUI_TAGS) -ldflags '$(LDFLAGS)' -o bin/nexusai .

web: frontend/dist/.stamp

frontend/node_modules/.stamp: frontend/package-lock.json
	cd frontend && ../build/setup/online.sh "npm packages" npm ci --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000 && touch node_modules/.stamp

frontend/dist/.stamp: frontend/node_modules/.stamp frontend/package.json frontend/vite.config.ts frontend/index.html frontend/console.html $(shell find frontend/src frontend/public -type f 2>/dev/null)
	cd frontend && npm run build && touch dist/.stamp

bin/run: # the program itself, so that Ctrl-C reaches it and nothing in between
	@build/setup/starter.sh

run: bin/run ## install, build and open NexusAI, signed in
	@exec bin/run

dev: bin/run ## server, browser mode and Vite with reload
	@exec bin/run --dev

test: ## everything: from nothing, with a real database, browser, window and model
	go run ./build/suite

unit: frontend/dist/.stamp ## the inner loop: no network, no services
	go test ./backend/... ./sync/... ./app/localdb/... ./build/check/...
	cd frontend && npm test

# What building says goes where it disturbs no table.
bench: ## print the figures (JSON=1: one object a line)
	@$(MAKE) --no-print-directory build >&2
	@go run ./build/bench

bench-gateway: ## the gateway under load, a minute a figure (FOR=60s)
	@$(MAKE) --no-print-directory build >&2
	@go run ./build/bench -suite gateway -for $(or $(FOR),60s)

lint: frontend/dist/.stamp ## golangci-lint with staticcheck, ESLint, tsc
	$(CACHE)/bin/golangci-lint run ./...
	cd frontend && npm run lint && npm run typecheck

gen: frontend/node_modules/.stamp ## the OpenAPI document and the TypeScript client made of it
	go run ./build/gen frontend/src/api/openapi.json
	cd frontend && npm run gen

e2e: build ## journeys in a real browser and in the real window
	cd frontend && npm run e2e
	build/e2e/window.sh

SEEDS ?= 500
FROM ?= 1
sim: ## seeded worlds of the sync protocol (SEEDS=500 FROM=1)
	go test -count=1 ./sync/sim -v -run TestWorlds -seeds=$(SEEDS) -from=$(FROM)

T ?= 15s
fuzz: ## every fuzz target for T=15s
	build/fuzz.sh $(T)

check: ## the tests about the tree
	go test -count=1 ./build/check

doctor: bin/run ## what this machine has and lacks
	@exec bin/run doctor

soak: ## what takes longer than make test: 20,000 sync worlds and longer fuzzing
	$(MAKE) sim SEEDS=20000
	$(MAKE) fuzz T=2m

clean: ## remove what was built here (the cache outside stays)
	rm -rf bin frontend/dist/* frontend/node_modules
