package topology

import "github.com/ember-cluster/ember/core/slots"

// MaxBatch is the most commands of a Batch.
const MaxBatch = 32

// Batch applies commands one after the other, as one entry of the log, so that nothing comes between them. Each has its own
// result, and one that is refused does not stop the others. A Batch in a Batch is refused.
type Batch struct{ Commands []Command }

// Join takes a node in that was a cluster of its own, as the only member of a shard of its own. The shard keeps its id and
// gets a new epoch. Of the slots that the node claims it gets those that nobody owns; one that has an owner is dropped from
// the claim if the node holds no key there, else the join is refused. A second Join with the same token changes nothing.
type Join struct {
	Token JoinToken
	// Node is the record of the node; its field Shard is not used.
	Node  Node
	Shard ShardID
	// Epoch is that of the node's shard so far.
	Epoch uint64
	// Claims are the slots that the node owned, WithKeys those among them in which it holds keys.
	Claims, WithKeys slots.Set
}

// AbortJoin decides that an attempt to join comes to nothing, unless it is decided already.
type AbortJoin struct {
	Token JoinToken
	Node  NodeID
}

// Forget removes a node that owns no slots, has no replicas and does not vote (CLUSTER FORGET). To forget a node again
// changes nothing.
type Forget struct{ Node NodeID }

// Promote makes an in-sync member the primary of its shard, under a new epoch. Boot is the start of the member that asks:
// a later one may have lost what made it in sync.
type Promote struct {
	Shard ShardID
	Epoch uint64
	Node  NodeID
	Boot  uint64
}

// AddInSync records that a member of a shard has every acknowledged write. Boot is the start in which it has.
type AddInSync struct {
	Shard ShardID
	Epoch uint64
	Node  NodeID
	Boot  uint64
}

// RemoveInSync records that a member of a shard, not its primary, need not acknowledge writes any more.
type RemoveInSync struct {
	Shard ShardID
	Epoch uint64
	Node  NodeID
}

// AddMember makes a node a replica of a shard, not in sync yet (CLUSTER REPLICATE). The node must not own slots or have
// replicas; the shard that it leaves goes if nobody is left in it. NodeEpoch is the epoch of that shard.
type AddMember struct {
	Shard     ShardID
	Epoch     uint64
	Node      NodeID
	NodeEpoch uint64
}

// Detach makes a replica the primary of a new shard of its own, without slots. Epoch is that of the shard that it leaves.
type Detach struct {
	Node     NodeID
	Epoch    uint64
	NewShard ShardID
}

// Kind implements Command.
func (Batch) Kind() CommandKind        { return KindBatch }
func (Join) Kind() CommandKind         { return KindJoin }
func (AbortJoin) Kind() CommandKind    { return KindAbortJoin }
func (Forget) Kind() CommandKind       { return KindForget }
func (Promote) Kind() CommandKind      { return KindPromote }
func (AddInSync) Kind() CommandKind    { return KindAddInSync }
func (RemoveInSync) Kind() CommandKind { return KindRemoveInSync }
func (AddMember) Kind() CommandKind    { return KindAddMember }
func (Detach) Kind() CommandKind       { return KindDetach }
