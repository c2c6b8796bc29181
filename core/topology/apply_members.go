package topology

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/ember-cluster/ember/core/slots"
)

func (c Join) apply(s *State) (*State, *Refusal) {
	if record, ok := s.JoinOf(c.Token); ok {
		if record.Aborted || record.Node != c.Node.ID {
			return nil, &Refusal{Reason: JoinDecided, Node: c.Node.ID}
		}
		return s, nil
	}
	if refusal := s.refuseNewcomer(c); refusal != nil {
		return nil, refusal
	}
	granted, refusal := s.Grant(c.Claims, c.WithKeys)
	if refusal != nil {
		return nil, refusal
	}
	node := c.Node
	node.Shard = c.Shard
	next := s.copy()
	next.nodes = insertSorted(s.nodes, node, func(a, b Node) int { return a.ID.Compare(b.ID) })
	next.epoch = max(s.epoch, c.Epoch) + 1
	next = next.withShards(insertSorted(s.shards, Shard{
		ID: c.Shard, Epoch: next.epoch, Primary: node.ID, Members: []NodeID{node.ID}, InSync: []NodeID{node.ID},
	}, compareShards))
	if i, ok := next.shardIndex(c.Shard); ok && !granted.Empty() {
		next = next.withOwner(granted, uint16(i+1))
	}
	next.joins = s.rememberJoin(JoinRecord{Token: c.Token, Node: node.ID, Version: s.Version + 1})
	if i, ok := s.tombstoneIndex(node.ID); ok {
		next.tombstones = slices.Delete(slices.Clone(s.tombstones), i, i+1)
	}
	return next, nil
}

// refuseNewcomer returns why a node cannot join, whatever it claims.
func (s *State) refuseNewcomer(c Join) *Refusal {
	_, isNode := s.nodeIndex(c.Node.ID)
	_, isShard := s.shardIndex(c.Shard)
	switch {
	case isNode || isShard || c.Node.ID.IsZero() || c.Shard.IsZero():
		return &Refusal{Reason: AlreadyMember, Node: c.Node.ID, Shard: c.Shard}
	case len(s.nodes) >= MaxNodes || len(s.shards) >= MaxShards:
		return &Refusal{Reason: ClusterFull, Detail: "nodes"}
	case c.Epoch == 1<<64-1 || s.epoch == 1<<64-1:
		return &Refusal{Reason: ClusterFull, Detail: "epochs"}
	}
	if detail := invalidAddress(&c.Node, false); detail != "" {
		return &Refusal{Reason: InvalidAddress, Node: c.Node.ID, Detail: detail}
	}
	if len(s.nodes) == 1 { // the host of a cluster that was alone may not have known its own address
		if detail := invalidAddress(&s.nodes[0], false); detail != "" {
			return &Refusal{Reason: InvalidAddress, Node: s.nodes[0].ID, Detail: detail}
		}
	}
	return nil
}

func (c AbortJoin) apply(s *State) (*State, *Refusal) {
	if record, ok := s.JoinOf(c.Token); ok {
		if !record.Aborted {
			return nil, &Refusal{Reason: JoinDecided, Node: c.Node}
		}
		return s, nil
	}
	next := s.copy()
	next.joins = s.rememberJoin(JoinRecord{Token: c.Token, Node: c.Node, Aborted: true, Version: s.Version + 1})
	return next, nil
}

// rememberJoin returns the decided joins and one more. The oldest goes if there are too many.
func (s *State) rememberJoin(record JoinRecord) []JoinRecord {
	joins := slices.Clone(s.joins)
	if len(joins) == MaxJoins {
		oldest := slices.MinFunc(joins, func(a, b JoinRecord) int {
			return cmp.Or(cmp.Compare(a.Version, b.Version), bytes.Compare(a.Token[:], b.Token[:]))
		})
		joins = slices.DeleteFunc(joins, func(j JoinRecord) bool { return j.Token == oldest.Token })
	}
	return insertSorted(joins, record, func(a, b JoinRecord) int { return bytes.Compare(a.Token[:], b.Token[:]) })
}

