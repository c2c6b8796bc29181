package sim

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/storage"
	"github.com/ember-cluster/ember/storage/disksim"
)

// A measurement says in words how the world looks at the moment.
type measurement func(w *World, p []*probe) string

// reach says who gets datagrams from whom.
func reach(w *World, p []*probe) string {
	var pairs []string
	for _, from := range p {
		for _, to := range p {
			if from == to || !from.host.Up() || from.host.Paused() {
				continue
			}
			to.log = nil
			from.bus.SendDatagram(to.address(), []byte("x"))
			pass(w, 10*time.Millisecond)
			if len(to.log) > 0 {
				pairs = append(pairs, from.host.name+to.host.name)
			}
		}
	}
	return strings.Join(pairs, " ")
}

// carried says how 100 datagrams from a to b fare: how many arrive, how many of those changed, how late the first is
// and whether they are in order.
func carried(w *World, p []*probe) string {
	a, b := p[0], p[1]
	a.log, b.log = nil, nil
	begin := w.Now()
	for i := range 100 {
		a.bus.SendDatagram(b.address(), fmt.Appendf(nil, "%03d", i))
		pass(w, 100*time.Microsecond)
	}
	pass(w, time.Second)
	intact := 0
	for _, e := range b.log {
		var n int
		if _, err := fmt.Sscanf(e.what, "datagram %03d", &n); err == nil && n < 100 && len(e.what) == 12 {
			intact++
		}
	}
	ordered := slices.IsSortedFunc(b.log, func(x, y entry) int { return strings.Compare(x.what, y.what) })
	late := time.Duration(0)
	if len(b.log) > 0 {
		late = b.log[0].at - begin
	}
	word := func(n int) string {
		switch {
		case n < 90:
			return "few"
		case n > 110:
			return "many"
		default:
			return "all"
		}
	}
	return fmt.Sprintf("%s arrive, %s intact, after %v, ordered %v", word(len(b.log)), word(intact), late.Round(time.Millisecond), ordered)
}

// diskWork says what comes of some work on the disk of a.
func diskWork(w *World, p []*probe) string {
	pass(w, time.Millisecond)
	disk := p[0].host.Disk()
	name := fmt.Sprintf("f%d", w.Now())
	var outcome []string
	note := func(what string, err error) {
		switch {
		case errors.Is(err, storage.ErrFull):
			outcome = append(outcome, what+" full")
		case errors.Is(err, disksim.ErrFault):
			outcome = append(outcome, what+" fails")
		case err != nil:
			outcome = append(outcome, what+" "+err.Error())
		}
	}
	file, err := disk.Create(name)
	if err != nil {
		note("create", err)
		return fmt.Sprint(outcome)
	}
	note("append", file.Append([]byte("twelve bytes")))
	note("sync", file.Sync())
	note("sync directory", disk.Sync())
	content := make([]byte, 12)
	_, err = file.ReadAt(content, 0)
	if !errors.Is(err, io.EOF) {
		note("read", err)
	}
	var slowest time.Duration
	for range 20 {
		slowest = max(slowest, p[0].host.DiskLatency())
	}
	if slowest > 10*time.Millisecond {
		outcome = append(outcome, "slow")
	}
	return fmt.Sprint(outcome)
}

// clocks says what the clocks of a do in ten seconds.
func clocks(w *World, p []*probe) string {
	h := p[0].host
	now, wall := h.Now(), h.Wall()-w.Now().Milliseconds()-defaultEpoch
	pass(w, 10*time.Second)
	return fmt.Sprintf("%v in 10s, %d ms off", h.Now()-now, wall)
}

