//go:build programs

// Package programs names what this module exists to build, so that `go mod tidy` keeps its version.
package programs

import _ "github.com/lightningnetwork/lnd/cmd/lnd"