func (c Forget) apply(s *State) (*State, *Refusal) {
	i, ok := s.nodeIndex(c.Node)
	if !ok {
		if s.Forgotten(c.Node) {
			return s, nil
		}
		return nil, &Refusal{Reason: UnknownNode, Node: c.Node}
	}
	switch {
	case len(s.nodes) == 1:
		return nil, &Refusal{Reason: LastNode, Node: c.Node}
	case contains(s.voters, c.Node):
		return nil, &Refusal{Reason: NodeVotes, Node: c.Node}
	}
	next, refusal := s.withoutMember(c.Node)
	if refusal != nil {
		if refusal.Reason == NodeOwnsSlots {
			refusal.Reason = NodeServes // the other's text is about REPLICATE
		}
		return nil, refusal
	}
	next.nodes = slices.Delete(slices.Clone(s.nodes), i, i+1)
	tombstones := slices.Clone(s.tombstones)
	if len(tombstones) == MaxTombstones {
		oldest := slices.MinFunc(tombstones, func(a, b Tombstone) int {
			return cmp.Or(cmp.Compare(a.Version, b.Version), a.Node.Compare(b.Node))
		})
		tombstones = slices.DeleteFunc(tombstones, func(t Tombstone) bool { return t.Node == oldest.Node })
	}
	next.tombstones = insertSorted(tombstones, Tombstone{Node: c.Node, Version: s.Version + 1},
		func(a, b Tombstone) int { return a.Node.Compare(b.Node) })
	return next, nil
}

// withoutMember returns a state in which a node is in no shard: a step of a command, and no valid state by itself. The node
// must not be what its shard cannot do without.
func (s *State) withoutMember(id NodeID) (*State, *Refusal) {
	node, _ := s.Node(id)
	i, _ := s.shardIndex(node.Shard)
	shard := s.shards[i]
	switch {
	case shard.Primary == id && s.owned[i] > 0:
		return nil, &Refusal{Reason: NodeOwnsSlots, Node: id}
	case shard.Primary == id && len(shard.Members) > 1:
		return nil, &Refusal{Reason: NodeHasReplicas, Node: id}
	case shard.Primary == id && slices.ContainsFunc(s.marks, func(m Mark) bool { return m.Target == shard.ID }):
		return nil, &Refusal{Reason: NodeImports, Node: id} // it may hold keys of them
	}
	if len(shard.Members) == 1 {
		return s.withShards(slices.Delete(slices.Clone(s.shards), i, i+1)), nil
	}
	shard.Members, shard.InSync = without(shard.Members, id), without(shard.InSync, id)
	return s.withShard(i, shard), nil
}

func (c Promote) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectMember(c.Shard, c.Epoch, c.Node)
	if refusal != nil {
		return nil, refusal
	}
	shard := s.shards[i]
	if refusal := s.expectBoot(c.Node, c.Boot); refusal != nil {
		return nil, refusal
	}
	if !contains(shard.InSync, c.Node) {
		return nil, &Refusal{Reason: NotInSync, Node: c.Node}
	}
	if shard.Primary == c.Node {
		return s, nil
	}
	shard.Primary = c.Node
	return s.withNewEpoch(i, shard)
}

func (c AddInSync) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectMember(c.Shard, c.Epoch, c.Node)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.expectBoot(c.Node, c.Boot); refusal != nil {
		return nil, refusal
	}
	shard := s.shards[i]
	if contains(shard.InSync, c.Node) {
		return s, nil
	}
	shard.InSync = insertSorted(shard.InSync, c.Node, NodeID.Compare)
	return s.withShard(i, shard), nil
}

func (c RemoveInSync) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectMember(c.Shard, c.Epoch, c.Node)
	if refusal != nil {
		return nil, refusal
	}
	shard := s.shards[i]
	switch {
	case shard.Primary == c.Node:
		return nil, &Refusal{Reason: IsPrimary, Node: c.Node}
	case !contains(shard.InSync, c.Node):
		return s, nil
	}
	shard.InSync = without(shard.InSync, c.Node)
	return s.withShard(i, shard), nil
}

func (c AddMember) apply(s *State) (*State, *Refusal) {
	if _, refusal := s.expectShard(c.Shard, c.Epoch); refusal != nil {
		return nil, refusal
	}
	i, refusal := s.expectNode(c.Node, c.NodeEpoch)
	if refusal != nil {
		return nil, refusal
	}
	node := s.nodes[i]
	if node.Shard == c.Shard {
		if shard, _ := s.Shard(c.Shard); shard.Primary == c.Node {
			return nil, &Refusal{Reason: IsPrimary, Node: c.Node}
		}
		return s, nil
	}
	next, refusal := s.withoutMember(c.Node)
	if refusal != nil {
		return nil, refusal
	}
	node.Shard = c.Shard
	next.nodes = slices.Clone(s.nodes)
	next.nodes[i] = node
	at, _ := next.shardIndex(c.Shard)
	shard := next.shards[at]
	shard.Members = insertSorted(shard.Members, c.Node, NodeID.Compare)
	return next.withShard(at, shard), nil
}

