package consensus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/random"
)

func proposalID(n int) ProposalID { return ProposalID{byte(n), byte(n >> 8)} }

func TestGroupForms(t *testing.T) {
	g := newTestGroup(5, 1, DefaultConfig(), nil)
	g.run(10*time.Second, func() bool { return g.voters() == 5 })
	if g.failure != nil || g.voters() != 5 {
		t.Fatalf("%v, %d voters", g.failure, g.voters())
	}
	for i := range 10 {
		if err := g.propose(g.hosts[i%5], proposalID(i), fmt.Sprint("item ", i)); err != nil {
			t.Fatal(err)
		}
	}
	g.run(g.now+time.Second, nil)
	for _, h := range g.hosts {
		if len(h.state.items) != 10 {
			t.Errorf("%s has %q", short(h.id), h.state.items)
		}
	}
	if g.failure != nil {
		t.Error(g.failure)
	}
}

// With some loss on the network, every crash of the leader is followed by an election within two base timeouts, as of ten.
func TestElectionsAreQuick(t *testing.T) {
	for seed := range uint64(5) {
		g := newTestGroup(5, seed, DefaultConfig(), nil)
		g.run(10*time.Second, func() bool { return g.voters() == 5 })
		g.loss = 30_000
		for crash := range 10 {
			g.run(g.now+3*time.Second, nil)
			leader := g.leader()
			if leader == nil {
				t.Fatalf("seed %d: no leader before crash %d", seed, crash)
			}
			crashed := g.now
			g.crash(leader)
			g.run(g.now+10*time.Second, func() bool { return g.leader() != nil })
			// The timeout counts from the last heartbeat, which may have been lost, and an election takes some round trips.
			bound := 2*g.config.ElectionTimeout + 2*g.config.HeartbeatInterval
			if g.failure != nil || g.now-crashed > bound {
				t.Errorf("seed %d, crash %d: %v without a leader, %v", seed, crash, g.now-crashed, g.failure)
			}
			g.restart(leader)
		}
	}
}

