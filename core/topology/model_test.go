package topology

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/slots"
)

// modelShard and model are a cluster as a naive program would keep it: maps all over, judged by plain rules.
type modelShard struct {
	epoch   uint64
	primary NodeID
	inSync  map[NodeID]bool
}

type model struct {
	shard   map[NodeID]ShardID // of each node
	boot    map[NodeID]uint64
	shards  map[ShardID]*modelShard
	owner   map[slots.Slot]ShardID
	marks   map[slots.Slot]Mark
	version uint64
	highest uint64
	voters  []NodeID
	changes uint64 // of the voters
	values  map[string]string
	joins   map[JoinToken]bool // true: aborted
	joiner  map[JoinToken]NodeID
	gone    map[NodeID]bool
}

func newModel(s *State) *model {
	m := &model{
		shard: map[NodeID]ShardID{}, boot: map[NodeID]uint64{}, shards: map[ShardID]*modelShard{}, owner: map[slots.Slot]ShardID{},
		marks: map[slots.Slot]Mark{}, version: s.Version, highest: s.Epoch(), voters: s.Voters(), changes: s.VotersEpoch(), values: map[string]string{},
		joins: map[JoinToken]bool{}, joiner: map[JoinToken]NodeID{}, gone: map[NodeID]bool{},
	}
	for _, n := range s.Nodes() {
		m.shard[n.ID], m.boot[n.ID] = n.Shard, n.Boot
	}
	for _, shard := range s.Shards() {
		record := &modelShard{epoch: shard.Epoch, primary: shard.Primary, inSync: map[NodeID]bool{}}
		for _, id := range shard.InSync {
			record.inSync[id] = true
		}
		m.shards[shard.ID] = record
	}
	for slot := range slots.Slot(slots.Count) {
		if shard, ok := s.Owner(slot); ok {
			m.owner[slot] = shard.ID
		}
	}
	for _, mark := range s.Marks() {
		m.marks[mark.Slot] = mark
	}
	for _, set := range s.Settings() {
		m.values[set.Name] = set.Value
	}
	for _, j := range s.joins {
		m.joins[j.Token], m.joiner[j.Token] = j.Aborted, j.Node
	}
	for _, t := range s.tombstones {
		m.gone[t.Node] = true
	}
	return m
}

func (m *model) members(id ShardID) (ids []NodeID) {
	for node, shard := range m.shard {
		if shard == id {
			ids = append(ids, node)
		}
	}
	return ids
}

func (m *model) owns(id ShardID) bool {
	for _, owner := range m.owner {
		if owner == id {
			return true
		}
	}
	return false
}

// at reports whether a shard is there under an epoch.
func (m *model) at(id ShardID, epoch uint64) bool {
	return m.shards[id] != nil && m.shards[id].epoch == epoch
}

// leave takes a node out of its shard, if the shard can do without it.
func (m *model) leave(id NodeID) bool {
	shard := m.shard[id]
	record := m.shards[shard]
	if record.primary == id && (m.owns(shard) || len(m.members(shard)) > 1) {
		return false
	}
	for _, mark := range m.marks {
		if record.primary == id && mark.Target == shard {
			return false
		}
	}
	delete(m.shard, id)
	delete(record.inSync, id)
	if len(m.members(shard)) == 0 {
		delete(m.shards, shard)
		for slot, mark := range m.marks {
			if mark.Source == shard || mark.Target == shard {
				delete(m.marks, slot)
			}
		}
	}
	return true
}

func (m *model) give(slot slots.Slot, to ShardID) {
	m.owner[slot] = to
	if to.IsZero() {
		delete(m.owner, slot)
	}
	delete(m.marks, slot)
}

func all(set slots.Set, ok func(slots.Slot) bool) bool {
	for slot, more := set.Next(0); more; slot, more = set.Next(slot + 1) {
		if !ok(slot) {
			return false
		}
	}
	return true
}

func each(set slots.Set, do func(slots.Slot)) {
	all(set, func(slot slots.Slot) bool { do(slot); return true })
}

