package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/transport"
)

// A gossiper sends a datagram to somebody now and then, keeps some of what it gets on its disk, and talks over streams.
type gossiper struct {
	host   *Host
	bus    transport.Bus
	source *random.Stream
	next   time.Duration
	seen   map[string]int
	stream transport.StreamID
	// careless makes it range over a map into what it sends.
	careless bool
}

func bootGossiper(careless bool) ProgramFunc {
	return func(h *Host) Process {
		g := &gossiper{host: h, bus: h.Listen(1), source: h.Random("gossip"), seen: map[string]int{}, careless: careless}
		g.next = h.Now() + g.source.Duration(0, 10*time.Millisecond)
		return g
	}
}

func (g *gossiper) Handle(e Event) {
	switch e.Kind {
	case EventDatagram:
		g.seen[string(e.Data)]++
		if len(g.seen) > 20 {
			g.seen = map[string]int{}
			g.save(e.Data)
		}
	case EventStreamData:
		if e.Inbound || g.source.Chance(million/4) {
			g.bus.CloseStream(e.Stream)
		}
	case EventDeadline:
		g.gossip()
	}
}

func (g *gossiper) gossip() {
	g.next = g.host.Now() + g.source.Duration(time.Millisecond, 20*time.Millisecond)
	hosts := g.host.World().Hosts()
	to := addressOf(hosts[g.source.IntN(len(hosts))])
	message := fmt.Sprintf("%s %d", g.host.Name(), g.source.IntN(5))
	if g.careless && g.host.Name() == "n3" && len(g.seen) > 1 {
		for message = range g.seen { // the first that the map happens to give
			break
		}
	}
	g.bus.SendDatagram(to, []byte(message))
	if g.source.Chance(million / 10) {
		g.stream = g.bus.OpenStream(to)
	}
	g.bus.SendStream(g.stream, []byte(message))
}

func (g *gossiper) save(data []byte) {
	file, err := g.host.Disk().Open("log")
	if err != nil {
		file, err = g.host.Disk().Create("log")
	}
	if err != nil || file.Append(data) != nil || file.Sync() != nil {
		g.host.Crash("disk")
	}
}

func (g *gossiper) NextDeadline() time.Duration { return g.next }

func addressOf(h *Host) transport.Address {
	return netip.AddrPortFrom(h.Address(), 1)
}

// gossipWorld is five gossipers under a drawn plan.
func gossipWorld(seed uint64, careless bool, config Config) *World {
	config.Seed = seed
	w := New(config)
	var names []string
	for i := range 5 {
		names = append(names, fmt.Sprintf("n%d", i+1))
		w.AddHost(names[i], bootGossiper(careless), HostOptions{RestartDelay: time.Second, ClockDrift: int64(i) * 50})
	}
	faults := DefaultFaultMix().Draw(seed, FaultTargets{Hosts: names, Until: 20 * time.Second})
	if err := w.Load(Plan{Faults: faults}); err != nil {
		panic(err)
	}
	return w
}

func TestOneSeedOneHistory(t *testing.T) {
	hashes := map[uint64]uint64{}
	for seed := range uint64(4) {
		var traces [2]strings.Builder
		var worlds [2]*World
		for i := range worlds {
			worlds[i] = gossipWorld(seed, false, Config{Trace: &traces[i]})
			worlds[i].Run(10 * time.Second)
		}
		if worlds[0].Hash() != worlds[1].Hash() || worlds[0].Events() != worlds[1].Events() {
			t.Errorf("seed %d: %x after %d events, %x after %d", seed, worlds[0].Hash(), worlds[0].Events(), worlds[1].Hash(), worlds[1].Events())
		}
		if traces[0].String() != traces[1].String() {
			t.Errorf("seed %d: the traces differ", seed)
		}
		unwatched := gossipWorld(seed, false, Config{Window: -1})
		unwatched.Run(10 * time.Second)
		if unwatched.Hash() != worlds[0].Hash() {
			t.Errorf("seed %d: to look at the run changes its hash", seed)
		}
		if other, ok := hashes[worlds[0].Hash()]; ok {
			t.Errorf("seeds %d and %d have one hash", seed, other)
		}
		hashes[worlds[0].Hash()] = seed
	}
}

