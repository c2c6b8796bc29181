package topology

import (
	"bytes"
	"errors"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/slots"
)

// twin is the configuration as a naive program would keep it.
type twin struct {
	owner   map[slots.Slot]ShardID
	epoch   map[ShardID]uint64
	nodes   map[NodeID]Node
	version uint64
}

func newTwin(s *State) *twin {
	w := &twin{owner: map[slots.Slot]ShardID{}, epoch: map[ShardID]uint64{}, nodes: map[NodeID]Node{}, version: s.Version}
	for _, shard := range s.Shards() {
		w.epoch[shard.ID] = shard.Epoch
		set := s.SlotsOf(shard.ID)
		for slot, ok := set.Next(0); ok; slot, ok = set.Next(slot + 1) {
			w.owner[slot] = shard.ID
		}
	}
	for _, node := range s.Nodes() {
		w.nodes[node.ID] = node
	}
	return w
}

// apply changes the twin and returns the refusal's reason, if any, and whether anything changed.
func (w *twin) apply(c Command) (reason Reason, refused, changed bool) {
	before := w.version
	switch c := c.(type) {
	case AddSlots:
		reason, refused = w.move(c.Shard, c.Epoch, c.Slots, SlotBusy, ShardID{}, c.Shard)
	case DeleteSlots:
		reason, refused = w.move(c.Shard, c.Epoch, c.Slots, SlotUnassigned, c.Shard, ShardID{})
	case SetBoot:
		node, ok := w.nodes[c.Node]
		switch {
		case !ok:
			return UnknownNode, true, false
		case w.epoch[node.Shard] != c.Epoch:
			return StaleEpoch, true, false
		case c.Boot < node.Boot:
			return StaleBoot, true, false
		}
		node.Boot = c.Boot
		w.set(node)
	case SetAddress:
		node, ok := w.nodes[c.Node]
		switch {
		case !ok:
			return UnknownNode, true, false
		case w.epoch[node.Shard] != c.Epoch:
			return StaleEpoch, true, false
		case c.Host == "" && len(w.nodes) > 1 || c.ClientPort == 0:
			return InvalidAddress, true, false
		}
		node.Host, node.Hostname, node.Zone, node.ClientPort, node.BusPort = c.Host, c.Hostname, c.Zone, c.ClientPort, c.BusPort
		w.set(node)
	}
	return reason, refused, w.version != before
}

func (w *twin) set(node Node) {
	if w.nodes[node.ID] != node {
		w.nodes[node.ID] = node
		w.version++
	}
}

// move gives every slot of a set a new owner, if each has the old one now.
func (w *twin) move(shard ShardID, epoch uint64, set slots.Set, wrong Reason, from, to ShardID) (Reason, bool) {
	actual, ok := w.epoch[shard]
	if !ok {
		return UnknownShard, true
	}
	if actual != epoch {
		return StaleEpoch, true
	}
	for slot := range slots.Slot(slots.Count) {
		if owner := w.owner[slot]; set.Contains(slot) && owner != from {
			if !owner.IsZero() && wrong == SlotUnassigned {
				return SlotNotOwned, true
			}
			return wrong, true
		}
	}
	for slot := range slots.Slot(slots.Count) {
		if set.Contains(slot) {
			w.owner[slot] = to
		}
	}
	if !set.Empty() {
		w.version++
	}
	return 0, false
}

