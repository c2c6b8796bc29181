package core

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// network is some nodes whose messages arrive a millisecond later, and whose records are durable then.
type network struct {
	t     testing.TB
	nodes []*harness
	// cut are the nodes that nothing reaches and that reach nobody.
	cut map[int]bool
	// streams are the ends of streams: of the opener's number at the opener, the other end.
	streams map[streamEnd]streamEnd
	opened  StreamID
	// slow are the nodes whose records do not become durable.
	slow map[int]bool
}

func networkOptions(i int) Options {
	options := testOptions()
	options.RequireFullCoverage = false
	options.Announce = Announce{Host: fmt.Sprintf("10.0.0.%d", i+1), ClientPort: 7000, BusPort: 17000}
	options.Random = random.New(uint64(100 + i))
	return options
}

func newNetwork(t testing.TB, count int) *network {
	n := &network{t: t, cut: map[int]bool{}, streams: map[streamEnd]streamEnd{}}
	for i := range count {
		h := newHarness(t, networkOptions(i))
		h.persist()
		h.open(0)
		n.nodes = append(n.nodes, h)
	}
	return n
}

func busOf(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 17000)
}

// restart boots a node again from its log; its streams are gone.
func (n *network) restart(i int) {
	for here, there := range n.streams {
		if here.node == i {
			delete(n.streams, here)
			delete(n.streams, there)
			n.nodes[there.node].step(&StreamClosed{Stream: there.stream})
		}
	}
	clock := n.nodes[i].clock
	options := networkOptions(i)
	options.Random = random.New(uint64(1000 + i + int(clock.Now)))
	n.nodes[i] = n.nodes[i].restart(options)
	n.nodes[i].clock.Now = max(n.nodes[i].clock.Now, clock.Now)
	n.nodes[i].open(0)
}

// run lets time pass.
func (n *network) run(d time.Duration) {
	n.t.Helper()
	for end := n.nodes[0].clock.Now + d; n.nodes[0].clock.Now < end; {
		for i, h := range n.nodes {
			h.clock.Now += time.Millisecond
			h.clock.Wall++
			if h.base+uint64(len(h.records)) > h.node.persisted && !n.slow[i] {
				h.persist()
			}
			if h.node.NextDeadline() <= h.clock.Now {
				h.step(&DeadlineReached{})
			}
			n.deliver(i, h)
		}
	}
}

func (n *network) deliver(from int, h *harness) {
	datagrams, streams := h.datagrams, h.streams
	h.datagrams, h.streams = nil, nil
	for _, d := range datagrams {
		if to := n.at(d.To); to >= 0 && !n.cut[from] && !n.cut[to] {
			n.nodes[to].step(&Datagram{From: busOf(from), Bytes: d.Bytes})
		}
	}
	for _, e := range streams {
		here := streamEnd{from, e.Stream}
		switch e.Kind {
		case OpenStream:
			to := n.at(e.To)
			if to < 0 || n.cut[from] || n.cut[to] {
				h.step(&StreamClosed{Stream: e.Stream})
				continue
			}
			n.opened++
			there := streamEnd{to, n.opened | InboundStream}
			n.streams[here], n.streams[there] = there, here
			n.nodes[to].step(&StreamOpened{Stream: there.stream, Peer: netip.AddrPortFrom(busOf(from).Addr(), 50000)})
		case SendStream:
			if there, open := n.streams[here]; open && !n.cut[from] && !n.cut[there.node] {
				n.nodes[there.node].step(&StreamData{Stream: there.stream, Bytes: e.Bytes})
			}
		case CloseStream:
			if there, open := n.streams[here]; open {
				delete(n.streams, here)
				delete(n.streams, there)
				n.nodes[there.node].step(&StreamClosed{Stream: there.stream})
			}
		}
	}
}

func (n *network) at(address netip.AddrPort) int {
	return slices.IndexFunc(n.nodes, func(h *harness) bool { return busOf(slices.Index(n.nodes, h)) == address })
}

// do gives a node a command and returns the reply, within some seconds.
func (n *network) do(i int, words string) string {
	n.t.Helper()
	n.nodes[i].send(0, request(strings.Fields(words)...))
	for range 12_000 {
		if reply := n.nodes[i].take(0); reply != "" {
			return reply
		}
		n.run(time.Millisecond)
	}
	return ""
}