// apply changes the model as a command wants, and reports whether the command is accepted.
func (m *model) apply(c Command) bool {
	switch c := c.(type) {
	case Join:
		return m.join(c)
	case AbortJoin:
		if aborted, decided := m.joins[c.Token]; decided {
			return aborted
		}
		m.joins[c.Token], m.joiner[c.Token] = true, c.Node
		return true
	case Forget:
		if _, member := m.shard[c.Node]; !member {
			return m.gone[c.Node]
		}
		if len(m.shard) == 1 || slices.Contains(m.voters, c.Node) || !m.leave(c.Node) {
			return false
		}
		delete(m.boot, c.Node)
		m.gone[c.Node] = true
		return true
	case Promote:
		if !m.at(c.Shard, c.Epoch) || m.shard[c.Node] != c.Shard || m.boot[c.Node] != c.Boot || !m.shards[c.Shard].inSync[c.Node] {
			return false
		}
		if m.shards[c.Shard].primary != c.Node {
			m.highest++
			m.shards[c.Shard].primary, m.shards[c.Shard].epoch = c.Node, m.highest
		}
		return true
	case AddInSync:
		if !m.at(c.Shard, c.Epoch) || m.shard[c.Node] != c.Shard || m.boot[c.Node] != c.Boot {
			return false
		}
		m.shards[c.Shard].inSync[c.Node] = true
		return true
	case RemoveInSync:
		if !m.at(c.Shard, c.Epoch) || m.shard[c.Node] != c.Shard || m.shards[c.Shard].primary == c.Node {
			return false
		}
		delete(m.shards[c.Shard].inSync, c.Node)
		return true
	case AddMember:
		if !m.at(c.Shard, c.Epoch) || !m.at(m.shard[c.Node], c.NodeEpoch) {
			return false
		}
		if m.shard[c.Node] == c.Shard {
			return m.shards[c.Shard].primary != c.Node
		}
		if !m.leave(c.Node) {
			return false
		}
		m.shard[c.Node] = c.Shard
		return true
	case Detach:
		from := m.shard[c.Node]
		if !m.at(from, c.Epoch) || m.shards[from].primary == c.Node || m.shards[c.NewShard] != nil {
			return false
		}
		m.leave(c.Node)
		m.highest++
		m.shard[c.Node] = c.NewShard
		m.shards[c.NewShard] = &modelShard{epoch: m.highest, primary: c.Node, inSync: map[NodeID]bool{c.Node: true}}
		return true
	}
	return m.applyCluster(c)
}

func (m *model) join(c Join) bool {
	if aborted, decided := m.joins[c.Token]; decided {
		return !aborted && m.joiner[c.Token] == c.Node.ID
	}
	if _, member := m.shard[c.Node.ID]; member || m.shards[c.Shard] != nil {
		return false
	}
	if !all(c.Claims, func(slot slots.Slot) bool { return m.owner[slot].IsZero() || !c.WithKeys.Contains(slot) }) {
		return false
	}
	each(c.Claims, func(slot slots.Slot) {
		if m.owner[slot].IsZero() {
			m.owner[slot] = c.Shard
		}
	})
	m.highest = max(m.highest, c.Epoch) + 1
	m.shard[c.Node.ID], m.boot[c.Node.ID] = c.Shard, c.Node.Boot
	m.shards[c.Shard] = &modelShard{epoch: m.highest, primary: c.Node.ID, inSync: map[NodeID]bool{c.Node.ID: true}}
	m.joins[c.Token], m.joiner[c.Token] = false, c.Node.ID
	delete(m.gone, c.Node.ID)
	return true
}