// Every kind of fault has its effect while it lasts, and none of it is left when it ends, by itself or by healing.
func TestFaultsAndTheirHealing(t *testing.T) {
	const all = "all arrive, all intact, after 1ms, ordered true"
	const everybody = "ab ac ba bc ca cb"
	for _, test := range []struct {
		fault   string
		measure measurement
		during  string
		healthy string
	}{
		{"partition hosts=a", reach, "bc cb", everybody},
		{"partition hosts=a peers=b", reach, "ac bc ca cb", everybody},
		{"partition-one-way hosts=a", reach, "ba bc ca cb", everybody},
		{"partition-one-way hosts=b,c peers=a", reach, "ab ac bc cb", everybody},
		{"clog hosts=b", reach, "ac ca", everybody},
		{"loss hosts=a amount=500000ppm", carried, "few arrive, few intact, after 1ms, ordered true", all},
		{"delay hosts=b amount=20ms", carried, "all arrive, all intact, after 21ms, ordered true", all},
		{"duplicate hosts=a peers=b amount=500000ppm", carried, "many arrive, many intact, after 1ms, ordered false", all},
		{"reorder hosts=a amount=500000ppm", carried, "all arrive, all intact, after 1ms, ordered false", all},
		{"corrupt hosts=a amount=500000ppm", carried, "all arrive, few intact, after 1ms, ordered false", all},
		{"throttle hosts=a amount=10000B/s", carried, "few arrive, few intact, after 7ms, ordered true", all},
		{"pause hosts=a", reach, "bc cb", everybody},
		{"crash hosts=b", reach, "ac ca", everybody},
		{"kill hosts=b,c", reach, "", everybody},
		{"wipe hosts=a", reach, "bc cb", everybody},
		{"slow hosts=b amount=8ms", carried, "all arrive, all intact, after 1ms, ordered true", all},
		{"clock-drift hosts=a amount=100000ppm", clocks, "11s in 10s, 0 ms off", "10s in 10s, 0 ms off"},
		{"wall-jump hosts=a amount=1h", clocks, "10s in 10s, 3600000 ms off", "10s in 10s, 0 ms off"},
		{"disk-full hosts=a", diskWork, "[append full]", "[]"},
		{"disk-slow hosts=a amount=1000x", diskWork, "[slow]", "[]"},
		{"disk-read-error hosts=a amount=1000000ppm", diskWork, "[read fails]", "[]"},
		{"disk-write-error hosts=a amount=1000000ppm", diskWork, "[create fails]", "[]"},
		{"disk-sync-error hosts=a amount=1000000ppm", diskWork, "[sync fails sync directory fails]", "[]"},
		{"disk-lying-sync hosts=a amount=1000000ppm", diskWork, "[]", "[]"},
	} {
		for _, heal := range []bool{false, true} {
			name := fmt.Sprintf("%s, healed %v", test.fault, heal)
			t.Run(name, func(t *testing.T) {
				w, p := threeProbes(t)
				if got := test.measure(w, p); got != test.healthy {
					t.Fatalf("before: %s, want %s", got, test.healthy)
				}
				end := " for=30s"
				if heal {
					end = ""
				}
				apply(t, w, test.fault+end)
				if got := test.measure(w, p); got != test.during {
					t.Errorf("during: %s, want %s", got, test.during)
				}
				if w.Healed() {
					t.Error("healed, with a fault active")
				}
				pass(w, 29*time.Second-w.Now()%time.Second)
				if heal {
					w.Heal()
				}
				pass(w, 10*time.Second)
				if got := test.measure(w, p); got != test.healthy || !w.Healed() {
					t.Errorf("after: %s, want %s", got, test.healthy)
				}
			})
		}
	}
}

func threeProbes(t *testing.T) (*World, []*probe) {
	w, p := probes(t, 3, HostOptions{})
	profile := quiet
	profile.ReorderDelay = 10 * time.Millisecond
	profile.QueueDelay = 100 * time.Millisecond
	w.Network().SetProfile(profile)
	return w, p
}

