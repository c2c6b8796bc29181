package consensus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// Disks that lie break what raft rests on: votes and entries are forgotten. Safety has to notice, on some seed.
func TestSafetyCatchesForgottenVotes(t *testing.T) {
	for seed := range uint64(200) {
		g := newTestGroup(3, seed, DefaultConfig(), nil)
		g.run(time.Second, nil)
		g.lying = true
		source := random.New(seed)
		for step := range 40 {
			h := g.hosts[source.IntN(3)]
			if h.machine == nil {
				g.restart(h)
			} else if source.IntN(2) == 0 {
				g.crash(h)
				h.unsynced = nil
			} else if err := g.propose(h, proposalID(step), fmt.Sprint(step)); err != nil {
				t.Fatal(err)
			}
			g.run(g.now+source.Duration(0, 1500*time.Millisecond), nil)
			if g.failure != nil {
				t.Logf("seed %d: %v", seed, g.failure)
				return
			}
		}
	}
	t.Error("no seed showed it")
}

// Two groups that take themselves for one have two leaders in a term, and different entries at an index.
func TestSafetyCatchesTwoLeaders(t *testing.T) {
	var safety Safety
	var messages []string
	for i := range 2 {
		state := &list{}
		m := Bootstrap(DefaultConfig(), 0, nodeID(i), state, random.New(1))
		state.applied = func(index uint64, data []byte) {
			if err := safety.Applied(index, data); err != nil {
				messages = append(messages, err.Error())
			}
		}
		for range 8 {
			m.Advance(0)
			out := m.Take()
			if err := safety.Observe(m, []*Machine{m}); err != nil && len(messages) == 0 {
				messages = append(messages, err.Error())
			}
			if len(out.Records) > 0 {
				m.Persisted(0, out.Records[len(out.Records)-1].Position)
			}
			if m.role == Leader && len(m.proposals) == 0 {
				if err := m.Propose(0, proposalID(i), fmt.Append(nil, "of ", i)); err != nil && err != ErrUnderWay {
					t.Fatal(err)
				}
			}
		}
	}
	text := strings.Join(messages, "\n")
	if !strings.Contains(text, "both lead in term 2") || !strings.Contains(text, `were applied at index 3`) {
		t.Errorf("noticed only: %s", text)
	}
}

// A leader that counts an entry as committed which nobody else has on disk is noticed.
func TestSafetyCatchesCommitsThatAreNotDurable(t *testing.T) {
	g := newTestGroup(3, 1, DefaultConfig(), nil)
	g.run(time.Second, nil)
	leader := g.leader().machine
	up := []*Machine{g.hosts[0].machine, g.hosts[1].machine, g.hosts[2].machine}
	if err := g.propose(g.hosts[0], proposalID(1), "apple"); err != nil {
		t.Fatal(err)
	}
	g.run(g.now+time.Second, nil)
	if err := g.safety.Observe(leader, up); err != nil {
		t.Fatal(err)
	}
	up[1].durableTo, up[2].durableTo = 6, 6
	if err := g.safety.Observe(leader, up); err == nil || !strings.Contains(err.Error(), "disks of 2 of 3 voters lack") {
		t.Errorf("got %v", err)
	}
}
