//go:build programs

// Package programs names what this module exists to build, so that `go mod tidy` keeps their versions.
package programs

import (
	_ "github.com/btcsuite/btcd"
	_ "github.com/lightningnetwork/lnd/cmd/lnd"
)
