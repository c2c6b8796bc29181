package consensus

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/wire"
)

// faulty drives a group with whatever rapid draws, and knows what it was promised.
type faulty struct {
	g         *testGroup
	t         *rapid.T
	proposals int
	reads     int
	floor     map[uint64]uint64 // the highest index that was answered when a read was asked for
}

func (f *faulty) host(label string, up bool) *host {
	var candidates []*host
	for _, h := range f.g.hosts {
		if (h.machine != nil) == up {
			candidates = append(candidates, h)
		}
	}
	if len(candidates) == 0 {
		f.t.Skip("no such host")
	}
	return rapid.SampledFrom(candidates).Draw(f.t, label)
}

func (f *faulty) answered() uint64 {
	highest := uint64(0)
	for _, answers := range f.g.answers { //unordered: a maximum
		for _, a := range answers {
			highest = max(highest, a.Index)
		}
	}
	return highest
}

func (f *faulty) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"propose": func(t *rapid.T) {
			h := f.host("proposer", true)
			for range rapid.IntRange(1, 5).Draw(t, "proposals") {
				if f.g.propose(h, proposalID(f.proposals), fmt.Sprint("p", f.proposals)) == nil {
					f.proposals++
				}
			}
		},
		"read": func(t *rapid.T) {
			h := f.host("reader", true)
			f.reads++
			f.floor[uint64(f.reads)] = f.answered()
			if err := h.machine.ReadIndex(f.g.now, uint64(f.reads)); err != nil {
				t.Fatal(err)
			}
			f.g.settle(h)
		},
		"run": func(t *rapid.T) {
			f.g.run(f.g.now+time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms"))*time.Millisecond, nil)
		},
		"crash":   func(*rapid.T) { f.g.crash(f.host("crashed", true)) },
		"restart": func(*rapid.T) { f.g.restart(f.host("restarted", false)) },
		"cut": func(t *rapid.T) {
			side := rapid.Uint8().Draw(t, "side")
			oneWay := rapid.Bool().Draw(t, "one way")
			f.g.cut = func(from, to int) bool {
				a, b := side>>from&1, side>>to&1
				return a != b && (!oneWay || a == 1)
			}
		},
		"heal": func(*rapid.T) { f.g.cut = func(int, int) bool { return false } },
		"network": func(t *rapid.T) {
			f.g.loss = rapid.SampledFrom([]int{0, 0, 30_000, 300_000}).Draw(t, "loss")
			f.g.duplicate = rapid.SampledFrom([]int{0, 100_000}).Draw(t, "duplicates")
			f.g.reorder = rapid.SampledFrom([]int{0, 200_000}).Draw(t, "reordered")
		},
		"disk": func(t *rapid.T) {
			h := f.host("disk", true)
			h.held = !h.held
			if !h.held && len(h.unsynced) > 0 {
				f.g.sync(h)
			}
		},
		"voters": func(t *rapid.T) {
			var voters []wire.NodeID
			for _, i := range rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(t, "voters")[:rapid.SampledFrom([]int{1, 3, 3, 5}).Draw(t, "count")] {
				voters = append(voters, nodeID(i))
			}
			f.g.setVoters(voters)
		},
		"": func(t *rapid.T) {
			if f.g.failure != nil {
				t.Fatal(f.g.failure)
			}
		},
	}
}

// converge ends all faults, and demands that everything under way comes to an end.
func (f *faulty) converge() {
	g := f.g
	g.cut = func(int, int) bool { return false }
	g.loss, g.duplicate, g.reorder = 0, 0, 0
	for _, h := range g.hosts {
		h.held = false
		if h.machine == nil {
			g.restart(h)
		} else if len(h.unsynced) > 0 {
			g.sync(h)
		}
	}
	g.setVoters([]wire.NodeID{nodeID(0), nodeID(1), nodeID(2), nodeID(3), nodeID(4)})
	if f.proposals == 0 || g.hosts[0].machine.findProposal(proposalID(f.proposals)) < 0 {
		if err := g.propose(g.hosts[0], proposalID(f.proposals), "last"); err != nil {
			f.t.Fatal(err)
		}
	}
	last := proposalID(f.proposals)
	done := func() bool { return g.voters() == 5 && g.agreed() && len(g.answers[last]) > 0 && f.idle() }
	g.run(g.now+60*time.Second, done)
	if g.failure != nil {
		f.t.Fatal(g.failure)
	}
	if !done() {
		for _, h := range g.hosts {
			f.t.Log(h.machine)
		}
		f.t.Fatalf("no rest at %v: voters %d, agreed %t, last answered %v", g.now, g.voters(), g.agreed(), g.answers[last])
	}
	g.run(g.now+time.Second, nil)
}

func (f *faulty) idle() bool {
	return !slices.ContainsFunc(f.g.hosts, func(h *host) bool { return len(h.machine.proposals)+len(h.machine.reads) > 0 })
}

// verify compares what the nodes hold with what was answered.
func (f *faulty) verify() {
	g := f.g
	items := g.hosts[0].state.items
	count := map[string]int{}
	for _, item := range items {
		count[item]++
		if count[item] > 1 {
			f.t.Fatalf("%s was applied twice", item)
		}
	}
	for _, h := range g.hosts {
		if !slices.Equal(h.state.items, items) {
			f.t.Fatalf("%s has %q, %s has %q", short(h.id), h.state.items, short(g.hosts[0].id), items)
		}
		if !strings.HasPrefix(string(h.machine.group.append(nil)), string(g.hosts[0].machine.group.append(nil))) {
			f.t.Fatalf("%s remembers other decisions than %s", short(h.id), short(g.hosts[0].id))
		}
	}
	for i := range f.proposals {
		answers := g.answers[proposalID(i)]
		if len(answers) > 1 {
			f.t.Fatalf("proposal %d was answered %d times", i, len(answers))
		}
		for _, a := range answers {
			if want := slices.Index(items, fmt.Sprint("p", i)) + 1; a.Applied && string(a.Result) != fmt.Sprintf("#%d", want) {
				f.t.Fatalf("proposal %d was answered %q and is at place %d", i, a.Result, want)
			}
		}
	}
	for number, floor := range f.floor { //unordered: each is judged alone
		if r := g.reads[number]; r.Known && r.Index < floor {
			f.t.Fatalf("read %d gave index %d, though %d had been answered", number, r.Index, floor)
		}
	}
}

func smallConfig() Config {
	c := DefaultConfig()
	c.CheckpointEntries, c.KeepEntries, c.CatchUpEntries = 8, 3, 2
	c.ChunkBytes, c.MaxAppend = 64, 200
	return c
}

// Whatever crashes, is lost, cut off or slow, and whoever is to vote: raft's promises hold at every step, each proposal is
// applied once at most, reads are never stale, and once the faults end everything comes to rest.
func TestPromisesUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &faulty{t: t, floor: map[uint64]uint64{}}
		f.g = newTestGroup(5, rapid.Uint64().Draw(t, "seed"), smallConfig(), nil)
		f.g.run(f.g.now+time.Duration(rapid.IntRange(10, 3000).Draw(t, "ms"))*time.Millisecond, nil)
		t.Repeat(f.actions())
		f.converge()
		f.verify()
	})
}
