package core

import (
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// testGroup is a cluster of nodes that are driven by hand. Nothing is lost between them, and time passes only as told.
type testGroup struct {
	t     testing.TB
	nodes []*harness
	// links say where a stream ends.
	links map[streamEnd]streamEnd
	// mute are nodes that are not heard and do not hear.
	mute map[int]bool
}

// streamEnd is a stream as one of its two nodes knows it.
type streamEnd struct {
	node   int
	stream StreamID
}

// newTestGroup returns a cluster of nodes with an equal share of the slots each, in which somebody leads.
func newTestGroup(t testing.TB, size int) *testGroup {
	t.Helper()
	specs := make([]topology.ShardSpec, size)
	for i := range specs {
		specs[i] = topology.ShardSpec{ID: topology.ShardID{byte(i + 1)}, Epoch: uint64(i + 1), Nodes: []topology.Node{{
			ID: wire.NodeID{byte(i + 1)}, Host: "127.0.0.1", ClientPort: uint16(7001 + i), BusPort: uint16(17001 + i),
		}}}
		specs[i].Slots.AddRange(slots.Range{First: slots.Slot(i * slots.Count / size), Last: slots.Slot((i+1)*slots.Count/size - 1)})
	}
	state, err := topology.Build(wire.ClusterID{9}, specs...)
	if err != nil {
		t.Fatal(err)
	}
	everyone := func(topology.NodeID) topology.Fitness { return topology.Fit }
	state, _ = state.Apply(topology.SetVoters{Voters: topology.ChooseVoters(state, everyone)})
	g := &testGroup{t: t, links: map[streamEnd]streamEnd{}, mute: map[int]bool{}}
	for i := range size {
		options := testOptions()
		options.Random = random.New(uint64(i + 1))
		options.Announce.ClientPort, options.Announce.BusPort = uint16(7001+i), uint16(17001+i)
		records := FoundingLog(wire.NodeID{byte(i + 1)}, 0, state)
		h := bootHarness(t, options, Recovered{Position: uint64(len(records)), Records: records})
		g.nodes = append(g.nodes, h)
		g.settle()
		h.open(0)
	}
	for range 100 {
		g.advance(100 * time.Millisecond)
	}
	for i, h := range g.nodes {
		if self, _ := h.node.State().Node(h.node.ID()); self.Boot != 1 {
			t.Fatalf("node %d: boot %d", i, self.Boot)
		}
	}
	return g
}

// settle delivers messages and makes records durable until there is nothing more to do at this time.
func (g *testGroup) settle() {
	g.t.Helper()
	for range 10_000 {
		if !g.round() {
			return
		}
	}
	g.t.Fatal("the nodes talk for ever")
}

// round reports whether anything has happened.
func (g *testGroup) round() (happened bool) {
	for i, h := range g.nodes {
		if h.node.NextDeadline() <= h.clock.Now {
			h.step(&DeadlineReached{})
		}
		if last := h.base + uint64(len(h.records)); h.node.persisted < last {
			happened = true
			h.persist()
		}
		datagrams, streams := h.datagrams, h.streams
		h.datagrams, h.streams = nil, nil
		for _, effect := range datagrams {
			happened = true
			to := int(effect.To.Port()) - 17001
			if to < len(g.nodes) && !g.mute[i] && !g.mute[to] {
				g.nodes[to].step(&Datagram{From: effect.To, Bytes: effect.Bytes})
			}
		}
		for _, effect := range streams {
			happened = true
			g.stream(i, &effect)
		}
	}
	return happened
}

func (g *testGroup) stream(from int, effect *Effect) {
	end := streamEnd{from, effect.Stream}
	switch effect.Kind {
	case OpenStream:
		to := int(effect.To.Port()) - 17001
		if to >= len(g.nodes) || g.mute[from] || g.mute[to] {
			return
		}
		other := streamEnd{to, InboundStream | StreamID(from)<<32 | effect.Stream}
		g.links[end], g.links[other] = other, end
		g.nodes[to].step(&StreamOpened{Stream: other.stream, Peer: effect.To})
	case SendStream:
		if other, open := g.links[end]; open && !g.mute[from] && !g.mute[other.node] {
			g.nodes[other.node].step(&StreamData{Stream: other.stream, Bytes: effect.Bytes})
		}
	case CloseStream:
		if other, open := g.links[end]; open {
			delete(g.links, end)
			delete(g.links, other)
			g.nodes[other.node].step(&StreamClosed{Stream: other.stream})
		}
	}
}

// advance lets time pass.
func (g *testGroup) advance(d time.Duration) {
	g.t.Helper()
	for _, h := range g.nodes {
		h.clock.Now += d
		h.clock.Wall += d.Milliseconds()
	}
	g.settle()
}

// do sends a command to a node and returns the reply, once everything has settled.
func (g *testGroup) do(node int, words string) string {
	g.t.Helper()
	reply := g.nodes[node].do(0, words)
	g.settle()
	return reply + g.nodes[node].take(0)
}

func (g *testGroup) expect(node int, words, want string) {
	g.t.Helper()
	if got := g.do(node, words); got != want {
		g.t.Errorf("node %d: %s: got %q, want %q", node, words, got, want)
	}
}