// A change of this number changes every recorded history. It is the same on every architecture.
func TestHistoryIsPinned(t *testing.T) {
	w := gossipWorld(1, false, Config{})
	w.Run(30 * time.Second)
	const hash, events = 0xff795eafbe429f9a, 36345
	if w.Hash() != hash || w.Events() != events || w.Failure() != nil {
		t.Errorf("hash %#x after %d events, want %#x after %d; %v", w.Hash(), w.Events(), uint64(hash), events, w.Failure())
	}
}

func TestWorldsRunSideBySide(t *testing.T) {
	results := make(chan uint64)
	for range 4 {
		go func() {
			w := gossipWorld(5, false, Config{})
			w.Run(10 * time.Second)
			results <- w.Hash()
		}()
	}
	first := <-results
	for range 3 {
		if other := <-results; other != first {
			t.Errorf("worlds of one seed gave %x and %x side by side", first, other)
		}
	}
}

func TestTwiceFindsNothingInADeterministicRun(t *testing.T) {
	d := Twice(func(j *Journal) { gossipWorld(3, false, Config{Journal: j}).Run(5 * time.Second) })
	if d != nil {
		t.Error(d)
	}
}

// The planted mistake: a host ranges over a map into what it sends. The check names it, at the first event at which it shows.
func TestTwiceNamesTheMistake(t *testing.T) {
	d := Twice(func(j *Journal) { gossipWorld(3, true, Config{Journal: j}).Run(5 * time.Second) })
	if d == nil {
		t.Fatal("the mistake was not found")
	}
	text := d.String()
	if len(d.First) < 2 || len(d.Second) < 2 || d.First[0] != d.Second[0] || !strings.Contains(d.First[0], " n3 ") ||
		!strings.Contains(d.First[0], "deadline") {
		t.Errorf("want a deadline of n3 with two effects, got\n%s", text)
	}
	if d.First[1] == d.Second[1] || !strings.Contains(text, fmt.Sprint("event ", d.Event)) {
		t.Errorf("the effects that differ are not shown:\n%s", text)
	}
}

// Runs of different length are told apart as well, whichever is longer.
func TestTwiceFindsTheEnd(t *testing.T) {
	for _, lengths := range [][2]time.Duration{{2, 1}, {1, 2}} {
		run := 0
		d := Twice(func(j *Journal) {
			gossipWorld(3, false, Config{Journal: j}).Run(lengths[run%2] * time.Second)
			run++
		})
		if d == nil || (len(d.First) == 0) != (lengths[0] < lengths[1]) || (len(d.Second) == 0) != (lengths[0] > lengths[1]) {
			t.Errorf("runs of %v: %v", lengths, d)
		}
	}
}

func TestPanicIsCaught(t *testing.T) {
	for _, when := range []string{"boot", "event", "deadline"} {
		w := New(Config{Network: quiet})
		p := &probe{}
		panics := func() { panic(fmt.Sprintf("lost my mind at %s", when)) }
		w.AddHost("a", ProgramFunc(func(h *Host) Process {
			p.Boot(h)
			if when == "boot" {
				panics()
			}
			return &faulty{probe: p, when: when, panics: panics}
		}), HostOptions{})
		if err := w.Load(Plan{Inputs: []Input{{At: time.Second, Host: "a", Args: []string{"go", "mad"}}}}); err != nil {
			t.Fatal(err)
		}
		w.Run(time.Minute)
		f := w.Failure()
		if f == nil || f.Verdict != Crashed || f.Host != "a" || !strings.Contains(f.Detail, "lost my mind at "+when) || !strings.Contains(f.Stack, "faulty") && when != "boot" {
			t.Fatalf("%s: %+v", when, f)
		}
		if when == "event" && (f.Time != time.Second || f.Event != 2 || !strings.Contains(f.Last, `input ["go" "mad"]`) || w.Now() != time.Second) {
			t.Errorf("%+v at %v", f, w.Now())
		}
		if w.Step() || w.RunUntil(time.Hour, func() bool { return true }) {
			t.Error("a failed world goes on")
		}
		if r := w.Report("mad"); r.Verdict != Crashed || r.Scenario != "mad" || !strings.Contains(r.Detail, "lost my mind") {
			t.Errorf("report %+v", r)
		}
	}
}

type faulty struct {
	*probe
	when   string
	panics func()
}

func (f *faulty) Handle(e Event) {
	if f.when == "event" {
		f.panics()
	}
	f.probe.Handle(e)
}