// Raft draws from the operating system's entropy inside; nothing of it shows.
func TestTracesRepeat(t *testing.T) {
	trace := func() string {
		var b strings.Builder
		config := smallConfig()
		config.Trace = func(line string) { fmt.Fprintln(&b, line) }
		g := newTestGroup(5, 7, config, func(format string, args ...any) { fmt.Fprintf(&b, format, args...) })
		g.messages = true
		g.loss, g.duplicate, g.reorder = 50_000, 50_000, 50_000
		for i := range 20 {
			g.run(g.now+500*time.Millisecond, nil)
			h := g.hosts[i%5]
			if h.machine == nil {
				g.restart(h)
			} else if err := g.propose(h, proposalID(i), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			if leader := g.leader(); leader != nil && i%4 == 3 {
				g.crash(leader)
			}
		}
		return b.String()
	}
	first := trace()
	for range 2 {
		if again := trace(); again != first {
			for i, line := range strings.Split(first, "\n") {
				if other := strings.Split(again, "\n"); i >= len(other) || other[i] != line {
					t.Fatalf("line %d differs:\n%s\n%s", i+1, line, other[min(i, len(other)-1)])
				}
			}
		}
	}
	if !strings.Contains(first, "became leader") {
		t.Error("nobody became leader")
	}
}

// A copy of a proposal that comes when nobody remembers it any more is not applied.
func TestLateCopyIsNotApplied(t *testing.T) {
	config := DefaultConfig()
	config.CheckpointEntries = 500
	g := newTestGroup(1, 1, config, nil)
	g.diskTime = 0
	g.run(time.Second, nil)
	leader := g.hosts[0].machine
	base := leader.applied
	if err := g.propose(g.hosts[0], proposalID(0), "once"); err != nil {
		t.Fatal(err)
	}
	g.run(g.now+time.Second, nil)
	for i := 1; i <= Window+10; i++ {
		if err := g.propose(g.hosts[0], proposalID(i), "x"); err != nil {
			t.Fatal(err)
		}
		g.run(g.now+time.Millisecond, nil)
	}
	if _, remembered := leader.group.find(proposalID(0)); remembered || len(leader.group.decided) > Window+1 {
		t.Errorf("%d decisions are remembered, the first among them: %t", len(leader.group.decided), remembered)
	}
	items := len(g.hosts[0].state.items)
	leader.submit(nodeID(1), proposalID(0), base, []byte("once"))
	g.settle(g.hosts[0])
	g.run(g.now+time.Second, nil)
	if got := len(g.hosts[0].state.items); got != items || g.failure != nil {
		t.Errorf("%d items became %d: %v", items, got, g.failure)
	}
}

// A group that was rebuilt does not listen to what is left of the one before, nor does a node take its old log for one of it.
func TestGenerations(t *testing.T) {
	g := newTestGroup(3, 1, DefaultConfig(), nil)
	g.run(time.Second, nil)
	old := g.hosts[1].machine
	records := g.hosts[1].synced
	config := DefaultConfig()
	config.Generation = 1
	m, err := New(config, 0, nodeID(1), &list{}, random.New(1), records)
	if err != nil || m.Role() != Observer || m.durable.spent != 0 {
		t.Fatalf("%v: %v", m, err)
	}
	heartbeat := &packet{kind: packetRaft, from: 1, to: 2, raft: &pb.Message{Type: pb.MsgHeartbeat.Enum(), Term: new(uint64(2))}}
	if err := m.Receive(0, nodeID(0), heartbeat.append(nil)); err == nil || err.Error() != "consensus: another generation of the group" {
		t.Errorf("a message of the old generation: %v", err)
	}
	heartbeat.generation = 1
	if err := old.Receive(g.now, nodeID(0), heartbeat.append(nil)); err == nil {
		t.Error("a message of the new generation was taken by a node of the old one")
	}
	if err := m.Receive(0, nodeID(0), heartbeat.append(nil)); err != nil || m.Role() != Learner {
		t.Errorf("%v: %v", m, err)
	}
	records = nil
	for _, r := range m.Take().Records {
		records = append(records, r.Bytes)
	}
	if _, err := New(DefaultConfig(), 0, nodeID(1), &list{}, random.New(1), records); err == nil {
		t.Error("a log of a later generation was taken")
	}
}

// A state of several times the largest message reaches a new voter, in parts that fit.
func TestLargeSnapshot(t *testing.T) {
	g := newTestGroup(3, 1, DefaultConfig(), nil)
	voters := g.hosts[0].machine.wanted
	g.setVoters(voters[:2])
	largest := 0
	g.spoil = func(_, _ int, payload []byte) []byte {
		largest = max(largest, len(payload))
		return payload
	}
	g.run(time.Second, nil)
	for i := range 20 {
		if err := g.propose(g.hosts[i%2], proposalID(i), strings.Repeat(string(rune('a'+i)), 200_000)); err != nil {
			t.Fatal(err)
		}
		g.run(g.now+time.Second, nil)
	}
	g.setVoters(voters)
	g.run(g.now+10*time.Second, func() bool { return g.voters() == 3 && g.agreed() })
	if got := len(g.hosts[2].state.items); g.failure != nil || got != 20 || g.hosts[2].machine.role != Follower {
		t.Errorf("%d items, %v: %v", got, g.hosts[2].machine, g.failure)
	}
	if largest > maxPayload || largest < 200_000 {
		t.Errorf("the largest message has %d bytes", largest)
	}
}

// A leader whose disk does not come back has another node lead.
func TestStuckLeaderYields(t *testing.T) {
	g := newTestGroup(3, 1, DefaultConfig(), nil)
	g.run(time.Second, nil)
	stuck := g.leader()
	stuck.held = true
	if err := g.propose(g.hosts[2], proposalID(1), "first"); err != nil {
		t.Fatal(err)
	}
	g.run(g.now+4*time.Second, nil)
	if leader := g.leader(); leader == nil || leader == stuck || stuck.machine.role != Follower || g.failure != nil {
		t.Fatalf("%v leads, %v: %v", leader, stuck.machine, g.failure)
	}
	if err := g.propose(g.hosts[2], proposalID(2), "second"); err != nil {
		t.Fatal(err)
	}
	stuck.held = false
	g.sync(stuck)
	g.run(g.now+time.Second, nil)
	if got := fmt.Sprint(stuck.state.items); got != "[first second]" || g.failure != nil {
		t.Errorf("%s: %v", got, g.failure)
	}
}

// Only so much waits at a node.
func TestProposalsAreBounded(t *testing.T) {
	config := DefaultConfig()
	config.MaxProposal, config.MaxUncommitted = 100, 250
	g := newTestGroup(3, 1, config, nil)
	g.run(time.Second, nil)
	g.cut = func(int, int) bool { return true }
	var errs []error
	for i := range 3 {
		errs = append(errs, g.propose(g.hosts[1], proposalID(i), strings.Repeat("x", 100)))
	}
	if errs[0] != nil || errs[1] != nil || errs[2] != ErrBusy {
		t.Errorf("got %v", errs)
	}
	g.run(g.now+config.ProposalTimeout+time.Second, nil)
	for i := range 2 {
		if a := g.answers[proposalID(i)]; len(a) != 1 || a[0].Applied {
			t.Errorf("proposal %d: %v", i, a)
		}
	}
}
