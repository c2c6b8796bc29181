package gossip

import (
	"container/heap"
	"fmt"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// nodeID returns the id of the i-th node of a test. Its first byte is a letter, so that goldens can name it.
func nodeID(i int) wire.NodeID {
	if i < 26 {
		return wire.NodeID{byte('a' + i)}
	}
	return wire.NodeID{'z', byte(i >> 8), byte(i)}
}

func nodeIDs(n int) []wire.NodeID {
	ids := make([]wire.NodeID, n)
	for i := range ids {
		ids[i] = nodeID(i)
	}
	return ids
}

// group is a group of machines in virtual time: a small event loop with a network that tests can bend. It is
// a function of its seed.
type group struct {
	t        failer
	config   Config
	now      time.Duration
	random   *random.Stream
	ids      []wire.NodeID
	index    map[wire.NodeID]int
	machines []*Machine // nil: crashed
	boots    []uint64
	wakes    []time.Duration // the earliest wake-up scheduled for each machine
	blocked  []time.Duration // until when a machine neither sends nor receives
	stuck    []bool          // it has tried to send while it was blocked, and so does nothing else
	events   eventHeap
	counter  uint64

	latency time.Duration
	loss    int                             // parts in a million of the datagrams
	double  int                             // parts in a million delivered twice, out of order
	cut     func(from, to int) bool         // what is cut loses datagrams and streams
	drop    func(from, to int, s Send) bool // what a test loses on purpose

	onChange func(at int, c Change)
	onSend   func(from, to int, s Send)
	messages int
	check    bool // Check() after every event
}

// failer is what a group needs of a test, or of a rapid check.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

type event struct {
	at       time.Duration
	order    uint64
	to, from int // from < 0: a wake-up
	payload  []byte
	reliable bool
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(x any)   { *h = append(*h, x.(event)) }
func (h *eventHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// newGroup starts n machines that are all members.
func newGroup(t failer, n int, config Config, seed uint64) *group {
	g := &group{
		t: t, config: config, random: random.Derive(seed, "group"), ids: nodeIDs(n), index: map[wire.NodeID]int{},
		machines: make([]*Machine, n), boots: make([]uint64, n), wakes: make([]time.Duration, n), blocked: make([]time.Duration, n),
		stuck:   make([]bool, n),
		latency: time.Millisecond,
	}
	for i, id := range g.ids {
		g.index[id] = i
		g.boots[i] = seed*1000 + uint64(i)
		g.start(i, 0)
	}
	return g
}

func (g *group) start(i int, incarnation uint64) {
	g.boots[i] += 1_000_000
	g.machines[i] = New(g.config, g.ids[i], incarnation, random.Derive(g.boots[i], "gossip"))
	g.machines[i].SetMembers(g.now, g.ids)
	g.wakes[i] = never
	g.settle(i)
}

func (g *group) crash(i int) { g.machines[i] = nil }

// settle carries out what a machine wants and schedules its wake-up.
func (g *group) settle(i int) {
	m := g.machines[i]
	if g.check {
		if err := m.Check(); err != nil {
			g.t.Fatalf("%v at %v: %v\n%v", short(g.ids[i]), g.now, err, m)
		}
	}
	sends, changes := m.Take()
	for _, s := range sends {
		g.send(i, g.index[s.To], s)
	}
	if g.onChange != nil {
		for _, c := range changes {
			g.onChange(i, c)
		}
	}
	if deadline := m.NextDeadline(); deadline < g.wakes[i] {
		g.wakes[i] = deadline
		g.push(event{at: deadline, to: i, from: -1})
	}
}

func (g *group) push(e event) {
	g.counter++
	e.order = g.counter
	heap.Push(&g.events, e)
}

func (g *group) send(from, to int, s Send) {
	g.messages++
	limit := g.config.MaxPayload
	if s.Reliable {
		limit = max(limit, g.config.MaxStatePayload)
	}
	if len(s.Payload) > limit || from == to {
		g.t.Fatalf("payload of %d bytes from %d to %d", len(s.Payload), from, to)
	}
	if g.onSend != nil {
		g.onSend(from, to, s)
	}
	if g.cut != nil && g.cut(from, to) || g.drop != nil && g.drop(from, to, s) || !s.Reliable && g.random.Chance(g.loss) {
		return
	}
	leaves := max(g.now, g.blocked[from])
	copies := 1
	if !s.Reliable && g.random.Chance(g.double) {
		copies = 2
	}
	for range copies {
		delay := g.latency/2 + g.random.Exponential(g.latency/2)
		if copies == 2 {
			delay += g.random.Duration(0, 2*time.Second)
		}
		g.push(event{at: leaves + delay, to: to, from: from, payload: append([]byte(nil), s.Payload...), reliable: s.Reliable})
	}
}

// run handles all events of the next span.
func (g *group) run(span time.Duration) { g.runUntil(span, nil) }

// runUntil runs until a condition holds, which it looks at every 10 ms, and reports whether it came to hold within
// the limit.
func (g *group) runUntil(limit time.Duration, condition func() bool) bool {
	end, look := g.now+limit, g.now
	for len(g.events) > 0 && g.events[0].at <= end {
		if condition != nil && g.now >= look {
			if condition() {
				return true
			}
			look = g.now + 10*time.Millisecond
		}
		g.step()
	}
	if condition != nil && condition() {
		return true
	}
	g.now = end
	return false
}

func (g *group) step() {
	e := heap.Pop(&g.events).(event)
	g.now = e.at
	m := g.machines[e.to]
	if m == nil {
		return
	}
	if e.from < 0 {
		if e.at != g.wakes[e.to] {
			return // an earlier one was scheduled meanwhile
		}
		if blocked := g.blocked[e.to]; blocked > g.now && g.stuck[e.to] {
			g.wakes[e.to] = blocked
			e.at = blocked
			g.push(e)
			return
		}
		g.wakes[e.to] = never
		g.stuck[e.to] = false
		m.Advance(g.now)
		g.stuck[e.to] = g.blocked[e.to] > g.now && len(m.sends) > 0
	} else {
		if blocked := g.blocked[e.to]; blocked > g.now {
			e.at = blocked + 1
			g.push(e)
			return
		}
		if err := m.Receive(g.now, g.ids[e.from], e.payload, e.reliable); err != nil {
			g.t.Fatalf("%v to %v: %v: %s", short(g.ids[e.from]), short(g.ids[e.to]), err, Describe(e.payload))
		}
	}
	g.settle(e.to)
}

// disagreement returns where some running machine does not see what is true: the running members alive, the others
// dead or gone. It returns "" if all is well.
func (g *group) disagreement() string {
	for i, m := range g.machines {
		if m == nil || m.left {
			continue
		}
		for j, id := range g.ids {
			health := m.Health(id)
			running := g.machines[j] != nil && !g.machines[j].left
			if running != (health == Alive) || !running && health != Dead && health != Left {
				return fmt.Sprintf("%v believes that %v is %v", short(g.ids[i]), short(id), health)
			}
		}
	}
	return ""
}

func (g *group) agrees() bool { return g.disagreement() == "" }

// mustAgree runs until all machines see what is true.
func (g *group) mustAgree(limit time.Duration) time.Duration {
	g.t.Helper()
	start := g.now
	if !g.runUntil(limit, g.agrees) {
		g.t.Fatalf("after %v: %s", limit, g.disagreement())
	}
	return g.now - start
}

func mustCheck(t testing.TB, m *Machine) {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Fatalf("%v\n%v", err, m)
	}
}