func (c Detach) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectNode(c.Node, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	node := s.nodes[i]
	_, taken := s.shardIndex(c.NewShard)
	switch shard, _ := s.Shard(node.Shard); {
	case shard.Primary == c.Node:
		return nil, &Refusal{Reason: IsPrimary, Node: c.Node}
	case taken || c.NewShard.IsZero():
		return nil, &Refusal{Reason: AlreadyMember, Node: c.Node, Shard: c.NewShard}
	case s.epoch == 1<<64-1:
		return nil, &Refusal{Reason: ClusterFull, Detail: "epochs"}
	}
	next, refusal := s.withoutMember(c.Node)
	if refusal != nil {
		return nil, refusal
	}
	node.Shard = c.NewShard
	next.nodes = slices.Clone(s.nodes)
	next.nodes[i] = node
	next.epoch = s.epoch + 1
	return next.withShards(insertSorted(next.shards, Shard{
		ID: c.NewShard, Epoch: next.epoch, Primary: c.Node, Members: []NodeID{c.Node}, InSync: []NodeID{c.Node},
	}, compareShards)), nil
}

// expectMember returns the index of a shard at an epoch that has a node among its members.
func (s *State) expectMember(id ShardID, epoch uint64, node NodeID) (int, *Refusal) {
	i, refusal := s.expectShard(id, epoch)
	if refusal != nil {
		return 0, refusal
	}
	if !contains(s.shards[i].Members, node) {
		return 0, &Refusal{Reason: NotMember, Node: node, Shard: id}
	}
	return i, nil
}

// expectBoot refuses what was said in another life of a node than the one that is recorded.
func (s *State) expectBoot(id NodeID, boot uint64) *Refusal {
	if node, _ := s.Node(id); node.Boot != boot {
		return &Refusal{Reason: StaleBoot, Node: id, Expected: boot, Actual: node.Boot}
	}
	return nil
}

// withShard returns a state in which the i-th shard has a new record under the same ID.
func (s *State) withShard(i int, shard Shard) *State {
	next := s.copy()
	next.shards = slices.Clone(s.shards)
	next.shards[i] = shard
	return next
}

// withNewEpoch is withShard with an epoch above all others.
func (s *State) withNewEpoch(i int, shard Shard) (*State, *Refusal) {
	if s.epoch == 1<<64-1 {
		return nil, &Refusal{Reason: ClusterFull, Detail: "epochs"}
	}
	shard.Epoch = s.epoch + 1
	next := s.withShard(i, shard)
	next.epoch = shard.Epoch
	return next, nil
}

// withShards returns a state with other shards. Slots stay with their owners, by ID; those of a shard that is gone are
// unassigned, and its marks are gone.
func (s *State) withShards(shards []Shard) *State {
	next := s.copy()
	next.shards = shards
	moved := make([]uint16, len(s.shards)+1)
	for i := range s.shards {
		if at, ok := next.shardIndex(s.shards[i].ID); ok {
			moved[i+1] = uint16(at + 1)
		}
	}
	table := *s.owners
	for slot, owner := range table {
		table[slot] = moved[owner]
	}
	next.owners = &table
	next.marks = slices.DeleteFunc(slices.Clone(s.marks), func(m Mark) bool {
		_, source := next.shardIndex(m.Source)
		_, target := next.shardIndex(m.Target)
		return !source || !target
	})
	return next
}

func compareShards(a, b Shard) int { return a.ID.Compare(b.ID) }

// insertSorted returns a copy of a sorted list with one more element.
func insertSorted[T any](list []T, element T, compare func(a, b T) int) []T {
	i, _ := slices.BinarySearchFunc(list, element, compare)
	return slices.Insert(slices.Clone(list), i, element)
}

// without returns a copy of a list without an id.
func without(ids []NodeID, id NodeID) []NodeID {
	return slices.DeleteFunc(slices.Clone(ids), func(other NodeID) bool { return other == id })
}

// Grant returns which of the slots that a joining node claims it gets: those that nobody owns. A slot that is owned is
// dropped, unless the node holds keys there: then it is a Refusal that names the first such slot.
func (s *State) Grant(claims, withKeys slots.Set) (slots.Set, *Refusal) {
	granted := claims
	for slot, ok := claims.Next(0); ok; slot, ok = claims.Next(slot + 1) {
		owner, owned := s.PrimaryOf(slot)
		switch {
		case !owned:
		case withKeys.Contains(slot):
			return slots.Set{}, &Refusal{Reason: SlotClaimed, Slot: slot, Node: owner.ID}
		default:
			granted.Remove(slot)
		}
	}
	return granted, nil
}
