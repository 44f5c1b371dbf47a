//go:build tools

// Package programs names what is built from this module: go.sum fixes every byte of it.
package programs

import _ "github.com/benbjohnson/litestream/cmd/litestream"
