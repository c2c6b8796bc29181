package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
	"pgregory.net/rapid"
)

// What arrives for a paused host waits and is handled in order; its clock runs on, and its timers come late.
func TestPause(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	b.deadline = 3500 * time.Millisecond
	b.onEvent = func(e Event) {
		if string(e.Data) == "3" { // by then the deadline is put off
			b.deadline = 10 * time.Second
		}
	}
	b.host.After(1500*time.Millisecond, 7)
	a.bus.SendDatagram(b.address(), []byte("0"))
	pass(w, time.Second)
	b.expect(t, "datagram 0")
	apply(t, w, "pause hosts=b for=4001ms")
	apply(t, w, "pause hosts=b for=2s")
	for i := 1; i <= 4; i++ {
		a.bus.SendDatagram(b.address(), fmt.Append(nil, i))
		pass(w, time.Second)
	}
	if !b.host.Paused() || len(b.log) > 0 {
		t.Fatalf("paused %v, and it did %v", b.host.Paused(), b.log)
	}
	pass(w, time.Second)
	for _, e := range b.log {
		if e.at != 5001*time.Millisecond || e.now != e.at {
			t.Errorf("%q came at %v, its clock at %v", e.what, e.at, e.now)
		}
	}
	// The deadline was armed before it was put off, and had waited.
	b.expect(t, "datagram 1", "timer 7", "datagram 2", "datagram 3", "datagram 4")
	pass(w, 10*time.Second)
	b.expect(t, "deadline")
}

// A reached deadline that waits keeps its place between what arrived before and after it.
func TestPausedDeadlineKeepsItsPlace(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	b.onEvent = func(Event) { b.deadline = 1500 * time.Millisecond }
	a.bus.SendDatagram(b.address(), []byte("arm"))
	pass(w, 100*time.Millisecond)
	b.onEvent = nil
	apply(t, w, "pause hosts=b for=3s")
	for _, at := range []time.Duration{time.Second, 2 * time.Second} {
		w.Run(at)
		a.bus.SendDatagram(b.address(), []byte(at.String()))
	}
	w.Run(10 * time.Second)
	b.expect(t, "datagram arm", "datagram 1s", "deadline", "datagram 2s")
}

func TestSlowHost(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	apply(t, w, "slow hosts=b amount=10ms for=1s")
	for i := range 5 {
		a.bus.SendDatagram(b.address(), fmt.Append(nil, i))
	}
	pass(w, time.Second)
	for i, e := range b.log {
		if want := time.Millisecond + time.Duration(i)*10*time.Millisecond; e.at != want {
			t.Errorf("event %d was handled at %v, want %v", i, e.at, want)
		}
	}
	b.expect(t, "datagram 0", "datagram 1", "datagram 2", "datagram 3", "datagram 4")
	begin := w.Now()
	a.bus.SendDatagram(b.address(), []byte("x"))
	a.bus.SendDatagram(b.address(), []byte("y"))
	pass(w, time.Second)
	if last := b.log[1].at - begin; last != time.Millisecond {
		t.Errorf("healed, and the second took %v", last)
	}
}

