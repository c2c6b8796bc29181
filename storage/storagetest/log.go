package storagetest

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/storage"
)

// openLog opens the log "test" with small segments, and returns what it recovered.
func openLog(t *testing.T, d storage.Directory) (*storage.Log, []string) {
	t.Helper()
	var records []string
	log, err := storage.OpenLog(d, storage.LogOptions{
		Name: "test", Salt: 7, SegmentSize: 1000, Reserve: 4096,
		Recover: func(position uint64, record []byte) error {
			records = append(records, fmt.Sprintf("%d %s", position, record))
			return nil
		},
	})
	must(t, err)
	return log, records
}

func testLog(t *testing.T, h Harness) {
	log, records := openLog(t, h.Directory())
	if len(records) != 0 || log.Last() != 0 || log.First() != 1 {
		t.Fatalf("a new log has %q, records %d to %d", records, log.First(), log.Last())
	}
	var want []string
	for start := 1; start <= 3; start++ {
		for i := range 3 {
			record := strings.Repeat("x", i*100)
			position, err := log.Append([]byte(record))
			must(t, err)
			want = append(want, fmt.Sprintf("%d %s", position, record))
		}
		upTo, err := log.Sync()
		must(t, err)
		if upTo != uint64(3*start) || log.Durable() != upTo || log.Last() != upTo {
			t.Errorf("synced up to %d, durable %d, last %d, want %d", upTo, log.Durable(), log.Last(), 3*start)
		}
		must(t, log.Close())
		log, records = openLog(t, h.Reopen())
		if !slices.Equal(records, want) {
			t.Fatalf("recovered %q, want %q", records, want)
		}
	}
	must(t, log.Close())
}

func testLogRotates(t *testing.T, h Harness) {
	d := h.Directory()
	log, _ := openLog(t, d)
	for range 12 {
		_, err := log.Append(make([]byte, 300))
		must(t, err)
		_, err = log.Sync()
		must(t, err)
	}
	wantNames(t, d, "test-000001.log", "test-000002.log", "test-000003.log", "test-000004.log", "test-000005.log")
	must(t, log.Release(3))
	if log.First() != 1 {
		t.Errorf("record 3 was released: the first is %d", log.First())
	}
	must(t, log.Release(8))
	wantNames(t, d, "test-000003.log", "test-000004.log", "test-000005.log")
	must(t, log.Close())
	log, records := openLog(t, h.Reopen())
	if len(records) != 6 || log.First() != 7 || log.Last() != 12 {
		t.Errorf("%d records recovered, %d to %d, want 6 from 7 to 12", len(records), log.First(), log.Last())
	}
	must(t, log.Release(1000))
	if position, err := log.Append([]byte("next")); err != nil || position != 13 {
		t.Errorf("appended at %d, %v, want 13", position, err)
	}
	must(t, log.Close())
}

func testLogClosed(t *testing.T, h Harness) {
	log, _ := openLog(t, h.Directory())
	must(t, log.Close())
	must(t, log.Close())
	_, err := log.Append([]byte("late"))
	wantError(t, err, fs.ErrClosed)
	_, err = log.Sync()
	wantError(t, err, fs.ErrClosed)
	wantError(t, log.Release(1), fs.ErrClosed)
}