func (n *network) expect(i int, words, want string) {
	n.t.Helper()
	if got := n.do(i, words); got != want {
		n.t.Errorf("node %d: %s: %q, want %q", i, words, got, want)
	}
}

func meetWords(i int) string { return fmt.Sprintf("CLUSTER MEET 10.0.0.%d 7000", i+1) }

// agree reports whether the nodes are one cluster, of one configuration.
func (n *network) agree(nodes ...int) bool {
	for _, i := range nodes {
		if state := n.nodes[i].node.State(); state.Stamp() != n.nodes[nodes[0]].node.State().Stamp() || len(state.Nodes()) != len(nodes) {
			return false
		}
	}
	return true
}

func (n *network) mustAgree(nodes ...int) {
	n.t.Helper()
	for range 40 {
		if n.agree(nodes...) {
			return
		}
		n.run(500 * time.Millisecond)
	}
	for _, i := range nodes {
		n.t.Errorf("node %d: %v", i, n.nodes[i].node)
	}
}

func TestANewcomerBringsItsSlotsAndKeys(t *testing.T) {
	n := newNetwork(t, 2)
	n.expect(0, "CLUSTER ADDSLOTSRANGE 0 8191", "+OK\r\n")
	n.expect(1, "CLUSTER ADDSLOTSRANGE 8192 16383", "+OK\r\n")
	n.expect(1, "SET foo bar", "+OK\r\n") // slot 12182
	n.expect(1, meetWords(0), "+OK\r\n")
	n.mustAgree(0, 1)
	n.expect(1, "GET foo", "$3\r\nbar\r\n")
	n.expect(0, "GET foo", "-MOVED 12182 10.0.0.2:7000\r\n")
	if got := n.nodes[0].node.State().AssignedSlots(); got != 16384 {
		t.Errorf("%d slots have an owner", got)
	}
}

// Of the slots that are taken already a newcomer keeps none; if it has keys there, it does not join, and says why.
func TestOverlappingClaims(t *testing.T) {
	n := newNetwork(t, 2)
	n.expect(0, "CLUSTER ADDSLOTSRANGE 12000 12999", "+OK\r\n")
	n.expect(1, "CLUSTER ADDSLOTSRANGE 12182 13999", "+OK\r\n")
	n.expect(1, "SET foo bar", "+OK\r\n")
	n.expect(1, meetWords(0), fmt.Sprintf("-ERR Slot 12182 holds keys here and belongs to node %v there\r\n", n.nodes[0].node.ID()))
	n.expect(1, "GET foo", "$3\r\nbar\r\n") // it is what it was
	n.expect(1, "CLUSTER ADDSLOTS 1", "+OK\r\n")
	n.expect(1, "DEL foo", ":1\r\n")
	n.expect(1, meetWords(0), "+OK\r\n")
	n.mustAgree(0, 1)
	owned := n.nodes[1].node.Owned()
	if got := owned.String(); got != "1 13000-13999" {
		t.Errorf("the newcomer owns %s", got)
	}
}

// Three nodes that are told to meet each other in a ring, at once, become one cluster.
func TestARingOfMeetingsEnds(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {0, 1, 2, 3, 4}} {
		n := newNetwork(t, len(order))
		for i, from := range order {
			n.nodes[from].send(0, request(strings.Fields(meetWords(order[(i+1)%len(order)]))...))
		}
		n.run(3 * time.Second)
		var all []int
		for i := range order {
			all = append(all, i)
		}
		n.mustAgree(all...)
	}
}

func TestTwoClustersOfSeveralNodesStayTwo(t *testing.T) {
	n := newNetwork(t, 4)
	n.expect(1, meetWords(0), "+OK\r\n")
	n.expect(3, meetWords(2), "+OK\r\n")
	n.expect(3, meetWords(0), "-"+string(errTwoClusters)+"\r\n")
	if !n.agree(0, 1) || !n.agree(2, 3) {
		t.Error("a refused meeting has changed something")
	}
}

