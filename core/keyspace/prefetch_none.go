//go:build !amd64 && !arm64

package keyspace

// prefetchEntry does nothing where there is no instruction for it.
func prefetchEntry(*byte) {}

// prefetchBucket does nothing either.
func prefetchBucket(*bucket) {}

// prefetchTable does nothing either.
func prefetchTable(*table) {}
