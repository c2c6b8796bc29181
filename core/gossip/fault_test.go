package gossip

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A group under loss, duplication, reordering, partitions, crashes, restarts, pauses and departures, with Check after
// every event. Once everything is healed, all must see what is true.
func TestGroupConvergesAfterFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 7).Draw(t, "n")
		variant := rapid.SampledFrom(Variants[:]).Draw(t, "variant")
		g := newGroup(t, n, DefaultConfig().With(variant), rapid.Uint64().Draw(t, "seed"))
		g.check = true
		g.config.ForgivePauses = rapid.Bool().Draw(t, "forgive")
		node := rapid.IntRange(0, n-1)
		incarnations := make([]uint64, n)
		restart := func(i int) {
			incarnations[i] += 1 << 32
			g.start(i, incarnations[i])
		}
		t.Repeat(map[string]func(*rapid.T){
			"run": func(t *rapid.T) {
				g.run(time.Duration(rapid.SampledFrom([]int{1, 100, 3_000, 20_000, 60_000}).Draw(t, "ms")) * time.Millisecond)
			},
			"weather": func(t *rapid.T) {
				g.loss = rapid.SampledFrom([]int{0, 50_000, 400_000}).Draw(t, "loss")
				g.double = rapid.SampledFrom([]int{0, 200_000}).Draw(t, "double")
				g.latency = time.Duration(rapid.SampledFrom([]int{1, 50, 700}).Draw(t, "latency")) * time.Millisecond
			},
			"cut": func(t *rapid.T) {
				side := rapid.SliceOfN(rapid.IntRange(0, 1), n, n).Draw(t, "side")
				oneWay := rapid.Bool().Draw(t, "one way")
				g.cut = func(from, to int) bool { return side[from] != side[to] && (!oneWay || side[from] == 0) }
			},
			"heal":    func(*rapid.T) { g.cut = nil },
			"crash":   func(t *rapid.T) { g.crash(node.Draw(t, "node")) },
			"restart": func(t *rapid.T) { restart(node.Draw(t, "node")) },
			"restart all": func(*rapid.T) {
				for i, m := range g.machines {
					if m == nil || m.left {
						restart(i)
					}
				}
			},
			"block": func(t *rapid.T) {
				g.blocked[node.Draw(t, "node")] = g.now + time.Duration(rapid.IntRange(100, 30_000).Draw(t, "ms"))*time.Millisecond
			},
			"leave": func(t *rapid.T) {
				if i := node.Draw(t, "node"); g.machines[i] != nil {
					g.machines[i].Leave(g.now)
					g.settle(i)
				}
			},
			"": func(t *rapid.T) {
				for i, m := range g.machines {
					if m != nil && m.LocalHealth() > g.config.LocalHealthMax {
						t.Fatalf("node %d has local health %d", i, m.LocalHealth())
					}
				}
			},
		})
		g.loss, g.double, g.latency, g.cut = 0, 0, time.Millisecond, nil
		clear(g.blocked)
		// A crashed member that nobody noticed has to be found out: by n probes stretched by local health, and Max.
		if took := 5 * time.Minute; !g.runUntil(took, g.agrees) {
			for _, m := range g.machines {
				if m != nil {
					t.Log(m.String())
				}
			}
			t.Fatalf("%v after the last fault: %s", took, g.disagreement())
		}
	})
}

// Partitions of any length and shape heal within seconds, for the isolated single node as well as for halves.
func TestPartitionsHeal(t *testing.T) {
	for _, n := range []int{2, 5, 32, 100} {
		for _, minority := range []int{1, n / 2} {
			for _, length := range []time.Duration{20 * time.Second, 10 * time.Minute} {
				g := newGroup(t, n, DefaultConfig(), uint64(n))
				g.run(10 * time.Second)
				g.cut = func(a, b int) bool { return (a < minority) != (b < minority) }
				g.run(length)
				g.cut = nil
				if took := g.mustAgree(time.Minute); took > 20*time.Second {
					t.Errorf("n=%d: %d cut off for %v: it took %v to heal", n, minority, length, took)
				}
			}
		}
	}
}

