package disk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disk"
	"github.com/ember-cluster/ember/storage/storagetest"
)

func open(t testing.TB, path string) *disk.Directory {
	t.Helper()
	d, err := disk.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// harness is a directory that is given back when the test ends.
type harness struct {
	t         *testing.T
	path      string
	directory *disk.Directory
}

func (h *harness) Directory() storage.Directory { return h.directory }

func (h *harness) Reopen() storage.Directory {
	if err := h.directory.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.directory = open(h.t, h.path)
	return h.directory
}

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storagetest.Harness {
		path := t.TempDir()
		h := &harness{t, path, open(t, path)}
		t.Cleanup(func() { h.directory.Close() })
		return h
	})
}

func TestDirectoryIsMadeAndLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some", "where")
	d := open(t, path)
	_, err := disk.Open(path)
	want := fmt.Sprintf("data directory %s: in use by another process (pid %d)", path, os.Getpid())
	if !errors.Is(err, storage.ErrLocked) || err.Error() != want {
		t.Errorf("opened twice: %v\nwant %s", err, want)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsOfOpenAreOneLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, want string }{
		{path, "data directory " + path + ": not a directory"},
		{filepath.Join(path, "below"), "data directory " + filepath.Join(path, "below") + ": not a directory"},
	} {
		if _, err := disk.Open(test.path); err == nil || err.Error() != test.want {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
}

func TestOtherFilesAreNotListed(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	defer d.Close()
	if err := os.Mkdir(filepath.Join(path, "directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "with space"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	names, err := d.List()
	if err != nil || len(names) != 0 {
		t.Errorf("listed %q, %v, want nothing", names, err)
	}
}

// Reserved room must not overwrite what is appended while it is made, nor stay when the file is closed.
func TestReserveWhileAppending(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	defer d.Close()
	f, err := d.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	const records, size = 2000, 100
	var reserving sync.WaitGroup
	reserving.Go(func() {
		for range 200 {
			if err := errors.Join(f.Reserve(3000), f.Sync()); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range records {
		if err := f.Append([]byte(strings.Repeat(string(rune('a'+i%26)), size))); err != nil {
			t.Fatal(err)
		}
	}
	reserving.Wait()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(path, "a"))
	if err != nil || len(data) != records*size {
		t.Fatalf("%d bytes in the file, %v, want %d", len(data), err, records*size)
	}
	for i, b := range data {
		if want := byte('a' + i/size%26); b != want {
			t.Fatalf("byte %d is %q, want %q", i, b, want)
		}
	}
}

// Group commit as production does it: one goroutine appends, another syncs, and what a Sync called durable is there.
func TestLogSyncsWhileAppending(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	options := storage.LogOptions{Name: "test", SegmentSize: 20_000, Reserve: 8192}
	log, err := storage.OpenLog(d, options)
	if err != nil {
		t.Fatal(err)
	}
	const records = 3000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			upTo, err := log.Sync()
			if err != nil {
				t.Error(err)
			}
			if err := log.Release(upTo / 2); err != nil {
				t.Error(err)
			}
			if err != nil || upTo == records {
				return
			}
		}
	}()
	for i := range records {
		for log.Durable()+500 < uint64(i) { // many syncs, not just one at the end
			runtime.Gosched()
		}
		if _, err := log.Append(fmt.Appendf(nil, "record %d", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	<-done
	first := log.First()
	if err := errors.Join(log.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	defer d.Close()
	next := first
	options.Recover = func(position uint64, record []byte) error {
		if want := fmt.Sprintf("record %d", next); position != next || string(record) != want {
			return fmt.Errorf("position %d is %q, want %d %q", position, record, next, want)
		}
		next++
		return nil
	}
	log, err = storage.OpenLog(d, options)
	if err != nil {
		t.Fatal(err)
	}
	if next != records+1 || first == 1 {
		t.Errorf("recovered from %d up to %d, want from more than 1 up to %d", first, next-1, records)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
