package consensus

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

func nodeID(i int) (id wire.NodeID) {
	id[0] = byte('a' + i)
	return id
}

// list is a state machine: the proposals, in order.
type list struct {
	items   []string
	applied func(index uint64, data []byte)
}

func (l *list) Apply(index uint64, data []byte) []byte {
	l.items = append(l.items, string(data))
	if l.applied != nil {
		l.applied(index, data)
	}
	return fmt.Appendf(nil, "#%d", len(l.items))
}

func (l *list) AppendState(dst []byte) []byte {
	return append(dst, strings.Join(l.items, "\n")...)
}

func (l *list) CheckState(data []byte) error {
	if bytes.IndexByte(data, 0) >= 0 {
		return errors.New("no list has a zero byte")
	}
	return nil
}

func (l *list) Restore(data []byte) {
	l.items = nil
	if len(data) > 0 {
		l.items = strings.Split(string(data), "\n")
	}
}

// host is one node of a group with its disk.
type host struct {
	index    int
	id       wire.NodeID
	machine  *Machine // nil while it is down
	state    *list
	lives    int
	synced   [][]byte
	unsynced []Record
	held     bool          // nothing becomes durable
	diskTime time.Duration // of a sync, if it is not that of the group
	syncs    int           // begun so far
	role     Role          // as last logged
	term     uint64
}

// happening is what comes at an instant.
type happening struct {
	at     time.Duration
	number int
	do     func()
}

// testGroup is a group of machines with their network and disks, on virtual time.
type testGroup struct {
	config  Config
	now     time.Duration
	hosts   []*host
	queue   []happening
	number  int
	source  *random.Stream
	safety  Safety
	log     func(format string, args ...any)
	failure error

	diskTime, flightTime     time.Duration
	loss, duplicate, reorder int // parts per million
	messages                 bool
	lying                    bool // disks say that they have what a crash will lose
	cut                      func(from, to int) bool
	// spoil may change or drop a message; nil keeps it.
	spoil   func(from, to int, payload []byte) []byte
	answers map[ProposalID][]Answer
	reads   map[uint64]Read
	refused int
}

func newTestGroup(n int, seed uint64, config Config, log func(string, ...any)) *testGroup {
	g := &testGroup{
		config: config, source: random.New(seed), log: log, diskTime: 2 * time.Millisecond, flightTime: 5 * time.Millisecond,
		cut: func(int, int) bool { return false }, answers: map[ProposalID][]Answer{}, reads: map[uint64]Read{},
	}
	if log == nil {
		g.log = func(string, ...any) {}
	}
	var voters []wire.NodeID
	for i := range n {
		g.hosts = append(g.hosts, &host{index: i, id: nodeID(i)})
		voters = append(voters, nodeID(i))
	}
	first := g.hosts[0]
	g.boot(first, func(state *list) *Machine {
		return Bootstrap(g.config, 0, first.id, state, random.Derive(seed, "a"))
	})
	for _, h := range g.hosts[1:] {
		g.restart(h)
	}
	g.setVoters(voters[:min(n, MaxVoters)])
	return g
}

func (g *testGroup) setVoters(nodes []wire.NodeID) {
	for _, h := range g.hosts {
		if h.machine != nil {
			h.machine.SetVoters(nodes)
			h.machine.SetPeers(nodes)
		}
	}
}

func (g *testGroup) boot(h *host, build func(*list) *Machine) {
	h.lives++
	h.state = &list{applied: func(index uint64, data []byte) {
		if err := g.safety.Applied(index, data); err != nil {
			g.fail(err)
		}
	}}
	h.machine = build(h.state)
	for _, other := range g.hosts { // what a node learns elsewhere in real life
		if other.machine != nil && other != h {
			h.machine.SetVoters(other.machine.wanted)
			h.machine.SetPeers(other.machine.wanted)
		}
	}
	g.settle(h)
}

func (g *testGroup) restart(h *host) {
	g.boot(h, func(state *list) *Machine {
		m, err := New(g.config, g.now, h.id, state, random.Derive(g.source.Uint64(), "node"), h.synced)
		if err != nil {
			panic(err)
		}
		return m
	})
}

// crash loses what was not synced, but for a few records that happen to be on the disk.
func (g *testGroup) crash(h *host) {
	h.machine = nil
	for _, r := range h.unsynced[:g.source.IntN(len(h.unsynced)+1)] {
		h.synced = append(h.synced, r.Bytes)
	}
	h.unsynced = nil
}

func (g *testGroup) fail(err error) {
	if g.failure == nil && err != nil {
		g.failure = fmt.Errorf("at %v: %w", g.now, err)
	}
}

func (g *testGroup) after(d time.Duration, do func()) {
	g.number++
	h := happening{at: g.now + d, number: g.number, do: do}
	i, _ := slices.BinarySearchFunc(g.queue, h, func(a, b happening) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number))
	})
	g.queue = slices.Insert(g.queue, i, h)
}