// A node that has asked to join never goes back by itself: it may be a member already. It waits for its host, over restarts too.
func TestAnAttemptOutlastsItsHostAndRestarts(t *testing.T) {
	n := newNetwork(t, 2)
	n.expect(1, "CLUSTER ADDSLOTS 5", "+OK\r\n")
	n.nodes[1].send(0, request(strings.Fields(meetWords(0))...))
	for !n.nodes[1].node.Joining() {
		n.run(time.Millisecond)
	}
	n.cut[0] = true
	n.run(30 * time.Second)
	if got := n.nodes[1].take(0); got != "+OK\r\n" {
		t.Errorf("its client was told %q", got)
	}
	for range 2 {
		n.expect(1, "GET {3560}", "-CLUSTERDOWN Hash slot not served\r\n")
		n.expect(1, "CLUSTER ADDSLOTS 6", "-"+string(errJoining)+"\r\n")
		n.restart(1)
		n.run(10 * time.Second)
		if !n.nodes[1].node.Joining() {
			t.Fatal("the attempt was given up")
		}
	}
	n.cut[0] = false
	n.mustAgree(0, 1)
	if owned := n.nodes[1].node.Owned(); owned.Len() != 1 {
		t.Errorf("it owns %v", owned)
	}
}

// A voter is forgotten by way of other voters, and a node that learns that it was forgotten is alone, and can be taken in again.
func TestForgetAndReturn(t *testing.T) {
	n := newNetwork(t, 3)
	n.expect(1, meetWords(0), "+OK\r\n")
	n.expect(2, meetWords(0), "+OK\r\n")
	n.mustAgree(0, 1, 2)
	n.run(10 * time.Second)
	if voters := n.nodes[0].node.State().Voters(); len(voters) != 3 {
		t.Fatalf("voters %v", voters)
	}
	n.expect(1, "CLUSTER FORGET "+n.nodes[0].node.ID().String(), "+OK\r\n")
	n.expect(2, "CLUSTER FORGET "+n.nodes[0].node.ID().String(), "+OK\r\n")
	n.mustAgree(1, 2)
	n.mustAgree(0)
	n.expect(0, "CLUSTER RESET SOFT", "+OK\r\n")
	n.expect(0, meetWords(2), "+OK\r\n")
	n.mustAgree(0, 1, 2)
}

// A node cannot be forgotten in one change with its replacement as a voter: the group may need its voice for that change.
func TestAMemberOfTheGroupIsNotForgotten(t *testing.T) {
	n := newNetwork(t, 3)
	n.expect(1, meetWords(0), "+OK\r\n")
	n.expect(2, meetWords(0), "+OK\r\n")
	n.run(10 * time.Second)
	node, state := n.nodes[0].node, n.nodes[0].node.State()
	gone := n.nodes[2].node.ID()
	change := topology.Batch{Commands: []topology.Command{
		topology.SetVoters{Epoch: state.VotersEpoch(), Voters: without(state.Voters(), gone)}, topology.Forget{Node: gone},
	}}
	var got topology.Result
	if err := node.propose(change, func(result topology.Result, _ error) { got = result }); err != nil {
		t.Fatal(err)
	}
	n.run(time.Second)
	var refusal *topology.Refusal
	if !errors.As(got.Err, &refusal) || refusal.Reason != topology.NodeVotes || len(node.State().Nodes()) != 3 {
		t.Errorf("%+v", got)
	}
}

// What a node is told of the configuration is in force when it is on its disk, so that a restart does not go behind it.
func TestAToldConfigurationIsDurableFirst(t *testing.T) {
	n := newNetwork(t, 4)
	for i := 1; i < 4; i++ {
		n.expect(i, meetWords(0), "+OK\r\n")
	}
	n.run(10 * time.Second)
	observer := slices.IndexFunc(n.nodes, func(h *harness) bool { return h.node.Consensus().Role() == consensus.Observer })
	before := n.nodes[observer].node.State().Version
	n.slow = map[int]bool{observer: true}
	n.expect((observer+1)%4, "CLUSTER BUMPEPOCH", fmt.Sprintf("+BUMPED %d\r\n", n.nodes[0].node.State().Epoch()+1))
	n.run(3 * time.Second)
	if node := n.nodes[observer].node; node.State().Version != before || node.Settled() {
		t.Errorf("version %d is in force before it is durable", node.State().Version)
	}
	n.slow = nil
	n.mustAgree(0, 1, 2, 3)
}

