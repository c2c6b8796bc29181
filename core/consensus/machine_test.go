package consensus

import (
	"fmt"
	"testing"
	"time"
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
	t.Log(g.now, g.leader().machine)
}