// settle takes what a machine wants and sees to it.
func (g *testGroup) settle(h *host) {
	m := h.machine
	out := m.Take()
	g.fail(m.Check())
	var up []*Machine
	for _, other := range g.hosts {
		if other.machine != nil {
			up = append(up, other.machine)
		}
	}
	g.fail(g.safety.Observe(m, up))
	if m.role != h.role || m.role == Leader && m.term != h.term {
		h.role, h.term = m.role, m.term
		g.log("%v %s is %v in term %d\n", g.now, short(h.id), m.role, m.term)
	}
	for _, r := range out.Records {
		r.Bytes = bytes.Clone(r.Bytes)
		if g.messages {
			g.log("%v %s writes %d: %s\n", g.now, short(h.id), r.Position, DescribeRecord(r.Bytes))
		}
		h.unsynced = append(h.unsynced, r)
	}
	if len(out.Records) > 0 {
		g.sync(h)
	}
	for _, send := range out.Sends {
		g.carry(h, send)
	}
	for _, a := range out.Answers {
		g.answers[a.ID] = append(g.answers[a.ID], a)
		if a.Applied {
			g.log("%v %s: proposal %x was applied at %d: %s\n", g.now, short(h.id), a.ID[:1], a.Index, a.Result)
		} else {
			g.log("%v %s: proposal %x has an unknown outcome\n", g.now, short(h.id), a.ID[:1])
		}
	}
	for _, r := range out.Reads {
		g.reads[r.Number] = r
		g.log("%v %s: read %d known=%t index=%d\n", g.now, short(h.id), r.Number, r.Known, r.Index)
	}
}

// sync makes durable, a little later, what is written now.
func (g *testGroup) sync(h *host) {
	if h.held {
		return
	}
	h.syncs++
	life := h.lives
	upTo := h.unsynced[len(h.unsynced)-1].Position
	g.after(cmp.Or(h.diskTime, g.diskTime), func() {
		if h.machine == nil || h.lives != life || h.held || len(h.unsynced) == 0 || h.unsynced[0].Position > upTo {
			return
		}
		for !g.lying && len(h.unsynced) > 0 && h.unsynced[0].Position <= upTo {
			if h.unsynced[0].Restart && g.source.IntN(2) == 0 {
				h.synced = h.synced[:0:0] // released; sometimes the records stay for a while
			}
			h.synced = append(h.synced, h.unsynced[0].Bytes)
			h.unsynced = h.unsynced[1:]
		}
		if g.messages {
			g.log("%v %s has %d on disk\n", g.now, short(h.id), upTo)
		}
		h.machine.Persisted(g.now, upTo)
		g.settle(h)
	})
}

func (g *testGroup) carry(from *host, send Send) {
	to := slices.IndexFunc(g.hosts, func(h *host) bool { return h.id == send.To })
	payload := bytes.Clone(send.Payload)
	if len(payload) > maxPayload {
		g.fail(fmt.Errorf("a message of %d bytes to %v", len(payload), send.To))
	}
	if to < 0 {
		return // that node has lost its disk, and is another one now
	}
	lost := g.source.Chance(g.loss) || g.cut(from.index, to)
	if g.messages {
		mark := "→"
		if lost {
			mark = "↛"
		}
		g.log("%v %s %s %s: %s\n", g.now, short(from.id), mark, short(send.To), Describe(payload))
	}
	if g.spoil != nil {
		payload = g.spoil(from.index, to, payload)
	}
	if lost || payload == nil {
		return
	}
	copies := 1
	if g.source.Chance(g.duplicate) {
		copies = 2
	}
	for range copies {
		flight := g.flightTime
		if g.source.Chance(g.reorder) {
			flight += g.source.Duration(0, 50*g.flightTime)
		}
		g.after(flight, func() { g.deliver(from.id, g.hosts[to], payload) })
	}
}

func (g *testGroup) deliver(from wire.NodeID, to *host, payload []byte) {
	if to.machine == nil {
		return
	}
	if err := to.machine.Receive(g.now, from, payload); err != nil {
		g.refused++
		if g.messages {
			g.log("%v %s refuses: %v\n", g.now, short(to.id), err)
		}
	}
	g.settle(to)
}

// run makes time pass until an instant, or until something went wrong or stop says so.
func (g *testGroup) run(until time.Duration, stop func() bool) {
	for steps := 0; g.failure == nil && (stop == nil || !stop()); steps++ {
		if steps > 2_000_000 {
			g.fail(errors.New("no end of events"))
			return
		}
		next, due := until, (*host)(nil)
		for _, h := range g.hosts {
			if h.machine != nil {
				if d := max(h.machine.NextDeadline(), g.now); d < next {
					next, due = d, h
				}
			}
		}
		if len(g.queue) > 0 && g.queue[0].at <= next {
			first := g.queue[0]
			g.queue = g.queue[1:]
			g.now = first.at
			first.do()
			continue
		}
		g.now = next
		if due == nil {
			return
		}
		due.machine.Advance(g.now)
		g.settle(due)
	}
}

func (g *testGroup) propose(h *host, id ProposalID, data string) error {
	err := h.machine.Propose(g.now, id, []byte(data))
	g.settle(h)
	return err
}

func (g *testGroup) leader() *host {
	var leader *host
	for _, h := range g.hosts {
		if h.machine != nil && h.machine.role == Leader && (leader == nil || leader.machine.term < h.machine.term) {
			leader = h
		}
	}
	return leader
}

// voters counts the voters of the leader's configuration, 0 while there are two configurations or no leader.
func (g *testGroup) voters() int {
	leader := g.leader()
	if leader == nil || leader.machine.group.joint() {
		return 0
	}
	return len(leader.machine.group.conf.GetVoters())
}

// agreed reports whether all members that run have applied as much as the leader has committed.
func (g *testGroup) agreed() bool {
	leader := g.leader()
	if leader == nil {
		return false
	}
	for _, m := range leader.machine.group.members {
		for _, h := range g.hosts {
			if h.id == m.Node && h.machine != nil && h.machine.applied < leader.machine.Status().Commit {
				return false
			}
		}
	}
	return true
}

func (h *host) String() string { return fmt.Sprint("host ", h.index) }
