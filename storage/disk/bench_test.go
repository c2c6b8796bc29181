package disk_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/ember-cluster/ember/storage"
)

// BenchmarkAppendSync appends 4 KiB and syncs, again and again.
func BenchmarkAppendSync(b *testing.B) {
	for _, reserve := range []int64{0, 1 << 20} {
		b.Run(fmt.Sprintf("reserve=%dKiB", reserve>>10), func(b *testing.B) {
			log := benchmarkLog(b, reserve)
			record := make([]byte, 4096)
			for b.Loop() {
				if _, err := log.Append(record); err != nil {
					b.Fatal(err)
				}
				if _, err := log.Sync(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGroupCommit has many writers, each of which waits until its record of 100 bytes is durable.
func BenchmarkGroupCommit(b *testing.B) {
	for _, writers := range []int{8, 64, 512} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			log := benchmarkLog(b, 1<<20)
			g := newGroup(log)
			b.SetParallelism(max(writers/2, 1))
			b.RunParallel(func(pb *testing.PB) {
				record := make([]byte, 100)
				for pb.Next() {
					position, err := log.Append(record)
					if err != nil {
						b.Error(err)
						return
					}
					g.wait(position)
				}
			})
			g.stop()
		})
	}
}

// BenchmarkAppend appends 100 bytes without a sync.
func BenchmarkAppend(b *testing.B) {
	log := benchmarkLog(b, 0)
	record := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := log.Append(record); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkLog(b *testing.B, reserve int64) *storage.Log {
	d := open(b, b.TempDir())
	log, err := storage.OpenLog(d, storage.LogOptions{Name: "bench", Reserve: reserve})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		log.Close()
		d.Close()
	})
	return log
}

// A group syncs a log for writers that wait.
type group struct {
	log     *storage.Log
	mutex   sync.Mutex
	changed *sync.Cond
	wanted  uint64
	durable uint64
	stopped bool
	done    sync.WaitGroup
}

func newGroup(log *storage.Log) *group {
	g := &group{log: log}
	g.changed = sync.NewCond(&g.mutex)
	g.done.Go(g.run)
	return g
}

func (g *group) run() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for !g.stopped {
		if g.wanted <= g.durable {
			g.changed.Wait()
			continue
		}
		g.mutex.Unlock()
		durable, err := g.log.Sync()
		g.mutex.Lock()
		if err != nil {
			panic(err)
		}
		g.durable = durable
		g.changed.Broadcast()
	}
}

func (g *group) wait(position uint64) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.wanted = max(g.wanted, position)
	g.changed.Broadcast()
	for g.durable < position {
		g.changed.Wait()
	}
}

func (g *group) stop() {
	g.mutex.Lock()
	g.stopped = true
	g.changed.Broadcast()
	g.mutex.Unlock()
	g.done.Wait()
}

// BenchmarkRecover opens a log of 64 MiB in records of 1 KiB.
func BenchmarkRecover(b *testing.B) {
	d := open(b, b.TempDir())
	defer d.Close()
	options := storage.LogOptions{Name: "bench"}
	log, err := storage.OpenLog(d, options)
	if err != nil {
		b.Fatal(err)
	}
	record := make([]byte, 1024)
	for range 64 << 10 {
		if _, err := log.Append(record); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := log.Sync(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(64 << 20)
	options.Recover = func(uint64, []byte) error { return nil }
	for b.Loop() {
		if err := log.Close(); err != nil {
			b.Fatal(err)
		}
		if log, err = storage.OpenLog(d, options); err != nil {
			b.Fatal(err)
		}
	}
	log.Close()
}
