//go:build !arm64

package gossip

func prefetch(map[int]int) {}
