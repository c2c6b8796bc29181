package gossip

import (
	"cmp"
	"slices"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// The table of members and the order of probes against a naive list.
func TestMembershipAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := New(DefaultConfig(), nodeID(0), 0, random.New(rapid.Uint64().Draw(t, "seed")))
		var now time.Duration
		health := map[wire.NodeID]Health{} // the twin
		t.Repeat(map[string]func(*rapid.T){
			"set members": func(t *rapid.T) {
				present := rapid.SliceOfDistinct(rapid.IntRange(0, 40), rapid.ID[int]).Draw(t, "members")
				var ids []wire.NodeID
				next := map[wire.NodeID]Health{}
				for _, i := range present {
					id := nodeID(i)
					ids = append(ids, id)
					if i > 0 {
						next[id] = max(health[id], Alive)
					}
				}
				m.SetMembers(now, ids)
				health = next
			},
			"believe": func(t *rapid.T) {
				messenger, subject := rapid.IntRange(1, 40).Draw(t, "messenger"), rapid.IntRange(1, 40).Draw(t, "subject")
				said := Health(rapid.IntRange(int(Alive), int(Left)).Draw(t, "health"))
				c := wireClaim{health: said, node: nodeID(subject), accuser: nodeID(messenger)}
				msg := message{kind: gossip, claims: c.append(nil)}
				err := m.Receive(now, nodeID(messenger), msg.append(nil), false)
				if _, member := health[nodeID(messenger)]; member != (err == nil) {
					t.Fatalf("from %d: %v", messenger, err)
				}
				if held, member := health[nodeID(subject)]; member && err == nil {
					health[nodeID(subject)] = max(held, said)
				}
			},
			"probe": func(t *rapid.T) {
				m.startProbe()
				m.Take()
				if p := m.probe; p.target != none && m.members.slots[p.target].health > Suspect {
					t.Fatalf("probing slot %d", p.target)
				}
				m.probe.stage, m.probe.target = resting, none
				if m.alone() {
					m.rest()
				}
			},
			"": func(t *rapid.T) {
				if err := m.Check(); err != nil {
					t.Fatal(err)
				}
				for i := 1; i <= 40; i++ {
					if got, want := m.Health(nodeID(i)), health[nodeID(i)]; got != want {
						t.Fatalf("node %d is %v, want %v", i, got, want)
					}
				}
				if m.members.count() != len(health)+1 {
					t.Fatalf("%d members, want %d", m.members.count(), len(health)+1)
				}
			},
		})
	})
}

// The queue of rumours against a list that is sorted for each message.
func TestRumourQueueAgainstTwin(t *testing.T) {
	type rumour struct{ slot, sends, age int }
	rapid.Check(t, func(t *rapid.T) {
		const n = 30
		config := DefaultConfig()
		config.MaxPayload = minPayload + 40
		m := New(config, nodeID(0), 0, random.New(1))
		m.SetMembers(0, nodeIDs(n))
		m.dropRumour(self)
		var twin []rumour
		age, limit := 0, len(m.rumours.lists)
		forget := func(s int) {
			twin = slices.DeleteFunc(twin, func(r rumour) bool { return r.slot == s })
		}
		t.Repeat(map[string]func(*rapid.T){
			"spread": func(t *rapid.T) {
				s := rapid.IntRange(1, n-1).Draw(t, "slot")
				m.spread(slot(s))
				forget(s)
				age++
				twin = append(twin, rumour{s, 0, age})
			},
			"drop": func(t *rapid.T) {
				s := rapid.IntRange(1, n-1).Draw(t, "slot")
				m.dropRumour(slot(s))
				forget(s)
			},
			"resize": func(t *rapid.T) {
				limit = rapid.IntRange(1, 12).Draw(t, "limit")
				m.setRumourLimit(limit)
				twin = slices.DeleteFunc(twin, func(r rumour) bool { return r.sends >= limit })
			},
			"send": func(t *rapid.T) {
				skip := rapid.IntRange(0, n-1).Draw(t, "skip")
				m.buffer = m.buffer[:0]
				m.appendRumours(0, slot(skip))
				slices.SortFunc(twin, func(a, b rumour) int { return cmp.Or(cmp.Compare(a.sends, b.sends), cmp.Compare(a.age, b.age)) })
				var want []wire.NodeID
				fits := config.MaxPayload / minClaimSize
				for i := range twin {
					if r := &twin[i]; r.slot != skip && len(want) < fits {
						want = append(want, m.members.slots[r.slot].id)
						r.sends++
						age++
						r.age = age
					}
				}
				twin = slices.DeleteFunc(twin, func(r rumour) bool { return r.sends >= limit })
				var got []wire.NodeID
				for _, c := range claimsOf(message{claims: m.buffer}) {
					got = append(got, c.node)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("sent %v, want %v", got, want)
				}
			},
			"": func(t *rapid.T) {
				if err := m.checkRumours(); err != nil || m.rumours.count != len(twin) {
					t.Fatalf("%d rumours, want %d: %v", m.rumours.count, len(twin), err)
				}
			},
		})
	})
}

