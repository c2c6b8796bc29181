package disksim_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
)

func newDisk(seed uint64) *disksim.Disk {
	return disksim.New(random.New(seed), disksim.DefaultTiming)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, d *disksim.Disk, name, content string) storage.File {
	t.Helper()
	f, err := d.Create(name)
	must(t, err)
	must(t, f.Append([]byte(content)))
	return f
}

// state describes all that a disk shows.
func state(t *testing.T, d *disksim.Disk) string {
	t.Helper()
	names, err := d.List()
	must(t, err)
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "%s=%q ", name, content(t, d, name))
	}
	return strings.TrimSpace(text.String())
}

func content(t *testing.T, d *disksim.Disk, name string) []byte {
	t.Helper()
	f, err := d.Open(name)
	must(t, err)
	size, err := f.Size()
	must(t, err)
	data := make([]byte, size)
	_, err = f.ReadAt(data, 0)
	must(t, err)
	return data
}

// syncedDisk has the file "a" with "0123", all durable.
func syncedDisk(t *testing.T, seed uint64) (*disksim.Disk, storage.File) {
	t.Helper()
	d := newDisk(seed)
	f := create(t, d, "a", "0123")
	must(t, f.Sync())
	must(t, d.Sync())
	return d, f
}

func TestCrashAtVisitsEveryPrefix(t *testing.T) {
	d, f := syncedDisk(t, 1)
	must(t, f.Append([]byte("45")))
	must(t, d.Rename("a", "b"))
	must(t, f.Truncate(1))
	must(t, f.Append([]byte("x")))
	must(t, create(t, d, "c", "").Close())
	want := []string{
		`a="0123"`, `a="01234"`, `a="012345"`, `b="012345"`, `b="0"`, `b="0x"`, `b="0x" c=""`,
	}
	if points := d.CrashPoints(); points != len(want) {
		t.Fatalf("%d crash points, want %d", points, len(want))
	}
	for point, want := range want {
		clone := d.Clone()
		clone.CrashAt(point)
		if got := state(t, clone); got != want {
			t.Errorf("crash at %d: %s, want %s", point, got, want)
		}
	}
	if got := state(t, d); got != `b="0x" c=""` {
		t.Errorf("the original has changed: %s", got)
	}
}

// A crash keeps what is synced, and of the rest any part.
func TestCrashKeepsAnyPart(t *testing.T) {
	seen := map[string]int{}
	const crashes = 3000
	for seed := range uint64(crashes) {
		d, f := syncedDisk(t, seed)
		must(t, f.Append([]byte("45")))
		must(t, create(t, d, "b", "").Close())
		must(t, d.Rename("b", "c"))
		must(t, create(t, d, "d", "").Close())
		d.Crash()
		got := state(t, d)
		if !strings.HasPrefix(got, `a="0123`) {
			t.Fatalf("seed %d: what was synced is lost: %s", seed, got)
		}
		seen[got]++
	}
	for _, want := range []string{
		`a="0123"`,             // nothing
		`a="01234"`,            // torn
		`a="012345"`,           // the bytes, no name
		`a="012345" b=""`,      // up to the creation
		`a="012345" c="" d=""`, // everything
		`a="0123" d=""`,        // a later name without an earlier one
		`a="0123" b="" d=""`,   // and without the rename between them
	} {
		if seen[want] == 0 {
			t.Errorf("never after %d crashes: %s", crashes, want)
		}
	}
	garbage := 0
	for got := range seen {
		if strings.Contains(got, `b="" c=""`) {
			t.Errorf("half a rename: %s", got)
		}
		if !strings.HasPrefix(got, `a="0123"`) && !strings.HasPrefix(got, `a="01234"`) && !strings.HasPrefix(got, `a="012345"`) {
			garbage++
		}
	}
	if garbage == 0 {
		t.Error("no crash left garbage in a sector that was being written")
	}
}

// A rename that is lost takes a later use of its old name with it: else the file that should have kept it would be gone.
func TestCrashKeepsTheOrderOnAName(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(500) {
		d, _ := syncedDisk(t, seed)
		must(t, d.Rename("a", "b"))
		must(t, create(t, d, "a", "").Close())
		d.Crash()
		got := state(t, d)
		if !strings.Contains(got, `="0123"`) {
			t.Fatalf("seed %d: the file is gone: %s", seed, got)
		}
		seen[got] = true
	}
	if len(seen) != 3 {
		t.Errorf("states %v, want three", seen)
	}
}

