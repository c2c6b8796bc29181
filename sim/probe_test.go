package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/netsim"
)

// A probe is a process that keeps what happens to it, for all starts of its host, and does what a test tells it to.
type probe struct {
	host     *Host
	bus      transport.Bus
	deadline time.Duration
	log      []entry        // shared by all starts
	onEvent  func(Event)    // may be nil
	onBoot   func(p *probe) // may be nil
}

type entry struct {
	at   time.Duration // virtual
	now  time.Duration // the host's clock
	what string
}

// Boot implements Program: a probe is its own process, so that tests see all of it.
func (p *probe) Boot(h *Host) Process {
	p.host, p.deadline = h, Never
	p.bus = h.Listen(1)
	p.note("boot")
	if p.onBoot != nil {
		p.onBoot(p)
	}
	return p
}

func (p *probe) Handle(e Event) {
	switch e.Kind {
	case EventDatagram, EventStreamData:
		p.note(fmt.Sprintf("%v %s", e.Kind, e.Data))
	case EventTimer:
		p.note(fmt.Sprintf("timer %d", e.Token))
	case EventInput:
		p.note(fmt.Sprintf("input %v", e.Args))
	case EventDeadline:
		p.deadline = Never
		p.note("deadline")
	case EventStreamClosed:
		p.note(fmt.Sprintf("closed %v", e.Reason))
	default:
		p.note(e.Kind.String())
	}
	if p.onEvent != nil {
		p.onEvent(e)
	}
}

func (p *probe) NextDeadline() time.Duration { return p.deadline }

func (p *probe) note(what string) {
	p.log = append(p.log, entry{p.host.world.Now(), p.host.Now(), what})
}

// expect checks what has happened since the last call.
func (p *probe) expect(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, e := range p.log {
		got = append(got, e.what)
	}
	if !slices.Equal(got, want) {
		t.Errorf("at %s: got %q, want %q", p.host.name, got, want)
	}
	p.log = nil
}

// address returns where a probe listens.
func (p *probe) address() transport.Address { return netip.AddrPortFrom(p.host.Address(), 1) }

// quiet is a network without any randomness.
var quiet = netsim.Profile{Latency: time.Millisecond}

// probes returns a world with n probes that have booted at 0; the hosts are a, b, and so on.
func probes(t *testing.T, n int, options HostOptions) (*World, []*probe) {
	w := New(Config{Seed: 1, Network: quiet})
	all := make([]*probe, n)
	for i := range all {
		all[i] = &probe{}
		w.AddHost(string(rune('a'+i)), all[i], options)
	}
	w.Run(0)
	for _, p := range all {
		p.expect(t, "boot")
	}
	t.Cleanup(func() {
		if w.failure != nil && !t.Failed() {
			t.Errorf("the world failed: %v\n%s", w.failure, w.failure.Stack)
		}
	})
	return w, all
}

// apply begins a fault now.
func apply(t *testing.T, w *World, line string) {
	t.Helper()
	f, err := ParseFault("0s " + line)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Apply(f); err != nil {
		t.Fatal(err)
	}
}

// pass lets time pass.
func pass(w *World, d time.Duration) { w.Run(w.Now() + d) }