// The heap of suspicions against the least of all.
func TestSuspicionsAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 30
		m := New(DefaultConfig(), nodeID(0), 0, random.New(1))
		m.SetMembers(0, nodeIDs(n))
		t.Repeat(map[string]func(*rapid.T){
			"accuse": func(t *rapid.T) {
				subject, accuser := rapid.IntRange(1, n-1).Draw(t, "subject"), rapid.IntRange(1, n-1).Draw(t, "accuser")
				m.consider(claim{slot: slot(subject), health: Suspect, incarnation: m.members.slots[subject].incarnation, by: slot(accuser)})
			},
			"refute": func(t *rapid.T) {
				subject := rapid.IntRange(1, n-1).Draw(t, "subject")
				m.consider(claim{slot: slot(subject), health: Alive, incarnation: m.members.slots[subject].incarnation + 1, by: slot(subject)})
			},
			"wait": func(t *rapid.T) { m.now += time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond },
			"expire": func(t *rapid.T) {
				m.now = max(m.now, m.suspicions.next())
				if m.now == never {
					m.now = 0
				}
				m.expireSuspicions(m.now)
			},
			"": func(t *rapid.T) {
				if err := m.checkSuspicions(); err != nil {
					t.Fatal(err)
				}
				least := never
				for s := range m.members.slots {
					if i := m.members.slots[s].suspicion; i != none {
						running := m.suspicions.all[i]
						if want := running.started + m.suspicions.timeouts[running.count-1]; running.due != want {
							t.Fatalf("slot %d is due at %v, want %v", s, running.due, want)
						}
						least = min(least, running.due)
					}
				}
				if got := m.suspicions.next(); got != least {
					t.Fatalf("next is %v, want %v", got, least)
				}
			},
		})
	})
}

func TestMemberIsACacheLine(t *testing.T) {
	if size := unsafe.Sizeof(member{}); size > 64 {
		t.Errorf("a member has %d bytes", size)
	}
}

// The index against a map, with ids that differ in one bit only.
func TestIndexAgainstMap(t *testing.T) {
	members := []member{}
	x := index{seed: 12345}
	want := map[wire.NodeID]slot{}
	for bit := range 8 * nodeIDSize {
		var id wire.NodeID
		id[bit/8] = 1 << (bit % 8)
		members = append(members, member{id: id, health: Alive})
		x.insert(slot(bit), members)
		want[id] = slot(bit)
	}
	for bit := range 8 * nodeIDSize {
		for other := range 8 * nodeIDSize {
			var id wire.NodeID
			id[bit/8] ^= 1 << (bit % 8)
			id[other/8] ^= 1 << (other % 8)
			s := x.find(&id, x.glance(&id), members)
			found := s != none
			if wanted, there := want[id]; found != there || found && s != wanted {
				t.Fatalf("%v: slot %d (%v), want %d (%v)", id, s, found, wanted, there)
			}
		}
	}
	longest := 0
	for i := range x.table {
		run := 0
		for run < len(x.table) && x.table[(i+run)%len(x.table)] != 0 {
			run++
		}
		longest = max(longest, run)
	}
	if longest > 40 {
		t.Errorf("a run of %d entries in a table of %d", longest, len(x.table))
	}
}