// A later sector can survive an earlier one, which is a hole of zeros then.
func TestCrashScattersSectors(t *testing.T) {
	for seed := range uint64(1000) {
		d, f := syncedDisk(t, seed)
		must(t, f.Append(bytes.Repeat([]byte("x"), 2000)))
		d.Crash()
		data := content(t, d, "a")
		if len(data) > 1100 && bytes.Equal(data[512:1024], make([]byte, 512)) && data[1024] == 'x' {
			return
		}
	}
	t.Error("no crash left a hole")
}

func TestOpenFilesDieInACrash(t *testing.T) {
	d, f := syncedDisk(t, 1)
	d.Crash()
	if err := f.Append([]byte("x")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Append after a crash: %v", err)
	}
	d.Wipe()
	if got := state(t, d); got != "" {
		t.Errorf("a wiped disk holds %s", got)
	}
	if d.CrashPoints() != 1 {
		t.Error("a wiped disk has unsynced operations")
	}
}

func TestLyingSyncs(t *testing.T) {
	d, f := syncedDisk(t, 1)
	d.SetFaults(disksim.Faults{LyingSyncs: random.Million})
	must(t, f.Append([]byte("45")))
	must(t, create(t, d, "b", "").Close())
	must(t, f.Sync())
	must(t, d.Sync())
	lied := d.Clone()
	lied.CrashAt(0)
	if got := state(t, lied); got != `a="0123"` {
		t.Errorf("after lies: %s", got)
	}
	d.SetFaults(disksim.Faults{})
	must(t, f.Sync())
	must(t, d.Sync())
	d.CrashAt(0)
	if got := state(t, d); got != `a="012345" b=""` {
		t.Errorf("after honest syncs: %s", got)
	}
	if d.Counters().Lies != 2 {
		t.Errorf("%d lies counted, want 2", d.Counters().Lies)
	}
}

// After a failed Sync the bytes are shown until a crash, and no later Sync saves what that one lost.
func TestFailedSyncLosesForGood(t *testing.T) {
	lost := 0
	for seed := range uint64(100) {
		d, f := syncedDisk(t, seed)
		must(t, f.Append([]byte("45")))
		d.SetFaults(disksim.Faults{SyncErrors: random.Million})
		if err := f.Sync(); !errors.Is(err, disksim.ErrFault) {
			t.Fatalf("Sync: %v", err)
		}
		d.SetFaults(disksim.Faults{})
		must(t, f.Sync())
		if got := string(content(t, d, "a")); got != "012345" {
			t.Fatalf("shown before the crash: %q", got)
		}
		d.CrashAt(d.CrashPoints() - 1)
		if got := string(content(t, d, "a")); got != "012345" {
			lost++
		}
	}
	if lost < 30 || lost > 80 {
		t.Errorf("lost %d times of 100", lost)
	}
}

// A process that dies leaves what it has written to the operating system: it can be read, and a crash may still take it away.
func TestAKilledProcessSyncsNothing(t *testing.T) {
	d, f := syncedDisk(t, 1)
	must(t, f.Append([]byte("45")))
	d.CloseAll()
	if err := f.Append([]byte("6")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("the file is open still: %v", err)
	}
	if got := string(content(t, d, "a")); got != "012345" {
		t.Errorf("after the process: %q", got)
	}
	if points := d.CrashPoints(); points != 3 {
		t.Errorf("%d crash points, want one more than there are bytes", points)
	}
	d.CrashAt(0)
	if got := string(content(t, d, "a")); got != "0123" {
		t.Errorf("after the crash: %q", got)
	}
}

