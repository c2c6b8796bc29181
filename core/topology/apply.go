package topology

import (
	"slices"

	"github.com/ember-cluster/ember/core/slots"
)

// Apply returns the configuration after a command. It is pure: the same state and command give the same result on every
// node. If the command is refused or changes nothing, the state that is returned is s itself.
func (s *State) Apply(c Command) (*State, Result) {
	if batch, ok := c.(Batch); ok {
		return s.applyBatch(batch)
	}
	return s.applyOne(c)
}

func (s *State) applyOne(c Command) (*State, Result) {
	next, refusal := c.apply(s)
	if refusal != nil {
		return s, Result{Err: refusal}
	}
	if next == s {
		return s, Result{}
	}
	next.Version = s.Version + 1
	next.index()
	return next, Result{Changed: true}
}

// applyBatch applies commands one after the other. Its own result is that of no command, but tells whether any changed
// something.
func (s *State) applyBatch(batch Batch) (*State, Result) {
	result := Result{Each: make([]Result, len(batch.Commands))}
	for i, c := range batch.Commands {
		s, result.Each[i] = s.applyOne(c)
		result.Changed = result.Changed || result.Each[i].Changed
	}
	return s, result
}

// apply refuses a batch inside of a batch; Apply itself knows what to do with one.
func (Batch) apply(*State) (*State, *Refusal) { return nil, &Refusal{Reason: NestedBatch} }

// copy returns a state that shares everything with s. Who changes a part of it replaces that part.
func (s *State) copy() *State {
	next := *s
	next.hashed = false
	return &next
}

// expectShard returns the index of a shard that is at the epoch that a command names.
func (s *State) expectShard(id ShardID, epoch uint64) (int, *Refusal) {
	i, ok := s.shardIndex(id)
	if !ok {
		return 0, &Refusal{Reason: UnknownShard, Shard: id}
	}
	if actual := s.shards[i].Epoch; actual != epoch {
		return 0, &Refusal{Reason: StaleEpoch, Shard: id, Expected: epoch, Actual: actual}
	}
	return i, nil
}

// expectNode returns the index of a node whose shard is at the epoch that a command names.
func (s *State) expectNode(id NodeID, epoch uint64) (int, *Refusal) {
	i, ok := s.nodeIndex(id)
	if !ok {
		return 0, &Refusal{Reason: UnknownNode, Node: id}
	}
	if _, refusal := s.expectShard(s.nodes[i].Shard, epoch); refusal != nil {
		return 0, refusal
	}
	return i, nil
}

func (c AddSlots) apply(s *State) (*State, *Refusal) {
	shard, refusal := s.expectShard(c.Shard, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	for slot, ok := c.Slots.Next(0); ok; slot, ok = c.Slots.Next(slot + 1) {
		if s.owners[slot] != 0 {
			return nil, &Refusal{Reason: SlotBusy, Slot: slot}
		}
	}
	return s.withOwner(c.Slots, uint16(shard+1)), nil
}

func (c DeleteSlots) apply(s *State) (*State, *Refusal) {
	shard, refusal := s.expectShard(c.Shard, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	for slot, ok := c.Slots.Next(0); ok; slot, ok = c.Slots.Next(slot + 1) {
		switch int(s.owners[slot]) {
		case shard + 1:
			if _, marked := s.MarkOf(slot); marked { // its target may hold keys
				return nil, &Refusal{Reason: SlotMigrating, Slot: slot}
			}
		case 0:
			return nil, &Refusal{Reason: SlotUnassigned, Slot: slot}
		default:
			return nil, &Refusal{Reason: SlotNotOwned, Slot: slot}
		}
	}
	return s.withOwner(c.Slots, 0), nil
}

// withOwner returns a state in which the slots have a new owner, in the encoding of State.owners.
func (s *State) withOwner(set slots.Set, owner uint16) *State {
	if set.Empty() {
		return s
	}
	next := s.copy()
	table := *s.owners
	for slot, ok := set.Next(0); ok; slot, ok = set.Next(slot + 1) {
		table[slot] = owner
	}
	next.owners = &table
	next.marks = s.marksWithout(set)
	return next
}

func (c SetAddress) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectNode(c.Node, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	node := c.Describe(s.nodes[i])
	if detail := invalidAddress(&node, len(s.nodes) == 1); detail != "" {
		return nil, &Refusal{Reason: InvalidAddress, Node: c.Node, Detail: detail}
	}
	return s.withNode(i, node), nil
}

// Describe returns a node with the addresses of the command.
func (c SetAddress) Describe(node Node) Node {
	node.Host, node.Hostname, node.Zone = c.Host, c.Hostname, c.Zone
	node.ClientPort, node.BusPort, node.TLSPort = c.ClientPort, c.BusPort, c.TLSPort
	return node
}

func (c SetBoot) apply(s *State) (*State, *Refusal) {
	i, refusal := s.expectNode(c.Node, c.Epoch)
	if refusal != nil {
		return nil, refusal
	}
	node := s.nodes[i]
	if c.Boot < node.Boot {
		return nil, &Refusal{Reason: StaleBoot, Node: c.Node, Expected: c.Boot, Actual: node.Boot}
	}
	node.Boot = c.Boot
	return s.withNode(i, node), nil
}

// withNode returns a state in which the i-th node has a new record under the same ID.
func (s *State) withNode(i int, node Node) *State {
	if s.nodes[i] == node {
		return s
	}
	next := s.copy()
	next.nodes = slices.Clone(s.nodes)
	next.nodes[i] = node
	return next
}