func (m *model) applyCluster(c Command) bool {
	switch c := c.(type) {
	case AddSlots:
		if !m.at(c.Shard, c.Epoch) || !all(c.Slots, func(slot slots.Slot) bool { return m.owner[slot].IsZero() }) {
			return false
		}
		each(c.Slots, func(slot slots.Slot) { m.give(slot, c.Shard) })
	case DeleteSlots:
		if !m.at(c.Shard, c.Epoch) || !all(c.Slots, func(slot slots.Slot) bool { return m.owner[slot] == c.Shard && m.marks[slot] == Mark{} }) {
			return false
		}
		each(c.Slots, func(slot slots.Slot) { m.give(slot, ShardID{}) })
	case TransferSlots:
		ours := func(slot slots.Slot) bool {
			mark := m.marks[slot]
			moves := m.owner[slot] == c.Source && mark.Target == c.Target && mark.Version <= c.Version
			return moves || m.owner[slot] == c.Target
		}
		if !m.at(c.Source, c.SourceEpoch) || !m.at(c.Target, c.TargetEpoch) || !all(c.Slots, ours) {
			return false
		}
		each(c.Slots, func(slot slots.Slot) {
			if m.owner[slot] != c.Target {
				m.give(slot, c.Target)
			}
		})
	case MarkMigrating:
		return m.mark(c.Slots, c.Source, c.Target, m.at(c.Source, c.Epoch) && m.shards[c.Target] != nil)
	case CloseImports:
		if !m.at(c.Target, c.Epoch) || m.boot[m.shards[c.Target].primary] != c.Boot {
			return false
		}
		each(c.Slots, func(slot slots.Slot) {
			if mark := m.marks[slot]; mark.Target == c.Target && mark.Version <= c.Version {
				delete(m.marks, slot)
			}
		})
	case SetSetting:
		if c.Name == "" {
			return false
		}
		m.values[c.Name] = c.Value
		if c.Value == "" {
			delete(m.values, c.Name)
		}
	case SetVoters:
		for i, id := range c.Voters {
			if _, member := m.shard[id]; !member || i > 0 && id.Compare(c.Voters[i-1]) <= 0 {
				return false
			}
		}
		if c.Epoch != m.changes || len(c.Voters) == 0 {
			return false
		}
		if !slices.Equal(m.voters, c.Voters) {
			m.voters = c.Voters
			m.changes++
		}
	case BumpEpoch:
		if !m.at(c.Shard, c.Epoch) {
			return false
		}
		rivals := 0
		for _, shard := range m.shards {
			if shard.epoch >= c.Epoch {
				rivals++
			}
		}
		if rivals > 1 || c.Epoch != m.highest || c.Epoch == 0 {
			m.highest++
			m.shards[c.Shard].epoch = m.highest
		}
	case SetEpoch:
		if !m.at(c.Shard, c.Epoch) || len(m.shard) > 1 || c.Epoch > 0 {
			return false
		}
		m.shards[c.Shard].epoch = c.NewEpoch
		m.highest = max(m.highest, c.NewEpoch)
	default:
		panic(fmt.Sprintf("no model of %T", c))
	}
	return true
}

func (m *model) mark(set slots.Set, source, target ShardID, known bool) bool {
	free := func(slot slots.Slot) bool {
		mark := m.marks[slot]
		return m.owner[slot] == source && source != target && (mark == Mark{} || mark.Target == target)
	}
	if !known || !all(set, free) {
		return false
	}
	each(set, func(slot slots.Slot) {
		if (m.marks[slot] == Mark{}) {
			m.marks[slot] = Mark{Slot: slot, Source: source, Target: target, Version: m.version + 1}
		}
	})
	return true
}

