package command

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/redirect"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/session"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// testNode is the least node that can run commands: one that owns all slots, decides proposals at once and keeps its
// log.
type testNode struct {
	context Context
	writer  resp.Writer
	session session.Session
	view    topology.View
	initial *topology.State
	log     []byte
	random  *random.Stream
	// parameters are what CONFIG GET shows.
	parameters []Parameter
}

// startWall is the time at which a testNode starts, in Unix milliseconds.
const startWall = 1_700_000_000_000

func newTestNode() *testNode {
	var all slots.Set
	all.AddRange(slots.Range{First: 0, Last: slots.Count - 1})
	self := topology.Node{
		ID:         wire.NodeID{0xe1},
		Host:       netip.AddrFrom4([4]byte{127, 0, 0, 1}).String(),
		ClientPort: 7000, BusPort: 17000,
	}
	state, err := topology.Build(wire.ClusterID{0xc1}, topology.ShardSpec{
		ID: topology.ShardID{0x51}, Epoch: 1, Nodes: []topology.Node{self}, Slots: all,
	})
	if err != nil {
		panic(err)
	}
	n := &testNode{
		view:       topology.View{State: state, Self: self.ID, FullCoverage: true, Wall: startWall},
		initial:    state,
		random:     random.New(1),
		parameters: []Parameter{{"appendonly", "no"}, {"maxmemory", "0"}, {"save", ""}},
	}
	n.context = Context{Reply: &n.writer, Space: keyspace.New(7), Wall: startWall, Session: &n.session, Server: n, LastSave: startWall}
	n.equipSessions()
	n.connect(2)
	return n
}

// connect begins a new connection.
func (n *testNode) connect(protocol int) {
	n.session = session.Session{ID: n.session.ID + 1, Protocol: protocol, CreatedWall: n.context.Wall}
}

func (n *testNode) View() *topology.View    { return &n.view }
func (n *testNode) Emit(e *keyspace.Effect) { n.log = e.Append(n.log) }
func (n *testNode) Random() *random.Stream  { return n.random }
func (n *testNode) Parameters() []Parameter { return n.parameters }

func (n *testNode) Info(section string) []Field {
	if section == "cluster" {
		return []Field{{"cluster_enabled", "1"}}
	}
	return nil
}

func (n *testNode) Propose(ctx *Context, change topology.Command) {
	state, result := n.view.State.Apply(change)
	n.view.State = state
	ctx.Reply.Raw(ProposalReply(change, result, state))
}

func (n *testNode) Meet(ctx *Context, host netip.Addr, port, busPort uint16) {
	ctx.Reply.Simple(fmt.Sprintf("meet %v %d %d", host, port, busPort))
}

func (n *testNode) Import(slot slots.Slot, source topology.ShardID) {}

func (n *testNode) Assign(ctx *Context, slot slots.Slot, target topology.ShardID) {
	ctx.Reply.Simple(fmt.Sprintf("assign %d to %v", slot, target))
}

func (n *testNode) Stabilize(ctx *Context, slot slots.Slot) { ctx.Reply.Simple("OK") }

func (n *testNode) ResetCluster(ctx *Context, hard bool) {
	ctx.Reply.Simple(fmt.Sprintf("reset hard=%t", hard))
}

// do executes a command with the checks that a node puts before it, and returns the reply, which is valid until the
// next one.
func (n *testNode) do(args ...[]byte) []byte {
	n.writer.Buf = n.writer.Buf[:0]
	n.writer.Protocol = n.session.Protocol
	c := &n.context
	c.Args, c.Row = args, Resolve(args)
	if c.Row == nil || !c.Row.ArityFits(len(args)) {
		c.fail(Refusal(args, c.Row))
		return n.writer.Buf
	}
	if err := n.locate(); err != nil {
		c.fail(err)
		return n.writer.Buf
	}
	c.Row.Run(c)
	return n.writer.Buf
}

// locate finds the slot of the command's keys.
func (n *testNode) locate() error {
	c := &n.context
	keys, ok := c.Row.KeyPositions(c.Args)
	if !ok {
		panic(fmt.Sprintf("%q fits the arity of %s and lacks keys", c.Args, c.Row.Name))
	}
	for i := range keys.Count {
		slot := slots.Of(c.Args[keys.First+i*keys.Step])
		if i > 0 && slot != c.Slot {
			return redirect.CrossSlot
		}
		c.Slot = slot
	}
	return nil
}

// run executes a command given as text without quoting.
func (n *testNode) run(line string) string {
	var args [][]byte
	for _, word := range strings.Fields(line) {
		args = append(args, []byte(word))
	}
	return string(n.do(args...))
}

// check verifies the Space, and that the log alone leads to the same content.
func (n *testNode) check(t interface{ Fatalf(string, ...any) }) {
	if err := n.context.Space.Check(); err != nil {
		t.Fatalf("%v", err)
	}
	replayed := keyspace.New(8)
	for rest := n.log; len(rest) > 0; {
		e, size, err := keyspace.DecodeEffect(rest)
		if err != nil {
			t.Fatalf("the log: %v", err)
		}
		replayed.Apply(e)
		rest = rest[size:]
	}
	if replayed.Digest() != n.context.Space.Digest() || replayed.Len() != n.context.Space.Len() {
		t.Fatalf("the log leads to %d keys with digest %#x, the commands to %d with %#x",
			replayed.Len(), replayed.Digest(), n.context.Space.Len(), n.context.Space.Digest())
	}
}

// expect fails the test unless a command gives a reply.
func (n *testNode) expect(t *testing.T, line, reply string) {
	t.Helper()
	if got := n.run(line); got != reply {
		t.Errorf("%s: %q, want %q", line, got, reply)
	}
}