func TestCrashLosesEverythingButTheDisk(t *testing.T) {
	w, p := probes(t, 2, HostOptions{ClockOffset: 5 * time.Second})
	a, b := p[0], p[1]
	file, err := b.host.Disk().Create("f")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"synced", " and not"} {
		if err := file.Append([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if text == "synced" {
			if err := file.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.host.Disk().Sync(); err != nil {
		t.Fatal(err)
	}
	id := a.bus.OpenStream(b.address())
	pass(w, 100*time.Millisecond)
	a.expect(t, "opened")
	b.expect(t, "opened")
	b.host.After(time.Second, 1)
	b.deadline = b.host.Now() + time.Second
	a.bus.SendDatagram(b.address(), []byte("arm the deadline"))
	pass(w, 100*time.Millisecond)
	apply(t, w, "pause hosts=b for=1s")
	a.bus.SendDatagram(b.address(), []byte("in the backlog"))
	pass(w, 100*time.Millisecond)
	b.expect(t, "datagram arm the deadline")
	apply(t, w, "crash hosts=b for=2s")
	if b.host.Up() || b.host.Process() != nil {
		t.Error("it is still up")
	}
	a.bus.SendDatagram(b.address(), []byte("nobody there"))
	pass(w, 20*time.Second)
	if boots := b.host.Boots(); boots != 2 {
		t.Errorf("it started %d times", boots)
	}
	if e := b.log[0]; e.at != 2300*time.Millisecond || e.now != 5*time.Second {
		t.Errorf("it started at %v with its clock at %v", e.at, e.now)
	}
	b.expect(t, "boot")
	if n := len(a.log); n != 1 || !strings.HasPrefix(a.log[0].what, "closed stream") {
		t.Errorf("its peer was told %v", a.log)
	}
	a.bus.SendStream(id, []byte("gone"))
	content := make([]byte, 100)
	reopened, err := b.host.Disk().Open("f")
	if err != nil {
		t.Fatal(err)
	}
	n, _ := reopened.ReadAt(content, 0)
	if !strings.HasPrefix(string(content[:n]), "synced") {
		t.Errorf("the disk has %q", content[:n])
	}
	if _, err := file.Size(); err == nil && file.Append(nil) == nil {
		t.Error("a file of the time before the crash is still open")
	}
}

// Over many crashes what was not synced is sometimes lost, and peers sometimes get a reset and sometimes nothing.
func TestCrashesDiffer(t *testing.T) {
	outcomes := map[string]bool{}
	for seed := range uint64(40) {
		w := New(Config{Seed: seed, Network: quiet})
		a, b := &probe{}, &probe{}
		w.AddHost("a", a, HostOptions{})
		w.AddHost("b", b, HostOptions{})
		w.Run(0)
		a.bus.OpenStream(b.address())
		w.Run(time.Second)
		file, err := b.host.Disk().Create("f")
		if err != nil || b.host.Disk().Sync() != nil || file.Append([]byte("not synced")) != nil {
			t.Fatal("the disk fails")
		}
		a.log = nil
		apply(t, w, "crash hosts=b for=1s")
		w.Run(time.Minute)
		file, err = b.host.Disk().Open("f")
		if err != nil {
			t.Fatal(err)
		}
		size, _ := file.Size()
		outcomes[fmt.Sprintf("kept %v", size == 10)] = true
		outcomes[a.log[0].what] = true
		a.bus.OpenStream(b.address())
		w.Run(w.Now() + time.Second)
		if got := a.log[1].what; got != "opened" {
			t.Errorf("seed %d: to the restarted host a stream is %s", seed, got)
		}
	}
	want := []string{
		"kept true", "kept false", "closed " + transport.ErrReset.Error(), "closed " + transport.ErrTimeout.Error(),
	}
	for _, outcome := range want {
		if !outcomes[outcome] {
			t.Errorf("%q never came about: %v", outcome, outcomes)
		}
	}
}

func TestKillKeepsTheDiskAndTheClock(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	file, _ := b.host.Disk().Create("f")
	_ = file.Append([]byte("not synced"))
	a.bus.OpenStream(b.address())
	pass(w, time.Second)
	a.log, b.log = nil, nil
	apply(t, w, "kill hosts=b for=1s")
	pass(w, 2*time.Second)
	a.expect(t, "closed "+transport.ErrReset.Error())
	if e := b.log[0]; e.now != 2*time.Second {
		t.Errorf("its clock reads %v", e.now)
	}
	b.expect(t, "boot")
	file, err := b.host.Disk().Open("f")
	if err != nil {
		t.Fatal(err)
	}
	if size, _ := file.Size(); size != 10 {
		t.Errorf("%d bytes are left", size)
	}
}

func TestWipe(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	disk := p[0].host.Disk()
	file, _ := disk.Create("f")
	if file.Append([]byte("x")) != nil || file.Sync() != nil || disk.Sync() != nil {
		t.Fatal("the disk fails")
	}
	apply(t, w, "wipe hosts=a for=1s")
	pass(w, 2*time.Second)
	p[0].expect(t, "boot")
	if names, err := p[0].host.Disk().List(); err != nil || len(names) != 0 {
		t.Errorf("the disk has %v, %v", names, err)
	}
}

func TestExitAndRestart(t *testing.T) {
	for _, test := range []struct {
		delay time.Duration
		boots int
	}{{time.Second, 2}, {0, 1}} {
		w, p := probes(t, 2, HostOptions{RestartDelay: test.delay})
		a, b := p[0], p[1]
		b.onEvent = func(e Event) {
			if e.Kind == EventDatagram {
				b.host.Crash("disk is full")
				b.bus.SendDatagram(a.address(), []byte("last words"))
				b.host.After(0, 1)
			}
		}
		a.bus.SendDatagram(b.address(), []byte("x"))
		pass(w, time.Minute)
		a.expect(t, "datagram last words")
		if b.host.Boots() != test.boots || b.host.Up() != (test.boots == 2) {
			t.Errorf("%d starts, up %v", b.host.Boots(), b.host.Up())
		}
		b.log = nil
		apply(t, w, "restart hosts=b")
		pass(w, time.Second)
		if b.host.Boots() != 2 || !b.host.Up() {
			t.Errorf("after a restart: %d starts, up %v", b.host.Boots(), b.host.Up())
		}
	}
}

// A process may exit in the middle of a stream, and be made to from outside.
func TestExitWhileReading(t *testing.T) {
	w, p := probes(t, 2, HostOptions{RestartDelay: time.Second})
	a, b := p[0], p[1]
	for i, exit := range []func(e Event){
		func(e Event) { b.host.Crash("data") },
		func(e Event) { b.bus.CloseStream(e.Stream); b.host.Crash("closed and gone") },
		func(e Event) { apply(t, w, "kill hosts=b for=1s") },
	} {
		b.onEvent = func(e Event) {
			if e.Kind == EventStreamData {
				exit(e)
			}
		}
		id := a.bus.OpenStream(b.address())
		a.bus.SendStream(id, []byte("x"))
		pass(w, 100*time.Millisecond)
		a.bus.SendStream(id, []byte("y"))
		if b.host.Up() {
			t.Errorf("exit %d: still up", i)
		}
		pass(w, 20*time.Second)
		if len(a.log) != 2 || !strings.HasPrefix(a.log[1].what, "closed") {
			t.Errorf("exit %d: the peer was told %v", i, a.log)
		}
		b.expect(t, "opened", "data x", "boot")
		a.log, b.onEvent = nil, nil
	}
	b.host.Crash("asked to")
	if b.host.Up() {
		t.Error("it is still up")
	}
	b.host.Crash("twice")
	pass(w, 20*time.Second)
	b.expect(t, "boot")
}

// A fault may last for as long as a number can say.
func TestEndlessFaults(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	pass(w, time.Second)
	for _, kind := range FaultKinds() {
		f := Fault{Kind: kind, For: Never, Hosts: []string{"a"}}
		if f.unit() != unitNone {
			f.Amount = 1
		}
		if err := w.Apply(f); err != nil {
			t.Fatal(err)
		}
	}
	pass(w, time.Hour)
	if w.Healed() || p[0].host.Up() {
		t.Error("a fault has ended")
	}
}

// Faults that keep a host down add up: it starts when the last one ends, and not while it is paused.
func TestDownFaultsAddUp(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	apply(t, w, "crash hosts=a for=2s")
	apply(t, w, "kill hosts=a for=4s")
	apply(t, w, "pause hosts=a for=6s")
	pass(w, 10*time.Second)
	if e := p[0].log[0]; e.at != 6*time.Second {
		t.Errorf("it started at %v", e.at)
	}
	p[0].expect(t, "boot")
	// A restart ends them all.
	apply(t, w, "crash hosts=a for=20s")
	apply(t, w, "crash hosts=a")
	pass(w, time.Second)
	apply(t, w, "restart hosts=a")
	pass(w, time.Minute)
	p[0].expect(t, "boot")
	apply(t, w, "kill hosts=a for=1s")
	pass(w, 500*time.Millisecond)
	if p[0].host.Up() {
		t.Error("it is up although it was killed")
	}
	pass(w, time.Second)
	if !p[0].host.Up() {
		t.Error("it is still down: faults that a restart has ended have ended once more")
	}
}

func TestTimersAndDeadlines(t *testing.T) {
	w, p := probes(t, 1, HostOptions{ClockDrift: 100_000, ClockOffset: time.Hour})
	a := p[0]
	for i, d := range []time.Duration{3, 1, 2, 1, 0, -5} {
		a.host.After(d*time.Second, uint64(i))
	}
	a.deadline = time.Hour + 1500*time.Millisecond
	a.onEvent = func(e Event) {
		if e.Kind == EventDeadline {
			a.deadline = a.host.Now() + time.Second
		}
	}
	apply(t, w, "slow hosts=a amount=1ns") // any event makes the world ask for the deadline
	pass(w, 3*time.Second)
	var now []time.Duration
	for _, e := range a.log {
		now = append(now, e.now.Truncate(10*time.Millisecond)-time.Hour)
	}
	s := time.Second
	if want := []time.Duration{0, 0, s, s, s * 3 / 2, 2 * s, s * 5 / 2, 3 * s}; !slices.Equal(now, want) {
		t.Errorf("came at %v by the host's clock, want %v", now, want)
	}
	if took := a.log[2].at; took != 909_090_910 {
		t.Errorf("a second by a clock that is a tenth fast took %d ns", took)
	}
	a.expect(t, "timer 4", "timer 5", "timer 1", "timer 3", "deadline", "timer 2", "deadline", "timer 0")
}

// A deadline that is always put off costs about one entry of the queue per period, not one per event.
func TestDeadlinesAreLazy(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	b.onEvent = func(Event) { b.deadline = b.host.Now() + time.Second }
	most := 0
	for range 1000 {
		a.bus.SendDatagram(b.address(), []byte("x"))
		pass(w, 10*time.Millisecond)
		most = max(most, w.queue.len())
	}
	if most > 2 {
		t.Errorf("up to %d items were in the queue", most)
	}
	if slices.ContainsFunc(b.log, func(e entry) bool { return e.what == "deadline" }) {
		t.Error("the deadline came although it was always put off")
	}
	pass(w, 1500*time.Millisecond)
	if last := b.log[len(b.log)-1]; last.what != "deadline" || last.at != 9991*time.Millisecond+time.Second {
		t.Errorf("last came %q at %v", last.what, last.at)
	}
}

// Near and far deadlines in turn leave nothing behind in the queue.
func TestDeadlinesLeaveNothingBehind(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	a := p[0]
	near := false
	a.onEvent = func(Event) {
		near = !near
		a.deadline = time.Hour
		if near {
			a.deadline = a.host.Now() + 10*time.Millisecond
		}
		a.host.After(time.Millisecond, 0)
	}
	a.host.After(0, 0)
	most := 0
	w.RunUntil(time.Minute, func() bool { most = max(most, w.queue.len()); return false })
	if most > 4 {
		t.Errorf("up to %d items were in the queue", most)
	}
}

// Nothing of the process before a crash reaches the one after it, however soon that starts.
func TestNothingSurvivesAQuickRestart(t *testing.T) {
	for _, kind := range []string{"crash", "kill", "wipe", "upgrade amount=1"} {
		for _, before := range []string{"paused", "slow", "paused with a deadline", "neither"} {
			down := "1ms"
			if before == "neither" {
				down = "10s" // what was set is due while it is down
			}
			w, p := probes(t, 2, HostOptions{})
			a, b := p[0], p[1]
			switch before {
			case "paused":
				apply(t, w, "pause hosts=b for=90ms")
			case "slow":
				apply(t, w, "slow hosts=b amount=100ms for=90ms")
			}
			b.onEvent = func(Event) { b.deadline = b.host.Now() + 150*time.Millisecond }
			if before == "paused with a deadline" {
				b.onEvent = func(Event) { b.deadline = b.host.Now() + 10*time.Millisecond }
				apply(t, w, "pause hosts=b for=90ms")
				apply(t, w, "restart hosts=b")
				w.Heal()
				a.bus.SendDatagram(b.address(), []byte("arm"))
				pass(w, 5*time.Millisecond)
				apply(t, w, "pause hosts=b for=60ms")
			}
			b.host.After(200*time.Millisecond, 1)
			b.host.After(300*time.Millisecond, 2)
			for i := range 5 {
				a.bus.SendDatagram(b.address(), fmt.Append(nil, i))
			}
			pass(w, 50*time.Millisecond)
			b.onEvent, b.log = nil, nil
			b.onBoot = func(p *probe) {
				p.host.After(time.Second, 3)
				p.deadline = p.host.Now() + 2*time.Second
			}
			apply(t, w, kind+" hosts=b for="+down)
			pass(w, 50*time.Millisecond)
			if w.network.Pending() != 0 {
				t.Errorf("%s while %s: %d deliveries are left over", kind, before, w.network.Pending())
			}
			pass(w, time.Minute)
			b.expect(t, "boot", "timer 3", "deadline")
			a.log = nil
			a.bus.OpenStream(b.address())
			pass(w, 100*time.Millisecond)
			a.expect(t, "opened")
			b.expect(t, "opened")
		}
	}
}

// A slow host that restarts is slow from its first event on, and not held up by what it did before.
func TestHostNoLongerSlowRestarts(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	apply(t, w, "slow hosts=b amount=1h for=5ms")
	a.bus.SendDatagram(b.address(), []byte("an hour's work"))
	pass(w, 10*time.Millisecond)
	apply(t, w, "kill hosts=b for=1ms")
	pass(w, 10*time.Millisecond)
	a.bus.SendDatagram(b.address(), []byte("a moment's work"))
	pass(w, 10*time.Millisecond)
	b.expect(t, "datagram an hour's work", "boot", "datagram a moment's work")
}

func TestSlowHostRestarts(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	apply(t, w, "slow hosts=b amount=40ms")
	send := func() {
		for i := range 3 {
			a.bus.SendDatagram(b.address(), fmt.Append(nil, i))
		}
	}
	send()
	pass(w, 10*time.Millisecond)
	apply(t, w, "kill hosts=b for=1ms")
	pass(w, 10*time.Millisecond) // it is up since 11 ms, and busy with its start until 51 ms
	b.log = nil
	send()
	pass(w, time.Minute)
	var times []time.Duration
	for _, e := range b.log {
		times = append(times, e.at/time.Millisecond)
	}
	if want := []time.Duration{51, 91, 131}; !slices.Equal(times, want) {
		t.Errorf("handled at %v ms, want %v", times, want)
	}
}

// A deadline that was put off while it waited is not forgotten, and costs the backlog one place.
func TestWaitingDeadlineIsPutOff(t *testing.T) {
	w, p := probes(t, 2, HostOptions{})
	a, b := p[0], p[1]
	b.onEvent = func(Event) { b.deadline = 100 * time.Millisecond }
	a.bus.SendDatagram(b.address(), []byte("arm"))
	pass(w, 50*time.Millisecond)
	apply(t, w, "pause hosts=b for=1s")
	for i := range 100 {
		a.bus.SendDatagram(b.address(), fmt.Append(nil, i))
	}
	most := 0
	b.onEvent = func(e Event) {
		if string(e.Data) == "99" {
			b.deadline = 10 * time.Second
		}
	}
	pushes := w.queue.next
	w.RunUntil(time.Minute, func() bool { most = max(most, b.host.backlog.len()); return false })
	if pushes = w.queue.next - pushes; pushes > 110 { // one to wake it for each event, and a look or two
		t.Errorf("%d items were put into the queue", pushes)
	}
	if last := b.log[len(b.log)-1]; most != 101 || len(b.log) != 102 || last.what != "deadline" || last.at != 10*time.Second {
		t.Errorf("%d in the backlog, %d events, the last %v", most, len(b.log), last)
	}
}

// A timer that waits for a paused host comes once, also when the clock changes its rate meanwhile.
func TestDriftWhilePaused(t *testing.T) {
	w, p := probes(t, 1, HostOptions{})
	a := p[0]
	a.host.After(time.Second, 1)
	a.onEvent = func(Event) { a.deadline = 3 * time.Second }
	a.host.After(0, 0)
	pass(w, 100*time.Millisecond)
	a.onEvent = nil
	apply(t, w, "pause hosts=a for=10s")
	pass(w, 5*time.Second)
	apply(t, w, "clock-drift hosts=a amount=100000ppm for=1s")
	pass(w, time.Minute)
	a.expect(t, "timer 0", "timer 1", "deadline")
}

// Whatever holds a host up, it handles what arrives in the order of arrival, never while it is paused, and
// with the time between two events that its slowness asks for.
func TestOrderOfArrivalIsKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := New(Config{Network: quiet})
		a, b := &probe{}, &probe{}
		w.AddHost("a", a, HostOptions{})
		w.AddHost("b", b, HostOptions{})
		w.Run(0)
		ms := func(name string, most int) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * time.Millisecond
		}
		var faults []Fault
		for range rapid.IntRange(0, 5).Draw(rt, "faults") {
			f := Fault{At: ms("at", 50), For: ms("for", 20) + time.Millisecond, Hosts: []string{"b"}, Kind: FaultPause}
			if rapid.Bool().Draw(rt, "slow") {
				f.Kind, f.Amount = FaultSlow, int64(ms("amount", 10)+time.Millisecond)
			}
			faults = append(faults, f)
		}
		if err := w.Load(Plan{Faults: faults}); err != nil {
			rt.Fatal(err)
		}
		n := rapid.IntRange(1, 40).Draw(rt, "n")
		b.log = nil
		var last time.Duration
		var slow time.Duration
		b.onEvent = func(Event) {
			if b.host.Paused() {
				rt.Fatalf("at %v it is paused, and handles %v", w.Now(), b.log[len(b.log)-1])
			}
			if w.Now() < last+slow {
				rt.Fatalf("at %v it is still busy since %v for %v", w.Now(), last, slow)
			}
			last, slow = w.Now(), b.host.slow
		}
		for i := range n {
			a.bus.SendDatagram(b.address(), fmt.Append(nil, i))
			w.Run(w.Now() + ms("wait", 3))
		}
		w.Run(time.Minute)
		for i, e := range b.log {
			if e.what != fmt.Sprintf("datagram %d", i) {
				rt.Fatalf("event %d is %q", i, e.what)
			}
		}
		if len(b.log) != n || w.failure != nil {
			rt.Fatalf("%d of %d events, %v", len(b.log), n, w.failure)
		}
	})
}

