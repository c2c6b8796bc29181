//go:build amd64 || arm64

package keyspace

// prefetchEntry has the cache line of an entry's first byte brought near, and the next one. It changes nothing that a program can
// see but time, whatever is there.
//
//go:noescape
func prefetchEntry(address *byte)

// prefetchBucket does the same for a bucket, which is one line.
//
//go:noescape
func prefetchBucket(address *bucket)

// prefetchTable does the same for the first line of a table.
//
//go:noescape
func prefetchTable(address *table)