func (f *faulty) NextDeadline() time.Duration {
	if f.when == "deadline" && len(f.log) > 1 {
		f.panics()
	}
	return f.probe.NextDeadline()
}

// A panic that is not a process's is the caller's own.
func TestOtherPanicsPass(t *testing.T) {
	w, _ := probes(t, 1, HostOptions{})
	w.OnEvent("test", func() error { panic("the checker's") })
	defer func() {
		if recover() != "the checker's" {
			t.Error("the panic was caught")
		}
	}()
	apply(t, w, "crash hosts=a")
}

func TestInvariants(t *testing.T) {
	w := New(Config{Network: quiet})
	a, b := &probe{}, &probe{}
	w.AddHost("a", a, HostOptions{})
	hostB := w.AddHost("b", b, HostOptions{})
	every, ofB := 0, 0
	w.OnEvent("test", func() error { every++; return nil })
	hostB.OnEvent("test", func() error { ofB++; return nil })
	w.OnEvent("test", func() error {
		if len(b.log) >= 3 {
			return errors.New("b knows too much")
		}
		return nil
	})
	w.OnEvent("test", func() error {
		if len(b.log) >= 3 {
			return errors.New("not the first")
		}
		return nil
	})
	w.Run(0)
	for i := range 5 {
		a.bus.SendDatagram(b.address(), fmt.Append(nil, i))
		b.bus.SendDatagram(a.address(), fmt.Append(nil, i))
		pass(w, time.Second)
	}
	f := w.Failure()
	if f == nil || f.Verdict != Violation || f.Detail != "b knows too much" || f.Host != "b" || f.Time != time.Second+time.Millisecond ||
		!strings.Contains(f.Last, "datagram from a:1") {
		t.Fatalf("%+v", f)
	}
	if want := int(w.Events()); every != want || ofB != 3 {
		t.Errorf("%d events, of b 3: asked %d and %d times", want, every, ofB)
	}
}

func TestFailIsTheFirst(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	p[0].onEvent = func(Event) { w.Fail(Unknown, "budget", "budget spent"); w.Fail(Violation, "test", "later") }
	p[0].host.After(time.Second, 1)
	w.Run(time.Minute)
	if f := w.Failure(); f == nil || f.Verdict != Unknown || f.Detail != "budget spent" || f.Host != "a" {
		t.Errorf("%+v", f)
	}
	w.failure = nil // it was meant
}

func TestSpinningDeadlineIsAStall(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	p[0].host.After(time.Second, 1)
	p[0].onEvent = func(Event) { p[0].deadline = 0 }
	w.Run(time.Minute)
	if f := w.Failure(); f == nil || f.Verdict != Stalled || f.Time != time.Second || f.Host != "a" {
		t.Errorf("%+v", f)
	}
	w.failure = nil // it was meant
}

func TestRunUntil(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	for i := range 10 {
		p[0].host.After(time.Duration(i)*time.Second, uint64(i))
	}
	if !w.RunUntil(time.Minute, func() bool { return len(p[0].log) == 4 }) || w.Now() != 3*time.Second {
		t.Errorf("stopped at %v after %d timers", w.Now(), len(p[0].log))
	}
	if w.RunUntil(5*time.Second, func() bool { return len(p[0].log) == 10 }) || w.Now() != 5*time.Second {
		t.Errorf("stopped at %v after %d timers", w.Now(), len(p[0].log))
	}
	steps := 0
	for w.Step() {
		steps++
	}
	if steps != 4 || w.Now() != 9*time.Second {
		t.Errorf("%d more steps, to %v", steps, w.Now())
	}
	w.Run(time.Second)
	if w.Now() != 9*time.Second {
		t.Errorf("time went back to %v", w.Now())
	}
}

func TestReport(t *testing.T) {
	w, _ := probes(t, 2, HostOptions{})
	apply(t, w, "pause hosts=a for=1s")
	apply(t, w, "pause hosts=b for=1s")
	apply(t, w, "restart hosts=b")
	pass(w, time.Minute)
	r := w.Report("story")
	if r.Verdict != OK || r.Hash != fmt.Sprintf("%016x", w.Hash()) || r.VirtualTime != time.Minute || r.Events != w.Events() ||
		fmt.Sprint(r.Faults) != "map[pause:2 restart:1]" {
		t.Errorf("%+v", r)
	}
}