// drawState draws a valid configuration of few nodes, so that commands meet.
func drawState(t *rapid.T) *State {
	digits := []string{"1", "2", "3", "4", "5", "6", "7"}
	var specs []ShardSpec
	free := slots.Slot(0)
	for len(digits) > 0 && (len(specs) == 0 || rapid.Bool().Draw(t, "another shard")) {
		spec := ShardSpec{ID: shardNamed(digits[0]), Epoch: rapid.Uint64Range(0, 3).Draw(t, "epoch")}
		for n := rapid.IntRange(1, min(3, len(digits))).Draw(t, "members"); n > 0; n-- {
			spec.Nodes = append(spec.Nodes, testNode(digits[0]))
			digits = digits[1:]
		}
		for n := rapid.IntRange(0, 3).Draw(t, "slots"); n > 0; n-- {
			free += slots.Slot(rapid.IntRange(1, 2).Draw(t, "gap"))
			spec.Slots.Add(free)
		}
		specs = append(specs, spec)
	}
	s, err := Build(testCluster, specs...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.shards { // some replicas are not in sync
		shard := &s.shards[i]
		inSync := shard.InSync[:0:0]
		for _, id := range shard.InSync {
			if id == shard.Primary || rapid.Bool().Draw(t, "in sync") {
				inSync = append(inSync, id)
			}
		}
		shard.InSync = inSync
	}
	return s
}

// drawCommand draws a command that may or may not fit the configuration.
func drawCommand(t *rapid.T, s *State) Command {
	node := rapid.SampledFrom(append([]Node{testNode("e")}, s.Nodes()...)).Draw(t, "node").ID
	shard := rapid.SampledFrom(append([]Shard{{ID: shardNamed("e")}}, s.Shards()...)).Draw(t, "shard").ID
	actual, _ := s.Shard(shard)
	if member, ok := s.ShardOf(node); ok && rapid.Bool().Draw(t, "member's shard") {
		shard, actual = member.ID, member
	}
	epoch := actual.Epoch
	if rapid.IntRange(0, 4).Draw(t, "stale") == 0 {
		epoch = rapid.Uint64Range(0, 4).Draw(t, "epoch")
	}
	var set slots.Set
	for n := rapid.IntRange(0, 3).Draw(t, "slots"); n > 0; n-- {
		set.Add(rapid.SampledFrom([]slots.Slot{0, 1, 2, 3, 4, 5, 6, 7, 63, 64, 16383}).Draw(t, "slot"))
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return AddSlots{Shard: shard, Epoch: epoch, Slots: set}
	case 1:
		return DeleteSlots{Shard: shard, Epoch: epoch, Slots: set}
	case 2:
		return SetBoot{Node: node, Epoch: epoch, Boot: rapid.Uint64Range(0, 5).Draw(t, "boot")}
	}
	return SetAddress{Node: node, Epoch: epoch, Host: rapid.SampledFrom([]string{"", "10.0.0.1", "::1"}).Draw(t, "host"),
		Hostname:   rapid.SampledFrom([]string{"", "a.example.org"}).Draw(t, "hostname"),
		ClientPort: rapid.Uint16Range(0, 2).Draw(t, "port"), BusPort: 1}
}

func TestApplyAgreesWithTwin(t *testing.T) {
	refusals := map[Reason]int{}
	rapid.Check(t, func(t *rapid.T) {
		state := drawState(t)
		w := newTwin(state)
		type past struct {
			state *State
			bytes []byte
		}
		var history []past
		for range rapid.IntRange(1, 20).Draw(t, "commands") {
			c := drawCommand(t, state)
			history = append(history, past{state, state.Append(nil)})
			next, result := state.Apply(c)
			reason, refused, changed := w.apply(c)

			var refusal *Refusal
			if errors.As(result.Err, &refusal) != refused || refused && refusal.Reason != reason {
				t.Fatalf("%v: got %v, want refusal %t with reason %d", c, result.Err, refused, reason)
			}
			if refused {
				refusals[reason]++
			}
			if result.Changed != changed || !changed && next != state {
				t.Fatalf("%v: changed %t, want %t", c, result.Changed, changed)
			}
			compareWithTwin(t, next, w)
			if next.Epoch() < state.Epoch() || next.Version < state.Version {
				t.Fatalf("%v: epoch or version fell from %d, %d to %d, %d", c, state.Epoch(), state.Version, next.Epoch(), next.Version)
			}
			state = next
		}
		for _, p := range history {
			if !bytes.Equal(p.state.Append(nil), p.bytes) {
				t.Fatalf("version %d was changed by a later command", p.state.Version)
			}
		}
	})
	for _, reason := range []Reason{SlotBusy, SlotUnassigned, SlotNotOwned, StaleEpoch, StaleBoot, UnknownShard, UnknownNode, InvalidAddress} {
		if refusals[reason] == 0 {
			t.Errorf("no command was refused with reason %d", reason)
		}
	}
}

func compareWithTwin(t *rapid.T, s *State, w *twin) {
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if got := newTwin(s); s.Version != w.version || !maps.Equal(got.nodes, w.nodes) || !maps.Equal(got.epoch, w.epoch) {
		t.Fatalf("state %v is not %+v", s, w)
	}
	assigned := 0
	for slot := range slots.Slot(slots.Count) {
		want := w.owner[slot]
		owner, ok := s.Owner(slot)
		primary, primaryOK := s.PrimaryOf(slot)
		if owner.ID != want || ok == want.IsZero() || primaryOK != ok || primary.ID != owner.Primary {
			t.Fatalf("slot %d: owner %v, primary %v, want owner %v", slot, owner.ID, primary.ID, want)
		}
		if ok {
			assigned++
		}
	}
	if assigned != s.AssignedSlots() {
		t.Fatalf("%d slots are assigned, AssignedSlots says %d", assigned, s.AssignedSlots())
	}
}

// Of two commands that were made for the same state and exclude each other, the second is refused and told why.
func TestRacingClaims(t *testing.T) {
	s := testState(t)
	first := AddSlots{Shard: shardNamed("1"), Epoch: 3, Slots: slotSet(t, "200-300")}
	second := AddSlots{Shard: shardNamed("2"), Epoch: 4, Slots: slotSet(t, "300-400")}
	for _, order := range [][2]Command{{first, second}, {second, first}} {
		next, result := s.Apply(order[0])
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		last, result := next.Apply(order[1])
		if result.Err == nil || result.Err.Error() != "ERR Slot 300 is already busy" || last != next {
			t.Errorf("second claim of slot 300: %v", result.Err)
		}
	}
}