// drawChange draws a command of those that the twin does not know.
func drawChange(t *rapid.T, s *State) Command {
	node := rapid.SampledFrom(append([]Node{testNode("e"), testNode("f")}, s.Nodes()...)).Draw(t, "node")
	shards := append([]Shard{{ID: shardNamed("e")}}, s.Shards()...)
	shard, other := rapid.SampledFrom(shards).Draw(t, "shard"), rapid.SampledFrom(shards).Draw(t, "other shard")
	if own, ok := s.ShardOf(node.ID); ok && rapid.IntRange(0, 2).Draw(t, "own") > 0 {
		shard = own
	}
	if owners := slices.DeleteFunc(slices.Clone(s.Shards()), func(shard Shard) bool { return s.SlotsOf(shard.ID).Empty() }); len(owners) > 0 &&
		rapid.Bool().Draw(t, "an owner") {
		shard = rapid.SampledFrom(owners).Draw(t, "owner")
	}
	own, _ := s.ShardOf(node.ID)
	stale := func(epoch uint64) uint64 {
		if rapid.IntRange(0, 12).Draw(t, "stale") == 0 {
			return epoch + 1
		}
		return epoch
	}
	var set, keys slots.Set
	for range rapid.IntRange(1, 3).Draw(t, "slots") {
		slot := rapid.SampledFrom([]slots.Slot{0, 1, 2, 3, 4, 5, 6, 7, 9}).Draw(t, "slot")
		if owned := s.SlotsOf(shard.ID); rapid.IntRange(0, 3).Draw(t, "owned") > 0 && !owned.Empty() {
			slot = owned.Ranges()[0].First
		}
		set.Add(slot)
		if rapid.IntRange(0, 3).Draw(t, "key") == 0 {
			keys.Add(slot)
		}
	}
	token := JoinToken{rapid.Byte().Draw(t, "token") % 4}
	switch rapid.IntRange(0, 16).Draw(t, "kind") {
	case 0, 1:
		joiner := testNode(rapid.SampledFrom([]string{"8", "9", "e", "f"}).Draw(t, "joiner"))
		return Join{Token: token, Node: joiner, Shard: ShardID(joiner.ID), Epoch: rapid.Uint64Range(0, 9).Draw(t, "epoch"), Claims: set, WithKeys: keys}
	case 2:
		return AbortJoin{Token: token, Node: node.ID}
	case 3:
		return Forget{Node: node.ID}
	case 4:
		return Promote{Shard: shard.ID, Epoch: stale(shard.Epoch), Node: node.ID, Boot: stale(node.Boot)}
	case 5:
		return AddInSync{Shard: shard.ID, Epoch: stale(shard.Epoch), Node: node.ID, Boot: stale(node.Boot)}
	case 6:
		return RemoveInSync{Shard: shard.ID, Epoch: stale(shard.Epoch), Node: node.ID}
	case 7:
		return AddMember{Shard: other.ID, Epoch: stale(other.Epoch), Node: node.ID, NodeEpoch: stale(own.Epoch)}
	case 8:
		return Detach{Node: node.ID, Epoch: stale(own.Epoch), NewShard: shardNamed(rapid.SampledFrom([]string{"c", "d"}).Draw(t, "new shard"))}
	case 9:
		return TransferSlots{Source: shard.ID, SourceEpoch: stale(shard.Epoch), Target: other.ID, TargetEpoch: stale(other.Epoch), Version: stale(s.Version) - 1, Slots: set}
	case 10, 11, 12:
		return MarkMigrating{Source: shard.ID, Target: other.ID, Epoch: stale(shard.Epoch), Slots: set}
	case 13:
		primary, _ := s.Node(other.Primary)
		return CloseImports{Target: other.ID, Epoch: stale(other.Epoch), Boot: stale(primary.Boot), Version: stale(s.Version) - 1, Slots: set}
	case 14:
		return SetSetting{Name: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name"), Value: rapid.SampledFrom([]string{"", "yes"}).Draw(t, "value")}
	case 15:
		voters := []NodeID{node.ID}
		if first := s.Nodes()[0].ID; first.Compare(node.ID) < 0 {
			voters = []NodeID{first, node.ID}
		}
		return SetVoters{Epoch: stale(s.VotersEpoch()), Voters: voters}
	}
	if rapid.Bool().Draw(t, "set epoch") {
		return SetEpoch{Shard: shard.ID, Epoch: stale(shard.Epoch), NewEpoch: rapid.Uint64Range(0, 9).Draw(t, "new epoch")}
	}
	return BumpEpoch{Shard: shard.ID, Epoch: stale(shard.Epoch)}
}

// Every command does to a configuration what it does to the model, and nothing else; the bytes, the deltas and the checks
// agree with it at every version.
func TestEveryCommandAgreesWithModel(t *testing.T) {
	accepted, refused := map[string]int{}, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		state := drawState(t)
		m := newModel(state)
		archive := NewArchive(4)
		first := state
		for range rapid.IntRange(1, 30).Draw(t, "commands") {
			archive.Add(state)
			c := drawChange(t, state)
			if rapid.IntRange(0, 5).Draw(t, "older kind") == 0 {
				c = AddSlots{Shard: state.Shards()[0].ID, Epoch: state.Shards()[0].Epoch, Slots: slots.Set{}}
			}
			before := state.Append(nil)
			next, result := state.Apply(c)
			if ok := m.apply(c); ok != (result.Err == nil) {
				t.Fatalf("%v: %v, and the model accepts it: %t\n%v", c, result.Err, ok, state)
			}
			name := fmt.Sprintf("%T", c)
			if result.Err == nil {
				accepted[name]++
			} else {
				refused[name]++
				if result.Err.Error() == "" || next != state {
					t.Fatalf("%v: refused by %v, and changed", c, result.Err)
				}
			}
			if err := errors.Join(next.Check(), next.CheckSuccessor(state), next.CheckSuccessor(first)); err != nil {
				t.Fatalf("%v: %v", c, err)
			}
			if !bytes.Equal(state.Append(nil), before) {
				t.Fatalf("%v changed the state that it was applied to", c)
			}
			if result.Changed != !bytes.Equal(next.Append(nil), before) {
				t.Fatalf("%v: changed %t, and the bytes say otherwise", c, result.Changed)
			}
			m.version = next.Version
			if got, want := newModel(next), m; !reflect.DeepEqual(got, want) {
				t.Fatalf("%v\nmodel %+v\nwant  %+v", c, got, want)
			}
			if got, err := DecodeResult(AppendResult(nil, result)); err != nil || !reflect.DeepEqual(got, result) {
				t.Fatalf("result %+v was read as %+v: %v", result, got, err)
			}
			checkEncodings(t, c, state, next, archive)
			state = next
		}
	})
	if len(accepted) < 14 || len(refused) < 14 { // the golden scripts have each of them for certain
		t.Errorf("accepted %v\nrefused %v", accepted, refused)
	}
}