func TestReadAndWriteErrors(t *testing.T) {
	d, f := syncedDisk(t, 1)
	d.SetFaults(disksim.Faults{ReadErrors: random.Million, WriteErrors: random.Million})
	_, read := f.ReadAt(make([]byte, 1), 0)
	_, created := d.Create("b")
	for name, err := range map[string]error{
		"read": read, "create": created, "append": f.Append([]byte("45")), "truncate": f.Truncate(0),
		"rename": d.Rename("a", "b"), "remove": d.Remove("a"),
	} {
		if !errors.Is(err, disksim.ErrFault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d.SetFaults(disksim.Faults{})
	if got := content(t, d, "a"); !strings.HasPrefix("012345", string(got)) || len(got) < 4 {
		t.Errorf("content %q, want 0123 and a part of what was appended", got)
	}
}

func TestFullDisk(t *testing.T) {
	d, f := syncedDisk(t, 1)
	must(t, f.Reserve(2))
	d.SetFaults(disksim.Faults{Capacity: 8})
	must(t, f.Append([]byte("45"))) // into what is reserved
	if err := f.Append([]byte("678")); !errors.Is(err, storage.ErrFull) {
		t.Errorf("Append: %v, want ErrFull", err)
	}
	if err := f.Reserve(1); !errors.Is(err, storage.ErrFull) {
		t.Errorf("Reserve: %v, want ErrFull", err)
	}
	if got := string(content(t, d, "a")); got != "01234567" {
		t.Errorf("content %q, want what fits", got)
	}
	must(t, f.Truncate(4))
	must(t, f.Append([]byte("abcd")))
	d.SetFaults(disksim.Faults{})
	must(t, f.Append([]byte("efgh")))
}

func TestRotDamagesOneDurableBit(t *testing.T) {
	if _, _, ok := newDisk(1).Rot(); ok {
		t.Error("an empty disk rotted")
	}
	hit := map[string]bool{}
	for seed := range uint64(200) {
		d, _ := syncedDisk(t, seed)
		b := create(t, d, "b", "4567")
		must(t, b.Sync())
		must(t, b.Append([]byte("unsynced")))
		before := map[string][]byte{"a": content(t, d, "a"), "b": content(t, d, "b")}
		name, offset, ok := d.Rot()
		after := content(t, d, name)
		change := after[offset] ^ before[name][offset]
		if !ok || offset >= 4 || change == 0 || change&(change-1) != 0 {
			t.Fatalf("seed %d: %s at %d changed by %#x", seed, name, offset, change)
		}
		after[offset] ^= change
		if !bytes.Equal(after, before[name]) {
			t.Fatalf("seed %d: more than one byte of %s changed", seed, name)
		}
		hit[fmt.Sprint(name, offset)] = true
	}
	if len(hit) != 8 {
		t.Errorf("%d bytes of 8 were ever hit", len(hit))
	}
}

func TestLatency(t *testing.T) {
	timing := disksim.Timing{Minimum: time.Millisecond, Mean: time.Millisecond}
	d := disksim.New(random.New(1), timing)
	var sum time.Duration
	const n = 10_000
	for range n {
		latency := d.Latency()
		if latency < timing.Minimum {
			t.Fatalf("%v is less than the minimum", latency)
		}
		sum += latency
	}
	if mean := sum / n; mean < 1900*time.Microsecond || mean > 2100*time.Microsecond {
		t.Errorf("mean %v, want about 2ms", mean)
	}
	d.SetFaults(disksim.Faults{Slow: 100})
	if latency := d.Latency(); latency < 100*timing.Minimum {
		t.Errorf("a slow disk took %v", latency)
	}
}

// With a clock, what was drawn at other instants does not matter.
func TestChancesOfAnInstant(t *testing.T) {
	var clock time.Duration
	timed := func(seed uint64) *disksim.Disk {
		return disksim.NewTimed(func(use string) *random.Moments { return random.DeriveMoments(seed, use) },
			func() time.Duration { return clock }, disksim.DefaultTiming)
	}
	busy, idle, other := timed(1), timed(1), timed(2)
	differ := 0
	for clock = 0; clock < 100; clock++ {
		for range int(clock) % 3 {
			busy.Latency()
		}
		clock += 1000
		if got, want := busy.Latency(), idle.Latency(); got != want {
			t.Fatalf("at %v: %v and %v", clock, got, want)
		}
		if other.Latency() != idle.Latency() {
			differ++
		}
		clock -= 1000
	}
	if differ < 90 {
		t.Error("seeds make no difference")
	}
}

// life lets a disk go through appends, syncs, faults and crashes, and returns all that was seen.
func life(t *testing.T, d *disksim.Disk) []string {
	var seen []string
	d.SetFaults(disksim.Faults{SyncErrors: 200_000, LyingSyncs: 200_000, WriteErrors: 50_000})
	for i := range 30 {
		f, err := d.Open("a")
		if err != nil {
			f, err = d.Create("a")
		}
		if err != nil {
			seen = append(seen, err.Error())
			continue
		}
		for j := range 5 {
			seen = append(seen, fmt.Sprint(f.Append(fmt.Appendf(nil, "%d.%d ", i, j)), f.Sync(), d.Sync()))
		}
		d.Rot()
		d.Crash()
		seen = append(seen, state(t, d), d.Latency().String())
	}
	return seen
}

func TestOneSeedOneLife(t *testing.T) {
	first := life(t, newDisk(7))
	if !slices.Equal(first, life(t, newDisk(7))) {
		t.Error("two disks of one seed lived differently")
	}
	if slices.Equal(first, life(t, newDisk(8))) {
		t.Error("two disks of different seeds lived alike")
	}
	d, _ := syncedDisk(t, 7)
	clone := d.Clone()
	original := life(t, d)
	if !slices.Equal(original, life(t, clone)) {
		t.Error("a clone lived differently")
	}
}
