package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
)

// A place is a frame of a log on disk, or a segment's header.
type place struct {
	storage.Frame
	file string
}

// writeLog fills a disk with a log of three segments whose records are all synced, apart from the given number.
func writeLog(t testing.TB, unsynced int) *disksim.Disk {
	t.Helper()
	d := newDisk(1)
	log, _, err := openRecording(d, small())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		record := fmt.Sprintf("record %d %s", i+1, strings.Repeat("x", i*i%17))
		if _, err := log.Append([]byte(record)); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 && i < 10-unsynced {
			if _, err := log.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.CrashAt(d.CrashPoints() - 1) // everything is on disk
	return d
}

// places returns the frames and headers of the log in their order.
func places(t testing.TB, d *disksim.Disk) []place {
	t.Helper()
	names, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	var all []place
	for i, name := range names {
		data := fileBytes(t, d, name)
		frames := storage.Frames(data, uint64(i+1))
		if len(frames) == 0 || frames[len(frames)-1].To != int64(len(data)) {
			t.Fatalf("%s is not full of frames", name)
		}
		header := storage.Frame{To: storage.SegmentHeaderSize, Kind: "header", Position: frames[0].Position}
		all = append(all, place{header, name})
		for _, f := range frames {
			all = append(all, place{f, name})
		}
	}
	return all
}

// expectation says what must come of damage to the i-th place: an error, or the records that are left. It is the
// rule of the package's documentation, applied to frames whose truth is known.
func expectation(all []place, i int) (damage string, left []string) {
	hit := all[i]
	next := hit.Position + 1 // the record that is missing now, or would follow
	if hit.Kind == "record" {
		next = hit.Position
	}
	for _, later := range all[i+1:] {
		if later.Durable >= next || hit.Kind == "header" {
			return fmt.Sprintf("%s: offset %d: ", hit.file, hit.From), nil
		}
	}
	for _, earlier := range all[:i] {
		if earlier.Kind == "record" {
			left = append(left, earlier.Record)
		}
	}
	return "", left
}

// Every bit of every byte of a log, damaged alone: what was durable is refused with the frame that was hit, what was
// not is cut there. No record is ever taken for another.
func TestEveryDamagedByteIsRefusedOrCut(t *testing.T) {
	for _, unsynced := range []int{0, 1, 3} {
		d := writeLog(t, unsynced)
		all := places(t, d)
		refused, cut := 0, 0
		for i, hit := range all {
			wantDamage, wantLeft := expectation(all, i)
			for offset := hit.From; offset < hit.To; offset++ {
				for _, mask := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255} {
					clone := d.Clone()
					if !clone.Flip(hit.file, offset, mask) {
						t.Fatalf("no byte %d in %s", offset, hit.file)
					}
					got := recoverDamaged(t, clone, wantDamage, wantLeft)
					if got != "" {
						t.Errorf("%d unsynced, %s: %s %d: byte %d xor %#x: %s",
							unsynced, hit.file, hit.Kind, hit.Position, offset, mask, got)
					}
				}
			}
			if wantDamage != "" {
				refused++
			} else {
				cut++
			}
		}
		if refused < 10 || cut == 0 {
			t.Errorf("%d unsynced: %d places refused, %d cut: the log is too simple", unsynced, refused, cut)
		}
	}
}

// recoverDamaged opens a damaged log and returns what is wrong with the outcome.
func recoverDamaged(t *testing.T, d *disksim.Disk, wantDamage string, wantLeft []string) string {
	t.Helper()
	_, records, err := openRecording(d, small())
	switch damage, ok := err.(*storage.DamageError); {
	case wantDamage == "" && err != nil:
		return fmt.Sprintf("error %v, want %d records", err, len(wantLeft))
	case wantDamage == "" && !slices.Equal(records, wantLeft):
		return fmt.Sprintf("recovered %q, want %q", records, wantLeft)
	case wantDamage != "" && (!ok || !strings.HasPrefix(damage.Error(), wantDamage)):
		return fmt.Sprintf("error %v and records %q, want an error at %q", err, records, wantDamage)
	}
	return ""
}

