package gossip

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// A member is known inside of the machine by its slot, a small integer that stays the same for as long as it is a
// member. Slots of members that went are used again.
type slot = int32

const (
	// self is the slot of this node: it is in the table like all others, and never goes.
	self slot = 0
	none slot = -1
)

// never is the deadline of what is not to happen.
const never = time.Duration(1<<63 - 1)

// member is what a machine holds about one node, but for the times. There is one for each pair of nodes of a simulated
// group, far more than a cache holds, so it is no larger than a cache line.
type member struct {
	id     wire.NodeID
	health Health // Invariant: never Unknown for a slot in use.
	// relays counts the indirect probes that are under way for this member.
	relays uint8
	// contested says that the member waits in the queue of those to be told that they are held dead.
	contested bool
	heard     bool  // somebody has said something about it since it became a member
	gone      bool  // was a member, and this call is taking it out
	place     int32 // index in the set of the living or of the absent, whichever health says

	incarnation uint64 // the highest heard of; only the member itself raises it
	version     uint64 // of its configuration, the highest heard from it
	// accuser is who spoke the latest suspicion that this machine believed and passes on. Meaningful while suspected.
	accuser   slot
	suspicion int32 // index of the running suspicion, or none. Invariant: none unless health is Suspect.
}

// times is what is seldom asked about a member.
type times struct {
	changed time.Duration // when health last changed
	ponged  time.Duration // when it last answered a ping, or -1
}

// memberTable finds members by id and draws random ones by health, each in constant time.
type memberTable struct {
	slots []member
	times []times // by slot
	index index
	free  []slot
	// living holds the members that are Alive or Suspect, absent those that are Dead or Left, in no order that means
	// anything. Neither holds self.
	living, absent []slot
}

func newMemberTable(id wire.NodeID, seed uint64) memberTable {
	t := memberTable{index: index{seed: seed}}
	t.add(id, 0)
	t.remove(self, &t.living)
	return t
}

// count is SWIM's n: all members, self included.
func (t *memberTable) count() int { return len(t.slots) - len(t.free) }

func (t *memberTable) lookup(id wire.NodeID) (slot, bool) {
	s := t.index.find(&id, t.index.glance(&id), t.slots)
	return s, s != none
}

// reserve makes room for n members, since to grow by doubling would waste much of a large simulated group's memory.
func (t *memberTable) reserve(n int) {
	t.slots = slices.Grow(t.slots, max(n+1-len(t.slots), 0))
	t.times = slices.Grow(t.times, max(n+1-len(t.times), 0))
	t.living = slices.Grow(t.living, max(n-len(t.living), 0))
}

// add takes a member in, believed alive.
func (t *memberTable) add(id wire.NodeID, now time.Duration) slot {
	var s slot
	if last := len(t.free) - 1; last >= 0 {
		s = t.free[last]
		t.free = t.free[:last]
	} else {
		s = slot(len(t.slots))
		t.slots = append(t.slots, member{})
		t.times = append(t.times, times{})
	}
	t.slots[s] = member{id: id, health: Alive, accuser: none, suspicion: none}
	t.times[s] = times{changed: now, ponged: -1}
	t.index.insert(s, t.slots)
	t.insert(s, &t.living)
	return s
}

// release gives back the slots of the members marked as gone, to whom nothing refers any more.
func (t *memberTable) release() {
	for s := range t.slots {
		if t.slots[s].gone {
			t.remove(slot(s), t.set(t.slots[s].health))
			t.slots[s] = member{}
			t.free = append(t.free, slot(s))
		}
	}
	t.index.rebuild(t.slots)
}

// setHealth moves a member between the sets of the living and the absent.
func (t *memberTable) setHealth(s slot, health Health) {
	before, after := t.set(t.slots[s].health), t.set(health)
	t.slots[s].health = health
	if before != after && s != self {
		t.remove(s, before)
		t.insert(s, after)
	}
}

func (t *memberTable) set(health Health) *[]slot {
	if health <= Suspect {
		return &t.living
	}
	return &t.absent
}

func (t *memberTable) insert(s slot, set *[]slot) {
	t.slots[s].place = int32(len(*set))
	*set = append(*set, s)
}

func (t *memberTable) remove(s slot, set *[]slot) {
	last := len(*set) - 1
	t.swap(*set, int(t.slots[s].place), last)
	*set = (*set)[:last]
}

func (t *memberTable) swap(set []slot, i, j int) {
	set[i], set[j] = set[j], set[i]
	t.slots[set[i]].place, t.slots[set[j]].place = int32(i), int32(j)
}

// drawLiving returns up to k distinct living members, uniformly at random. The result is valid until the sets change.
func (t *memberTable) drawLiving(k int, source *random.Stream) []slot {
	k = min(k, len(t.living))
	for i := range k { // the first k steps of a Fisher–Yates shuffle
		t.swap(t.living, i, i+source.IntN(len(t.living)-i))
	}
	return t.living[:k]
}

// sorted returns the slots in use in the order of their ids.
func (t *memberTable) sorted() []slot {
	var all []slot
	for s := range t.slots {
		if t.slots[s].health != Unknown {
			all = append(all, slot(s))
		}
	}
	slices.SortFunc(all, func(a, b slot) int { return t.slots[a].id.Compare(t.slots[b].id) })
	return all
}
