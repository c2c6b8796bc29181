//go:build amd64 || arm64

package keyspace

// prefetch has the cache line of a byte brought near. It changes nothing that a program can see but time.
//
//go:noescape
func prefetch(address *byte)

// prefetchBucket does the same for a bucket.
//
//go:noescape
func prefetchBucket(address *bucket)

// prefetchTable does the same for a table.
//
//go:noescape
func prefetchTable(address *table)
