package storage_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
)

func newDisk(seed uint64) *disksim.Disk {
	return disksim.New(random.New(seed), disksim.DefaultTiming)
}

// small are options with which a few records fill a segment.
func small() storage.LogOptions {
	return storage.LogOptions{Name: "test", Salt: 7, SegmentSize: 256}
}

// openRecording opens a log and returns the records that it recovered, which must have the positions from the
// log's first one on.
func openRecording(d storage.Directory, options storage.LogOptions) (*storage.Log, []string, error) {
	var records []string
	var positions []uint64
	options.Recover = func(position uint64, record []byte) error {
		records = append(records, string(record))
		positions = append(positions, position)
		return nil
	}
	log, err := storage.OpenLog(d, options)
	if err != nil {
		return nil, nil, err
	}
	for i, position := range positions {
		if want := log.First() + uint64(i); position != want {
			return nil, nil, fmt.Errorf("record %q has position %d, want %d", records[i], position, want)
		}
	}
	if last := log.First() + uint64(len(records)) - 1; log.Last() != last || log.Durable() != last {
		return nil, nil, fmt.Errorf("last record %d, durable %d, want %d", log.Last(), log.Durable(), last)
	}
	return log, records, nil
}

func mustOpen(t *testing.T, d storage.Directory, options storage.LogOptions) (*storage.Log, []string) {
	t.Helper()
	log, records, err := openRecording(d, options)
	if err != nil {
		t.Fatal(err)
	}
	return log, records
}

func mustAppend(t *testing.T, log *storage.Log, records ...string) {
	t.Helper()
	for _, record := range records {
		if _, err := log.Append([]byte(record)); err != nil {
			t.Fatal(err)
		}
	}
}

