package consensus

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// steadyGroup returns a group of five voters whose leader has nothing under way.
func steadyGroup(t *testing.T, flight, disk time.Duration) (*testGroup, *host) {
	t.Helper()
	g := newTestGroup(5, 1, DefaultConfig(), nil)
	g.flightTime, g.diskTime = flight, disk
	g.run(5*time.Second, nil)
	leader := g.leader()
	if leader == nil || g.voters() != 5 || !g.agreed() || g.failure != nil {
		t.Fatalf("%v leads %d voters, %v", leader, g.voters(), g.failure)
	}
	return g, leader
}

// proposeAtLeader has proposals made at once, and returns how long they take.
func proposeAtLeader(t *testing.T, g *testGroup, leader *host, first, count int) time.Duration {
	t.Helper()
	start := g.now
	for i := range count {
		if err := leader.machine.Propose(g.now, proposalID(first+i), fmt.Append(nil, first+i)); err != nil {
			t.Fatal(err)
		}
	}
	g.settle(leader)
	g.run(start+time.Minute, func() bool { return len(g.answers[proposalID(first+count-1)]) > 0 })
	if g.failure != nil || g.leader() != leader {
		t.Fatal(g.failure)
	}
	for i := range count {
		if a := g.answers[proposalID(first+i)]; len(a) != 1 || !a[0].Applied {
			t.Fatalf("proposal %d: %v", first+i, a)
		}
	}
	return g.now - start
}

// At the leader a proposal takes one way to the followers and back and one sync, or its own sync beside if that takes longer, and not a
// tick more. Of the followers a majority counts, so slow disks of the others are not waited for.
func TestCommitTakesOneRoundTripAndOneSync(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		flight, disk time.Duration
		leader       time.Duration // of the leader's disk
		slow         int           // followers with a disk of a second
		want         time.Duration
	}{
		{flight: 5 * ms, disk: 2 * ms, want: 2*5*ms + 2*ms},
		{flight: 1 * ms, disk: 30 * ms, want: 2*1*ms + 30*ms},
		{flight: 20 * ms, disk: 1 * ms, leader: 41 * ms, want: 2*20*ms + 1*ms}, // the leader's own sync runs beside
		{flight: 5 * ms, disk: 2 * ms, slow: 2, want: 2*5*ms + 2*ms},
		{flight: 5 * ms, disk: 2 * ms, leader: 50 * ms, want: 50 * ms}, // what is not on the leader's own disk is not applied there
		{flight: 5 * ms, disk: 2 * ms, slow: 3, want: 2*5*ms + time.Second},
	} {
		g, leader := steadyGroup(t, test.flight, test.disk)
		leader.diskTime = test.leader
		slow := test.slow
		for _, h := range g.hosts {
			if h != leader && slow > 0 {
				h.diskTime = time.Second
				slow--
			}
		}
		for i := range 3 {
			if got := proposeAtLeader(t, g, leader, i, 1); got != test.want {
				t.Errorf("%+v: proposal %d took %v", test, i, got)
			}
			g.run(g.now+5*time.Second, nil)
		}
	}
}

// Proposals that come at once share a sync at every voter, and take as long as one.
func TestConcurrentProposalsShareASync(t *testing.T) {
	const count = 50
	g, leader := steadyGroup(t, 5*time.Millisecond, 2*time.Millisecond)
	before := map[*host]int{}
	for _, h := range g.hosts {
		before[h] = h.syncs
	}
	if got, want := proposeAtLeader(t, g, leader, 0, count), 12*time.Millisecond; got != want {
		t.Errorf("%d proposals took %v, not %v", count, got, want)
	}
	g.run(g.now+time.Second, nil)
	for _, h := range g.hosts {
		if syncs := h.syncs - before[h]; syncs != 1 {
			t.Errorf("%v has synced %d times", h, syncs)
		}
		if len(h.state.items) != count {
			t.Errorf("%v has applied %d proposals", h, len(h.state.items))
		}
	}
}

// Of proposals that come at once, and are together more than a log may have uncommitted, those are put into it that there is room for.
// The others are decided once there is.
func TestConcurrentProposalsThatDoNotFitWait(t *testing.T) {
	config := DefaultConfig()
	config.MaxProposal, config.MaxUncommitted = 1000, 1000
	g := newTestGroup(5, 1, config, nil)
	g.flightTime, g.diskTime = 5*time.Millisecond, 2*time.Millisecond
	g.run(5*time.Second, nil)
	leader := g.leader()
	propose := func(number, size int) {
		t.Helper()
		if err := leader.machine.Propose(g.now, proposalID(number), bytes.Repeat([]byte{'x'}, size)); err != nil {
			t.Fatal(err)
		}
	}
	start := g.now
	propose(0, 400)
	g.settle(leader)
	propose(1, 300)
	propose(2, 290) // with what an entry has beside it, more than is left
	g.settle(leader)
	decidedAt := map[int]time.Duration{}
	g.run(start+time.Minute, func() bool {
		for number := range 3 {
			answers := g.answers[proposalID(number)]
			if _, known := decidedAt[number]; !known && len(answers) > 0 && answers[0].Applied {
				decidedAt[number] = g.now - start
			}
		}
		return len(decidedAt) == 3
	})
	const trip = 12 * time.Millisecond
	if decidedAt[0] != trip || decidedAt[1] != trip || decidedAt[2] <= trip || g.failure != nil {
		t.Errorf("decided after %v; %v", decidedAt, g.failure)
	}
}