// checkEncodings takes a command and the states around it through their binary forms.
func checkEncodings(t *rapid.T, c Command, state, next *State, archive *Archive) {
	if decoded, err := DecodeCommand(AppendCommand(nil, c)); err != nil || !reflect.DeepEqual(decoded, c) {
		t.Fatalf("%v was read as %v: %v", c, decoded, err)
	}
	if decoded, err := Decode(next.Append(nil)); err != nil || !same(decoded, next) {
		t.Fatalf("decoded\n%v\nwant\n%v\n%v", decoded, next, err)
	}
	for _, base := range []*State{state, nil, archive.kept[0].state} {
		stamp := Stamp{}
		if base != nil {
			stamp = base.Stamp()
		}
		update := archive.AppendUpdate(nil, stamp, next)
		got, err := ReadUpdate(base, update)
		if err != nil || !same(got, next) {
			t.Fatalf("from\n%v\ncame\n%v\nwant\n%v\n%v", base, got, next, err)
		}
		if got, err := ReadUpdate(testSolo(), update); err == nil && !same(got, next) {
			t.Fatalf("a delta was applied to another configuration, and gave\n%v", got)
		}
	}
}

// same reports whether two states are in order and have the same bytes.
func same(a, b *State) bool {
	return a.Check() == nil && b.Check() == nil && bytes.Equal(a.Append(nil), b.Append(nil))
}

func testSolo() *State { return Solo(testCluster, testNode("a"), shardNamed("1")) }

// A batch does what its commands do, each with its own result, and is one entry.
func TestBatch(t *testing.T) {
	s := testState(t)
	batch := Batch{Commands: []Command{
		DeleteSlots{Shard: shardNamed("1"), Epoch: 3, Slots: slotSet(t, "200")},
		AddSlots{Shard: shardNamed("2"), Epoch: 4, Slots: slotSet(t, "200")},
		CloseImports{Target: shardNamed("2"), Epoch: 4, Boot: 1, Version: 100, Slots: slotSet(t, "200")},
		BumpEpoch{Shard: shardNamed("2"), Epoch: 4},
		Batch{},
	}}
	next, result := s.Apply(batch)
	texts := ""
	for _, r := range result.Each {
		texts += fmt.Sprint(r.Err, r.Changed, "; ")
	}
	want := "ERR Slot 200 is already unassigned false; <nil> true; <nil> false; <nil> false; ERR A batch of changes cannot contain another one false; "
	if texts != want || result.Err != nil || !result.Changed || next.Version != s.Version+1 {
		t.Errorf("got %s, version %d, %+v", texts, next.Version, result)
	}
	encoded := AppendResult(nil, result)
	if got, err := DecodeResult(encoded); err != nil || !reflect.DeepEqual(got, result) {
		t.Errorf("result %+v was read as %+v: %v", result, got, err)
	}
	batch.Commands = batch.Commands[:4]
	if decoded, err := DecodeCommand(AppendCommand(nil, batch)); err != nil || !reflect.DeepEqual(decoded, batch) {
		t.Errorf("read as %v: %v", decoded, err)
	}
	nested := AppendCommand(nil, Batch{Commands: []Command{Batch{}}})
	if _, err := DecodeCommand(nested); err == nil {
		t.Error("a batch in a batch was read")
	}
}