// A file that has lost its end: in the last segment that looks like a torn tail, earlier it is refused.
func TestEveryShortenedFileIsRefusedOrCut(t *testing.T) {
	d := writeLog(t, 0)
	all := places(t, d)
	last := all[len(all)-1].file
	for _, hit := range all {
		for size := hit.From; size < hit.To; size++ {
			clone := d.Clone()
			shorten(t, clone, hit.file, size)
			_, records, err := openRecording(clone, small())
			if hit.file != last {
				if _, ok := err.(*storage.DamageError); !ok {
					t.Errorf("%s of %d bytes: %v and %d records, want damage", hit.file, size, err, len(records))
				}
				continue
			}
			var want []string
			for _, earlier := range all {
				if earlier == hit {
					break
				}
				if earlier.Kind == "record" {
					want = append(want, earlier.Record)
				}
			}
			if err != nil || !slices.Equal(records, want) {
				t.Errorf("%s of %d bytes: recovered %q, %v, want %q", hit.file, size, records, err, want)
			}
		}
	}
}

func shorten(t *testing.T, d *disksim.Disk, name string, size int64) {
	t.Helper()
	f, err := d.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
}

// What is left of a log that has released everything is not taken for a new log when it is damaged.
func TestReleasedLogIsNotTakenForANewOne(t *testing.T) {
	d := newDisk(1)
	log, _ := mustOpen(t, d, small())
	mustAppend(t, log, strings.Repeat("x", 200))
	mustSync(t, log) // begins a segment
	if err := log.Release(2); err != nil {
		t.Fatal(err)
	}
	names, _ := d.List()
	for size := range int64(storage.SegmentHeaderSize + storage.FrameSize) {
		clone := d.Clone()
		shorten(t, clone, names[0], size)
		if _, err := storage.OpenLog(clone, small()); err == nil {
			t.Errorf("%s of %d bytes was opened", names[0], size)
		}
	}
	log, _ = mustOpen(t, d, small())
	if log.First() != 2 || len(names) != 1 {
		t.Errorf("undamaged: the first record is %d, want 2, in files %q", log.First(), names)
	}
}

// What knows of a damaged record may be far behind it, and lie across the pieces in which a file is read.
func TestEvidenceFarBehindTheDamage(t *testing.T) {
	for _, length := range []int{256<<10 - 48, 256<<10 - 33, 256<<10 - 64, 600_000} {
		d := newDisk(1)
		log, _ := mustOpen(t, d, storage.LogOptions{Name: "test"})
		mustAppend(t, log, strings.Repeat("x", length))
		mustSync(t, log)
		d.CrashAt(d.CrashPoints() - 1)
		d.Flip("test-000001.log", storage.SegmentHeaderSize+storage.FrameSize, 1)
		_, err := storage.OpenLog(d, small())
		if want := "test-000001.log: offset 64: checksum mismatch"; err == nil || err.Error() != want {
			t.Errorf("record of %d bytes: %v, want %s", length, err, want)
		}
	}
}

// A segment in another's place, as a careless restore leaves it.
func TestExchangedSegmentsAreRefused(t *testing.T) {
	d := writeLog(t, 0)
	if err := d.Rename("test-000001.log", "test-000002.log"); err != nil {
		t.Fatal(err)
	}
	_, err := storage.OpenLog(d, small())
	if want := "test-000002.log: offset 0: this is segment 1"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// Segments of two logs that happen to fit by number and position.
func TestSegmentsOfAnotherLogAreRefused(t *testing.T) {
	d, other := writeLog(t, 0), newDisk(1)
	log, _ := mustOpen(t, other, small())
	for range 10 {
		mustAppend(t, log, "something else")
		mustSync(t, log)
	}
	replace(t, d, "test-000001.log", fileBytes(t, other, "test-000001.log"))
	_, _, err := openRecording(d, small())
	if damage, ok := err.(*storage.DamageError); !ok || damage.File == "test-000003.log" {
		t.Errorf("error %v, want damage where the first two segments meet", err)
	}
}

func replace(t testing.TB, d storage.Directory, name string, data []byte) {
	t.Helper()
	f, err := d.Open(name)
	if err != nil {
		f, err = d.Create(name)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if err := f.Append(data); err != nil {
		t.Fatal(err)
	}
}