// When the clock changes its rate, what waits for it is moved.
func TestDriftMovesTimers(t *testing.T) {
	for _, test := range []struct {
		drift string
		at    time.Duration
	}{{"500000ppm", 7 * time.Second}, {"-500000ppm", 19 * time.Second}, {"0ppm", 10 * time.Second}} {
		w, p := probes(t, 2, HostOptions{})
		a, b := p[0], p[1]
		a.bus.SendDatagram(b.address(), []byte("x"))
		b.deadline = 10 * time.Second
		b.host.After(10*time.Second, 1)
		pass(w, time.Second)
		b.expect(t, "datagram x")
		apply(t, w, "clock-drift hosts=b amount="+test.drift)
		pass(w, time.Minute)
		if len(b.log) != 2 || b.log[0].at != test.at || b.log[1].at != test.at {
			t.Errorf("with a drift of %s: %v, want both at %v", test.drift, b.log, test.at)
		}
		reading := b.host.Now()
		w.Heal()
		pass(w, time.Second)
		if got := b.host.Now() - reading; got != time.Second {
			t.Errorf("healed, and the clock went on by %v in a second", got)
		}
	}
}

func TestWallClock(t *testing.T) {
	w, p := probes(t, 1, HostOptions{WallOffset: -1500 * time.Microsecond})
	h := p[0].host
	at := func() int64 { return h.Wall() - defaultEpoch }
	if at() != -2 {
		t.Errorf("1.5 ms behind it reads %d", at())
	}
	pass(w, time.Second)
	if at() != 998 {
		t.Errorf("after a second it reads %d", at())
	}
	apply(t, w, "wall-jump hosts=a amount=-1h for=1s")
	if at() != 998-3_600_000 || h.Now() != time.Second {
		t.Errorf("after the jump it reads %d, and the monotonic clock %v", at(), h.Now())
	}
	pass(w, 2*time.Second)
	if at() != 2998 {
		t.Errorf("after the jump back it reads %d", at())
	}
}

func TestBootDelayAndHosts(t *testing.T) {
	w := New(Config{Network: quiet})
	late, soon := &probe{}, &probe{}
	w.AddHost("late", late, HostOptions{BootDelay: time.Second})
	w.AddHost("soon", soon, HostOptions{})
	w.Heal() // starts nobody early
	w.Run(time.Minute)
	if late.log[0].at != time.Second || soon.log[0].at != 0 {
		t.Errorf("started at %v and %v", late.log[0].at, soon.log[0].at)
	}
	if w.Host("late") != late.host || w.Host("nobody") != nil || len(w.Hosts()) != 2 {
		t.Error("hosts are not found")
	}
	for _, mistake := range []func(){
		func() { w.AddHost("late", late, HostOptions{}) },
		func() { w.AddHost("two words", late, HostOptions{}) },
		func() { w.AddHost("", late, HostOptions{}) },
		func() { w.AddHost("x", nil, HostOptions{}) },
		func() { w.AddHost("x", late, HostOptions{Address: soon.host.Address()}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mistake()
		}()
	}
}
