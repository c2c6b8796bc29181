//go:build never

// want-2 platform

package gossip