// A disk that fails to read says so, and one that lies about syncs loses what it has promised to keep.
func TestDiskFaultsThatShowLater(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	h := p[0].host
	write := func(name string) {
		file, err := h.Disk().Create(name)
		if err != nil || file.Append([]byte("x")) != nil || file.Sync() != nil || h.Disk().Sync() != nil {
			t.Fatal("the disk fails")
		}
	}
	read := func(name string) error {
		file, err := h.Disk().Open(name)
		if err != nil {
			return err
		}
		_, err = file.ReadAt(make([]byte, 1), 0)
		return err
	}
	write("honest")
	apply(t, w, "disk-read-error hosts=a amount=1000000ppm for=1s")
	if err := read("honest"); !errors.Is(err, disksim.ErrFault) {
		t.Errorf("a read gives %v", err)
	}
	pass(w, 2*time.Second)
	if err := read("honest"); err != nil {
		t.Errorf("healed, a read gives %v", err)
	}
	apply(t, w, "disk-lying-sync hosts=a amount=1000000ppm for=1s")
	lost := 0
	for i := range 20 {
		name := fmt.Sprintf("lie-%d", i)
		write(name)
		apply(t, w, "crash hosts=a")
		apply(t, w, "restart hosts=a")
		pass(w, time.Millisecond)
		if read(name) != nil {
			lost++
		}
	}
	if lost == 0 || read("honest") != nil {
		t.Errorf("%d of 20 lies showed, and the honest file gives %v", lost, read("honest"))
	}
	before := h.SimulatedDisk().Clone()
	apply(t, w, "disk-bit-rot hosts=a amount=1x")
	changed := 0
	names, _ := h.Disk().List()
	for _, name := range names {
		was, is := make([]byte, 8), make([]byte, 8)
		old, _ := before.Open(name)
		_, _ = old.ReadAt(was, 0)
		file, _ := h.Disk().Open(name)
		_, _ = file.ReadAt(is, 0)
		if !slices.Equal(was, is) {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("one bit rotted, and %d files changed", changed)
	}
}

func TestResetBreaksStreams(t *testing.T) {
	w, p := probes(t, 3, HostOptions{})
	for i, from := range p {
		for j, to := range p {
			if i < j {
				from.bus.OpenStream(to.address())
			}
		}
	}
	pass(w, time.Second)
	for _, test := range []struct {
		fault  string
		closed [3]int
	}{{"reset hosts=a peers=b", [3]int{1, 1, 0}}, {"reset hosts=a,b", [3]int{1, 1, 2}}} {
		for i := range p {
			p[i].log = nil
		}
		apply(t, w, test.fault)
		pass(w, time.Second)
		for i := range p {
			if len(p[i].log) != test.closed[i] {
				t.Errorf("%s: %s got %v, want %d streams closed", test.fault, p[i].host.name, p[i].log, test.closed[i])
			}
		}
	}
}

// Faults of one kind that overlap add up, and each takes away what it brought.
func TestFaultsAddUp(t *testing.T) {
	w, p := probes(t, 1, HostOptions{WallOffset: time.Second, ClockDrift: 50_000})
	h := p[0].host
	apply(t, w, "wall-jump hosts=a amount=1h for=1s")
	apply(t, w, "wall-jump hosts=a amount=2h for=2s")
	apply(t, w, "clock-drift hosts=a amount=400000ppm for=1s")
	apply(t, w, "clock-drift hosts=a amount=400000ppm for=2s")
	apply(t, w, "slow hosts=a amount=1ms for=1s")
	apply(t, w, "slow hosts=a amount=2ms for=2s")
	apply(t, w, "disk-read-error hosts=a amount=700000ppm for=1s")
	apply(t, w, "disk-read-error hosts=a amount=700000ppm for=2s")
	apply(t, w, "disk-slow hosts=a amount=1000x for=1s")
	apply(t, w, "disk-slow hosts=a amount=1000x for=1s")
	apply(t, w, "disk-slow hosts=a amount=1000x for=2s")
	state := func() string {
		faults := h.disk.Faults()
		return fmt.Sprint(h.wallAhead/int64(time.Second), h.clock.rate-million, h.slow, faults.ReadErrors, faults.Slow)
	}
	for i, want := range []string{"10801 500000 3ms 1000000 3000", "7201 450000 2ms 700000 1000", "1 50000 0s 0 0"} {
		if got := state(); got != want {
			t.Errorf("after %d s: %s, want %s", i, got, want)
		}
		pass(w, time.Second)
	}
}

// HealAmong heals a part of the world for good and leaves the rest as it is.
func TestHealAmong(t *testing.T) {
	w, p := probes(t, 5, HostOptions{})
	plan, err := ParsePlan(`
		1s partition hosts=a peers=a,b,c,d,e
		1s crash hosts=b,d
		1s pause hosts=c,e
		1s clock-drift hosts=a,d amount=100000ppm
		9s crash hosts=a,e
		9s partition hosts=b
		9s reset hosts=a,b,c,d,e peers=a,b,c,d,e
		9s input a hello`)
	if err != nil || w.Load(plan) != nil {
		t.Fatal(err)
	}
	w.Run(2 * time.Second)
	if got := reach(w, p); got != "ce ec" && got != "" {
		t.Errorf("during: %s", got)
	}
	w.HealAmong("a", "b", "c")
	w.Run(4 * time.Second)
	if got, want := reach(w, p), "ab ac ba bc ca cb"; got != want {
		t.Errorf("after healing a, b and c: %s, want %s", got, want)
	}
	p[0].bus.OpenStream(p[1].address())
	w.Run(8 * time.Second)
	p[0].log = nil
	w.Run(20 * time.Second)
	p[0].expect(t, "input [hello]")
	if got, want := reach(w, p), "ab ac ba bc ca cb"; got != want || w.Healed() {
		t.Errorf("after later faults: %s, want %s", got, want)
	}
	if d, e := p[3].host, p[4].host; d.Up() || e.Up() || d.clock.rate == million {
		t.Errorf("the others: up %v and %v, drift %d", d.Up(), e.Up(), d.clock.rate-million)
	}
	w.Heal()
	w.Run(30 * time.Second)
	if got, want := len(strings.Fields(reach(w, p))), 20; got != want {
		t.Errorf("after healing all, %d of %d reach each other", got, want)
	}
	apply(t, w, "crash hosts=a for=1s")
	apply(t, w, "partition hosts=b peers=c for=1s")
	if got := reach(w, p); p[0].host.Up() || strings.Contains(got, "bc") {
		t.Errorf("who was healed among others is spared for ever: %s", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("to heal nobody is possible")
		}
	}()
	w.HealAmong("nobody")
}

// After Heal no fault of the plan comes any more.
func TestHealCancelsWhatIsToCome(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	plan, _ := ParsePlan("1s crash hosts=a for=100s\n5s crash hosts=b\n5s loss hosts=a amount=1000000ppm")
	if err := w.Load(plan); err != nil {
		t.Fatal(err)
	}
	w.Run(2 * time.Second)
	w.Heal()
	w.Run(200 * time.Second)
	if got := reach(w, p); got != "ab ba" || p[0].host.Boots() != 2 || p[1].host.Boots() != 1 {
		t.Errorf("%q reach each other, %d and %d starts", got, p[0].host.Boots(), p[1].host.Boots())
	}
}

func TestInputsWaitForThePausedAndMissTheDown(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	plan, _ := ParsePlan(`0s pause hosts=a for=2s
		0s crash hosts=b for=2s
		1s input a GET key
		1s input b GET key
		3s input a SET key "a value"`)
	if err := w.Load(plan); err != nil {
		t.Fatal(err)
	}
	w.Run(10 * time.Second)
	p[0].expect(t, "input [GET key]", "input [SET key a value]")
	p[1].expect(t, "boot")
}

func TestFaultKindsHaveNames(t *testing.T) {
	for _, kind := range FaultKinds() {
		if parsed, err := ParseFaultKind(kind.String()); err != nil || parsed != kind {
			t.Errorf("%v becomes %v, %v", kind, parsed, err)
		}
		if kind.Instant() && kind.Down() {
			t.Errorf("%v is instant and lasts", kind)
		}
	}
	for _, kind := range []FaultKind{0, faultKinds} {
		if (Fault{Kind: kind, Hosts: []string{"a"}}).Check() == nil || !strings.HasPrefix(kind.String(), "fault-") {
			t.Errorf("%v is a kind", kind)
		}
	}
}
