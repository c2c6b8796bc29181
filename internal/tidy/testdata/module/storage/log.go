// Package storage takes part in simulated runs, but for its lock.
package storage

import (
	_ "os" // want import
	"sync"
	_ "sync/atomic" // want import
)

type log struct{ syncing sync.Mutex }

func (l *log) sync() {
	go l.syncing.Lock() // want concurrency
}
