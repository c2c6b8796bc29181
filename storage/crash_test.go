package storage_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
)

// errDied is what a process meets that has died: nothing happens any more.
var errDied = errors.New("the process died")

// A dying directory lets its process do a number of operations that change something.
type dying struct {
	storage.Directory
	left *int
}

func (d dying) spend() error {
	if *d.left == 0 {
		return errDied
	}
	*d.left--
	return nil
}

func (d dying) Create(name string) (storage.File, error) {
	if err := d.spend(); err != nil {
		return nil, err
	}
	f, err := d.Directory.Create(name)
	return dyingFile{f, d}, err
}

func (d dying) Open(name string) (storage.File, error) {
	f, err := d.Directory.Open(name)
	return dyingFile{f, d}, err
}

func (d dying) Remove(name string) error {
	if err := d.spend(); err != nil {
		return err
	}
	return d.Directory.Remove(name)
}

func (d dying) Sync() error {
	if err := d.spend(); err != nil {
		return err
	}
	return d.Directory.Sync()
}

type dyingFile struct {
	storage.File
	directory dying
}

func (f dyingFile) Append(p []byte) error {
	if err := f.directory.spend(); err != nil {
		return err
	}
	return f.File.Append(p)
}

func (f dyingFile) Truncate(size int64) error {
	if err := f.directory.spend(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f dyingFile) Reserve(n int64) error {
	if err := f.directory.spend(); err != nil {
		return err
	}
	return f.File.Reserve(n)
}

func (f dyingFile) Sync() error {
	if err := f.directory.spend(); err != nil {
		return err
	}
	return f.File.Sync()
}

// A story is what the users of a log know of it.
type story struct {
	// appended are all records in order, the first one at position 1.
	appended []string
	// durable is the position up to which a Sync has said so, released that before which records were released.
	durable, released uint64
}

// tell runs a short story of several segments over a directory, until it dies. In the end all records are released, and
// the last segment holds none.
func (s *story) tell(d storage.Directory) error {
	log, err := s.open(d)
	if err != nil {
		return err
	}
	for i := range 12 {
		if err := s.append(log, strings.Repeat(string(rune('a'+i)), i*i%7)); err != nil {
			return err
		}
		if i%3 != 1 {
			continue
		}
		if err := s.sync(log); err != nil {
			return err
		}
	}
	s.released = s.durable
	if err := log.Release(s.released); err != nil {
		return err
	}
	if err := cmp.Or(s.append(log, "long enough for another segment"), s.sync(log)); err != nil {
		return err
	}
	s.released = s.durable + 1
	return log.Release(s.released)
}

func (s *story) sync(log *storage.Log) error {
	upTo, err := log.Sync()
	if err == nil {
		s.durable = upTo
	}
	return err
}

func (s *story) open(d storage.Directory) (*storage.Log, error) {
	options := small()
	options.SegmentSize, options.Reserve = 120, 48
	return storage.OpenLog(d, options)
}

// append notes the record first: if its Append fails it may be there all the same.
func (s *story) append(log *storage.Log, record string) error {
	s.appended = append(s.appended, record)
	_, err := log.Append([]byte(record))
	return err
}

// check opens the log after a crash and returns what it has lost or made up. Then it goes on with it.
func (s *story) check(d *disksim.Disk) error {
	options := small()
	options.Salt = 8
	log, records, err := openRecording(d, options)
	if err != nil {
		return err
	}
	first, last := log.First(), log.Last()
	switch {
	case last > uint64(len(s.appended)):
		return fmt.Errorf("%d records, only %d were appended", last, len(s.appended))
	case last < s.durable:
		return fmt.Errorf("%d records, %d were durable", last, s.durable)
	case first > max(s.released, 1):
		return fmt.Errorf("record %d is gone, only those before %d were released", first-1, s.released)
	case !slices.Equal(records, s.appended[first-1:last]):
		return fmt.Errorf("records %q, want %q", records, s.appended[first-1:last])
	}
	return goOn(d, log, records)
}

// goOn appends to a recovered log, lets the power fail, and checks that all is there.
func goOn(d *disksim.Disk, log *storage.Log, records []string) error {
	if _, err := log.Append([]byte("new")); err != nil {
		return err
	}
	if _, err := log.Sync(); err != nil {
		return err
	}
	d.CrashAt(0)
	_, again, err := openRecording(d, small())
	if err != nil {
		return err
	}
	if want := append(records, "new"); !slices.Equal(again, want) {
		return fmt.Errorf("after another crash %q, want %q", again, want)
	}
	return nil
}

// crashes calls f with clones of the disk after every orderly crash, and after some that are not so.
func crashes(d *disksim.Disk, disorderly int, f func(d *disksim.Disk, crash string)) {
	for point := range d.CrashPoints() {
		clone := d.Clone()
		clone.CrashAt(point)
		f(clone, fmt.Sprintf("crash at %d", point))
	}
	for seed := range disorderly {
		clone := d.Clone()
		clone.Reseed(random.New(uint64(seed)))
		clone.Crash()
		f(clone, fmt.Sprintf("crash of seed %d", seed))
	}
}

// The process dies after every operation of the story in turn, and the power fails in every way: a prefix of all that
// is not synced survives, torn at every byte, or anything of it. What was durable is there, the rest is a
// prefix of what was appended.
func TestEveryCrashPointRecovers(t *testing.T) {
	for steps := 0; ; steps++ {
		d, left := newDisk(1), steps
		var s story
		died := s.tell(dying{d, &left})
		crashes(d, 50, func(d *disksim.Disk, crash string) {
			if err := s.check(d); err != nil {
				t.Errorf("dead after %d operations, %s: %v", steps, crash, err)
			}
		})
		if died == nil {
			if steps < 30 {
				t.Errorf("the story has %d operations only", steps)
			}
			return
		}
	}
}

// The same when the process dies again while it recovers, after each of its operations.
func TestEveryCrashOfARecoveryRecovers(t *testing.T) {
	for steps := 0; ; steps++ {
		d, left := newDisk(1), steps
		var s story
		died := s.tell(dying{d, &left})
		for seed := range 3 {
			crashed := d.Clone()
			crashed.Reseed(random.New(uint64(seed)))
			crashed.Crash()
			for recovering := 0; ; recovering++ {
				again, left := crashed.Clone(), recovering
				_, err := storage.OpenLog(dying{again, &left}, small())
				crashes(again, 3, func(d *disksim.Disk, crash string) {
					if err := s.check(d); err != nil {
						t.Errorf("dead after %d operations, recovery of seed %d dead after %d, %s: %v",
							steps, seed, recovering, crash, err)
					}
				})
				if !errors.Is(err, errDied) {
					break
				}
			}
		}
		if died == nil {
			return
		}
	}
}

// A racing directory appends to the log while a Sync of it waits for the disk, as another goroutine may.
type racing struct {
	dying
	race func()
}

func (d racing) Create(name string) (storage.File, error) {
	d.race()
	f, err := d.dying.Create(name)
	return racingFile{f, d}, err
}

func (d racing) Open(name string) (storage.File, error) {
	f, err := d.dying.Open(name)
	return racingFile{f, d}, err
}

func (d racing) Sync() error {
	err := d.dying.Sync()
	d.race()
	return err
}

type racingFile struct {
	storage.File
	directory racing
}

func (f racingFile) Sync() error {
	f.directory.race()
	err := f.File.Sync()
	f.directory.race()
	return err
}

// Records are appended before and after every operation of a Sync, in particular while it begins a new segment.
func TestEveryCrashPointOfARacingSyncRecovers(t *testing.T) {
	for steps := 0; ; steps++ {
		d, left := newDisk(1), steps
		var s story
		died := s.tellRacing(dying{d, &left})
		crashes(d, 60, func(d *disksim.Disk, crash string) {
			if err := s.check(d); err != nil {
				t.Errorf("dead after %d operations, %s: %v", steps, crash, err)
			}
		})
		if died == nil {
			if len(s.appended) < 25 {
				t.Errorf("only %d records were appended", len(s.appended))
			}
			return
		}
	}
}

// tellRacing syncs a log while records are appended to it, until it dies.
func (s *story) tellRacing(d dying) error {
	var log *storage.Log
	race := func() {
		if log != nil {
			_ = s.append(log, fmt.Sprint(len(s.appended)))
		}
	}
	opened, err := s.open(racing{d, race})
	if err != nil {
		return err
	}
	log = opened
	for range 4 {
		if err := s.append(log, "first"); err != nil {
			return err
		}
		if err := s.sync(log); err != nil {
			return err
		}
	}
	return nil
}

// A failing directory fails one of its syncs, the way of a disk that then forgets what it could not write.
type failing struct {
	*disksim.Disk
	// left counts the syncs of files before the one that fails.
	left *int
}

func (d failing) Create(name string) (storage.File, error) {
	f, err := d.Disk.Create(name)
	return failingFile{f, d}, err
}

func (d failing) Open(name string) (storage.File, error) {
	f, err := d.Disk.Open(name)
	return failingFile{f, d}, err
}

type failingFile struct {
	storage.File
	directory failing
}

func (f failingFile) Sync() error {
	if *f.directory.left == 0 {
		f.directory.SetFaults(disksim.Faults{SyncErrors: random.Million})
		defer f.directory.SetFaults(disksim.Faults{})
	}
	*f.directory.left--
	return f.File.Sync()
}

// Each Sync of the story fails in turn. The same process, or the next one of the same operating system, opens the
// log again and reads what the disk does not have. What it does then survives a crash all the same.
func TestEveryFailedSyncIsRecovered(t *testing.T) {
	for name, tell := range map[string]func(*story, dying) error{
		"alone":  func(s *story, d dying) error { return s.tell(d) },
		"racing": (*story).tellRacing,
	} {
		t.Run(name, func(t *testing.T) {
			for syncs := 0; failSync(t, syncs, tell); syncs++ {
			}
		})
	}
}

// failSync fails one Sync of the story, with several seeds. It reports false if the story has no such Sync.
func failSync(t *testing.T, sync int, tell func(*story, dying) error) bool {
	for seed := range uint64(20) {
		d, left, alive := newDisk(seed), sync, -1
		var s story
		err := tell(&s, dying{failing{d, &left}, &alive})
		if err == nil {
			if sync < 5 {
				t.Errorf("the story has %d syncs", sync)
			}
			return false
		}
		if err := s.check(d); err != nil {
			t.Errorf("Sync %d failed, seed %d: %v", sync, seed, err)
		}
	}
	return true
}

// The check is able to fail: a disk that lies about a file's Sync is found out.
func TestALyingDiskIsFoundOut(t *testing.T) {
	d, left := newDisk(1), -1
	d.SetFaults(disksim.Faults{LyingSyncs: random.Million})
	var s story
	if err := s.tell(dying{d, &left}); err != nil {
		t.Fatal(err)
	}
	found := 0
	crashes(d, 50, func(d *disksim.Disk, _ string) {
		d.SetFaults(disksim.Faults{})
		if s.check(d) != nil {
			found++
		}
	})
	if found == 0 {
		t.Error("no crash lost anything")
	}
}

// A crash at a random moment of a log's life with every byte of its tail in doubt must not depend on luck with old
// bytes: what is cut stays cut, also when the records that follow it are the same.
func TestWhatIsCutStaysCut(t *testing.T) {
	for seed := range uint64(300) {
		d := newDisk(seed)
		options := small()
		options.SegmentSize = 1 << 20
		log, _ := mustOpen(t, d, options)
		mustAppend(t, log, "one")
		mustSync(t, log)
		mustAppend(t, log, "two", "three", "four")
		d.Crash()
		log, records := mustOpen(t, d, options)
		mustAppend(t, log, "TWO")
		want := append(records, "TWO")
		mustSync(t, log)
		d.Crash()
		if _, records := mustOpen(t, d, options); !slices.Equal(records, want) {
			t.Fatalf("seed %d: recovered %q, want %q", seed, records, want)
		}
	}
}
