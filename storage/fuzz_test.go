package storage_test

import (
	"slices"
	"testing"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
)

// Whatever two segments hold, opening them ends with an error or with a log that works.
func FuzzRecovery(f *testing.F) {
	d := writeLog(f, 3)
	first, second := fileBytes(f, d, "test-000001.log"), fileBytes(f, d, "test-000002.log")
	f.Add([]byte{}, []byte{})
	f.Add(first, []byte{})
	f.Add(first, second)
	f.Add(first[:len(first)-7], second[:100])
	f.Add(second, first)
	f.Add(append(slices.Clone(first), make([]byte, 500)...), second)
	f.Add(first[:storage.SegmentHeaderSize], []byte("EMBERLG1"))
	f.Add(make([]byte, 100), first)
	f.Fuzz(func(t *testing.T, first, second []byte) {
		d := newDisk(1)
		replace(t, d, "test-000001.log", first)
		if len(second) > 0 {
			replace(t, d, "test-000002.log", second)
		}
		d.CrashAt(d.CrashPoints() - 1) // everything is on disk
		log, records, err := openRecording(d, small())
		if err != nil {
			if _, ok := err.(*storage.DamageError); !ok {
				t.Fatalf("error %v, want damage", err)
			}
			return
		}
		if err := goOn(d, log, records); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever is written over a log, or cut off from it, its records are a prefix of what they were, or it is refused.
func FuzzOverwrittenLog(f *testing.F) {
	f.Add(uint8(0), uint16(70), []byte("overwritten"), uint16(0), uint64(1))
	f.Add(uint8(1), uint16(0), make([]byte, 100), uint16(0), uint64(2))
	f.Add(uint8(2), uint16(64), []byte{}, uint16(33), uint64(3))
	f.Fuzz(func(t *testing.T, segment uint8, offset uint16, data []byte, short uint16, seed uint64) {
		d := writeLog(t, random.New(seed).IntN(4))
		names, _ := d.List()
		name := names[int(segment)%len(names)]
		content := fileBytes(t, d, name)
		content = content[:len(content)-int(short)%len(content)]
		copy(content[min(int(offset), len(content)):], data)
		_, want, err := openRecording(d.Clone(), small())
		if err != nil {
			t.Fatal(err)
		}
		replace(t, d, name, content)
		_, got, err := openRecording(d, small())
		if _, ok := err.(*storage.DamageError); ok {
			return
		}
		if err != nil || len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("recovered %q, %v, want a prefix of %q", got, err, want)
		}
	})
}