func TestResetLeavesTheCluster(t *testing.T) {
	n := newNetwork(t, 3)
	n.expect(1, meetWords(0), "+OK\r\n")
	n.expect(2, meetWords(0), "+OK\r\n")
	n.expect(2, "CLUSTER ADDSLOTS 1", "+OK\r\n")
	id := n.nodes[2].node.ID()
	n.expect(2, "CLUSTER RESET HARD", "+OK\r\n")
	n.mustAgree(0, 1)
	if n.nodes[2].node.ID() == id || len(n.nodes[2].node.State().Nodes()) != 1 {
		t.Errorf("after a hard reset: %v", n.nodes[2].node)
	}
	n.restart(2)
	n.run(time.Second)
	if owned := n.nodes[2].node.Owned(); n.nodes[2].node.ID() == id || !owned.Empty() {
		t.Errorf("after a restart: %v", n.nodes[2].node)
	}
	n.expect(2, meetWords(1), "+OK\r\n")
	n.mustAgree(0, 1, 2)
}

func TestSeedPeersFindEachOther(t *testing.T) {
	n := &network{t: t, cut: map[int]bool{}, streams: map[streamEnd]streamEnd{}}
	for i := range 5 {
		options := networkOptions(i)
		options.SeedPeers = []netip.AddrPort{busOf(0), busOf(1)}
		h := newHarness(t, options)
		h.persist()
		n.nodes = append(n.nodes, h)
	}
	n.mustAgree(0, 1, 2, 3, 4)
}

// A node that does not know its own address learns it from who it meets.
func TestAnUnknownAddressIsLearnt(t *testing.T) {
	n := newNetwork(t, 1)
	for i := 1; i < 3; i++ {
		options := networkOptions(i)
		options.Announce.Host = ""
		h := newHarness(t, options)
		h.persist()
		h.open(0)
		n.nodes = append(n.nodes, h)
	}
	n.expect(1, meetWords(2), "+OK\r\n")
	n.expect(0, meetWords(1), "+OK\r\n")
	n.mustAgree(0, 1, 2)
	for i, h := range n.nodes {
		node, _ := h.node.State().Node(h.node.ID())
		if node.Host != fmt.Sprintf("10.0.0.%d", i+1) {
			t.Errorf("node %d is at %q", i, node.Host)
		}
	}
}

func TestMeetMessagesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := netip.AddrFrom4([4]byte{1, 2, 3, byte(rapid.IntRange(0, 255).Draw(t, "address"))})
		m := meetMessage{kind: meetKind(rapid.IntRange(1, int(meetDecided)).Draw(t, "kind")), port: 7}
		joining := party{Party: topology.Party{Nodes: 3, Joining: true, Host: wire.NodeID{4}}, hostAt: netip.AddrPortFrom(address, 9)}
		alone := party{Party: topology.Party{Nodes: 1}}
		switch m.kind {
		case meetHello, meetParty:
			m.number, m.seen, m.party = rapid.Uint64().Draw(t, "number"), address, rapid.SampledFrom([]party{joining, alone}).Draw(t, "party")
		case meetInvite:
			m.seen, m.party = address, rapid.SampledFrom([]party{joining, alone}).Draw(t, "party")
		case meetJoin:
			m.seen, m.join = address, []byte("join")
		case meetAbort:
			m.token[3] = 8
		case meetDecided:
			m.token[3], m.outcome = 8, outcome(rapid.IntRange(1, int(outcomeElsewhere)).Draw(t, "outcome"))
			if m.outcome >= outcomeBusy {
				m.party.Host, m.party.hostAt = wire.NodeID{4}, netip.AddrPortFrom(address, 9)
			} else {
				m.text = rapid.StringN(0, 20, 20).Draw(t, "text")
			}
		}
		encoded := m.append(nil)
		decoded, err := decodeMeet(encoded)
		if err != nil || string(decoded.append(nil)) != string(encoded) {
			t.Fatalf("%+v came back as %+v, %v", m, decoded, err)
		}
	})
}

func FuzzMeet(f *testing.F) {
	f.Add([]byte{byte(meetAbort), 0, 1, 2})
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := decodeMeet(payload)
		if err == nil && string(m.append(nil)) != string(payload) {
			t.Fatalf("%x decodes and encodes as %x", payload, m.append(nil))
		}
		h := newHarness(t, testOptions())
		h.persist()
		envelope := wire.Envelope{Kind: wire.KindMeet, Cluster: wire.ClusterID{3}, Sender: wire.NodeID{3}, Boot: 1, Payload: payload}
		h.step(&Datagram{From: peerAddress, Bytes: envelope.Append(nil)})
	})
}