func mustSync(t *testing.T, log *storage.Log) {
	t.Helper()
	if _, err := log.Sync(); err != nil {
		t.Fatal(err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, options := range []storage.LogOptions{
		{Name: "a/b"},
		{},
		{Name: "test", SegmentSize: -1},
		{Name: "test", MaxRecord: storage.MaxRecord + 1},
		{Name: "test", Reserve: -1},
	} {
		if _, err := storage.OpenLog(newDisk(1), options); err == nil {
			t.Errorf("%+v: no error", options)
		}
	}
	log, _ := mustOpen(t, newDisk(1), storage.LogOptions{Name: "test"})
	mustAppend(t, log, "the defaults are fine")
}

func TestTooLargeRecordLeavesTheLogAsItWas(t *testing.T) {
	options := small()
	options.MaxRecord = 10
	log, _ := mustOpen(t, newDisk(1), options)
	if _, err := log.Append(make([]byte, 11)); !errors.Is(err, storage.ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
	if position, err := log.Append(make([]byte, 10)); position != 1 || err != nil {
		t.Errorf("the next record: position %d, %v", position, err)
	}
}

func TestAnErrorOfRecoverIsReturned(t *testing.T) {
	d := newDisk(1)
	log, _ := mustOpen(t, d, small())
	mustAppend(t, log, "a", "b")
	mustSync(t, log)
	options := small()
	stop := errors.New("stop")
	options.Recover = func(position uint64, _ []byte) error {
		if position == 2 {
			return stop
		}
		return nil
	}
	if _, err := storage.OpenLog(d, options); err != stop {
		t.Errorf("error %v, want %v", err, stop)
	}
}

// The first error ends a log, whatever works again afterwards; what it had called durable is there.
func TestTheFirstErrorEndsTheLog(t *testing.T) {
	for _, test := range []struct {
		name   string
		faults disksim.Faults
		call   func(*storage.Log) error
		want   error
	}{
		{"append", disksim.Faults{WriteErrors: random.Million}, appendOne, disksim.ErrFault},
		{"append on a full disk", disksim.Faults{Capacity: 1}, appendOne, storage.ErrFull},
		{"sync", disksim.Faults{SyncErrors: random.Million}, syncOnly, disksim.ErrFault},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDisk(1)
			log, _ := mustOpen(t, d, small())
			mustAppend(t, log, "kept")
			mustSync(t, log)
			mustAppend(t, log, "lost or kept")
			d.SetFaults(test.faults)
			first := test.call(log)
			if !errors.Is(first, test.want) {
				t.Fatalf("error %v, want one that is %v", first, test.want)
			}
			d.SetFaults(disksim.Faults{})
			_, appended := log.Append([]byte("more"))
			_, synced := log.Sync()
			for _, err := range []error{appended, synced, log.Release(1)} {
				if err != first {
					t.Errorf("afterwards: %v, want the first error %v", err, first)
				}
			}
			if err := log.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			d.Crash()
			if _, records := mustOpen(t, d, small()); len(records) == 0 || records[0] != "kept" || len(records) > 2 {
				t.Errorf("recovered %q", records)
			}
		})
	}
}

func appendOne(log *storage.Log) error {
	_, err := log.Append([]byte("more"))
	return err
}

func syncOnly(log *storage.Log) error {
	_, err := log.Sync()
	return err
}

// If only the mark behind a Sync cannot be written, that Sync has been a success.
func TestFullDiskBehindASync(t *testing.T) {
	d := newDisk(1)
	log, _ := mustOpen(t, d, small())
	mustAppend(t, log, "kept")
	d.SetFaults(disksim.Faults{Capacity: 1})
	if upTo, err := log.Sync(); upTo != 1 || err != nil {
		t.Errorf("Sync: %d, %v", upTo, err)
	}
	if err := appendOne(log); !errors.Is(err, storage.ErrFull) {
		t.Errorf("Append: %v, want ErrFull", err)
	}
}

func TestReadErrorsAreNotDamage(t *testing.T) {
	d := newDisk(1)
	log, _ := mustOpen(t, d, small())
	mustAppend(t, log, "a", "b")
	mustSync(t, log)
	d.SetFaults(disksim.Faults{ReadErrors: random.Million})
	_, err := storage.OpenLog(d, small())
	if !errors.Is(err, disksim.ErrFault) {
		t.Errorf("error %v, want the disk's", err)
	}
	d.SetFaults(disksim.Faults{})
	if _, records := mustOpen(t, d, small()); !slices.Equal(records, []string{"a", "b"}) {
		t.Errorf("recovered %q", records)
	}
}

func TestMissingSegmentIsDamage(t *testing.T) {
	d := newDisk(1)
	log, _ := mustOpen(t, d, small())
	for range 20 {
		mustAppend(t, log, strings.Repeat("x", 50))
		mustSync(t, log)
	}
	for _, test := range []struct{ name, want string }{
		{"test-000002.log", "test-000002.log: offset 0: segment is missing"},
	} {
		clone := d.Clone()
		if err := clone.Remove(test.name); err != nil {
			t.Fatal(err)
		}
		_, err := storage.OpenLog(clone, small())
		if _, ok := errors.AsType[*storage.DamageError](err); !ok || err.Error() != test.want {
			t.Errorf("without %s: %v, want %s", test.name, err, test.want)
		}
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	d := newDisk(1)
	others := []string{"test-1.log", "test-000000.log", "test-000001.log.bak", "other-000001.log", "snapshot"}
	for _, name := range others {
		if _, err := d.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	log, _ := mustOpen(t, d, small())
	mustAppend(t, log, "a")
	mustSync(t, log)
	want := append(others, "test-000001.log")
	slices.Sort(want)
	if names, _ := d.List(); !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}

func TestClosedLogIsClosed(t *testing.T) {
	log, _ := mustOpen(t, newDisk(1), small())
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := appendOne(log); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Append: %v", err)
	}
}

// A client that knows the format, the name, the offset and everything else but the salt cannot make a torn tail look like
// damage by what it writes.
func TestForgedFramesAreNotBelieved(t *testing.T) {
	forgery := func(salt uint64) []byte {
		d := newDisk(1)
		options := small()
		options.Salt, options.SegmentSize = salt, 1<<20
		log, _ := mustOpen(t, d, options)
		mustAppend(t, log, "", "", "")
		mustSync(t, log) // leaves a mark that says 3 is durable
		return fileBytes(t, d, "test-000001.log")
	}
	for _, test := range []struct {
		salt    uint64
		refused bool
	}{{7, true}, {8, false}} {
		d := newDisk(1)
		options := small()
		options.SegmentSize = 1 << 20
		log, _ := mustOpen(t, d, options)
		mustAppend(t, log, "")
		mustSync(t, log)
		// The forged mark comes to lie where it is valid: behind a start, a record, a mark and its own frame.
		const at = storage.SegmentHeaderSize + 4*storage.FrameSize
		record := forgery(test.salt)[at:]
		mustAppend(t, log, string(record))
		// The frame before it is torn.
		d.CrashAt(d.CrashPoints() - 1)
		d.Flip("test-000001.log", at-storage.FrameSize, 0xff)
		_, _, err := openRecording(d, options)
		if (err != nil) != test.refused {
			t.Errorf("salt %d: %v, refused should be %v", test.salt, err, test.refused)
		}
	}
}

// fileBytes returns all bytes of a file.
func fileBytes(t testing.TB, d storage.Directory, name string) []byte {
	t.Helper()
	f, err := d.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, size)
	if n, err := f.ReadAt(data, 0); n != len(data) {
		t.Fatal(err)
	}
	return data
}