// Two nodes leave and come back at once, so that the goodbye of each reaches the other's next life. Each holds the
// other as gone, and there is nobody else to tell them better.
func TestNodesThatLeftTogetherFindEachOther(t *testing.T) {
	g := newGroup(t, 3, DefaultConfig(), 3)
	g.run(5 * time.Second)
	g.crash(2)
	for i := range 2 {
		g.machines[i].Leave(g.now)
		g.settle(i)
	}
	g.start(0, 1<<32)
	g.start(1, 1<<32)
	g.run(50 * time.Millisecond)
	if a, b := g.machines[0].Health(nodeID(1)), g.machines[1].Health(nodeID(0)); a != Left || b != Left {
		t.Fatalf("they hold each other %v and %v: the test shows nothing", a, b)
	}
	g.mustAgree(time.Minute)
}

// A node that returns is not met by a storm: the messages it takes to heal stay in proportion to the group.
func TestReturnCausesNoStorm(t *testing.T) {
	const n = 100
	g := newGroup(t, n, DefaultConfig(), 5)
	g.run(10 * time.Second)
	g.cut = func(a, b int) bool { return (a == 0) != (b == 0) }
	g.run(5 * time.Minute)
	g.cut = nil
	states := 0
	g.onSend = func(_, _ int, s Send) {
		if s.Reliable && len(s.Payload) > 500 {
			states++
		}
	}
	g.mustAgree(20 * time.Second)
	if states > 20 {
		t.Errorf("%d pages of state were sent", states)
	}
}

func mustFail(t *testing.T, name string, m *Machine) {
	t.Helper()
	if err := m.Check(); err == nil {
		t.Errorf("%s: Check found nothing wrong", name)
	}
}

// Check finds each kind of planted damage.
func TestCheckFindsPlantedBugs(t *testing.T) {
	busy := func() *Machine {
		d := drive(t, 8, DefaultConfig())
		d.hear(1, "gossip incarnation=0 suspect(c,0,by b) suspect(d,0,by b) dead(e,0) left(f,0)")
		d.hear(4, "ping-req #70 target=b incarnation=0")
		d.hear(4, "ack incarnation=0")
		d.toProbe()
		d.contest(6, 0)
		d.spread(2)
		d.spread(3)
		mustCheck(t, d.Machine)
		return d.Machine
	}
	for i, plant := range []func(m *Machine){
		func(m *Machine) { m.members.slots[2].health = Dead },
		func(m *Machine) { m.members.slots[1].id[5]++ },
		func(m *Machine) { m.members.slots[self].health = Dead },
		func(m *Machine) { m.members.living = m.members.living[1:] },
		func(m *Machine) {
			table := m.members.index.table
			clear(table[slices.IndexFunc(table, func(entry uint32) bool { return entry > 0 }):][:1])
		},
		func(m *Machine) { m.members.free = append(m.members.free, 1) },
		func(m *Machine) { m.order.list[0] = m.order.list[1] },
		func(m *Machine) { m.order.at = len(m.order.list) + 1 },
		func(m *Machine) { m.rumours.all[2].sends = 1 },
		func(m *Machine) { m.rumours.all[2].sends = notQueued },
		func(m *Machine) { m.rumours.lists[0].last = 1 },
		func(m *Machine) { m.rumours.count++ },
		func(m *Machine) { s := m.rumours.lists[0].last; m.rumours.all[s].next = m.rumours.lists[0].first },
		func(m *Machine) { m.suspicions.all[m.suspicions.heap[1]].due = 0 },
		func(m *Machine) { m.suspicions.all[m.suspicions.heap[0]].count = 9 },
		func(m *Machine) { m.suspicions.heap = m.suspicions.heap[:1] },
		func(m *Machine) { m.members.slots[2].suspicion = none },
		func(m *Machine) { m.members.slots[2].accuser = none },
		func(m *Machine) { m.contested = nil },
		func(m *Machine) { m.contested = append(m.contested, m.contested[0]) },
		func(m *Machine) { m.probe.target = none },
		func(m *Machine) { m.probe.sequence++ },
		func(m *Machine) { m.localHealth = 9 },
		func(m *Machine) { m.relays.first++ },
		func(m *Machine) { m.relays.quiet = 2 },
		func(m *Machine) { m.members.slots[4].relays++ },
		func(m *Machine) { m.gossipAt = never },
		func(m *Machine) { m.reconnectAt = never },
		func(m *Machine) { m.exchangeAt = never },
	} {
		m := busy()
		plant(m)
		mustFail(t, fmt.Sprintf("planted bug %d", i), m)
	}
}
