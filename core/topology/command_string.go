package topology

import (
	"fmt"
	"strings"
)

// String returns the batch on one line, for traces.
func (b Batch) String() string {
	words := make([]string, len(b.Commands))
	for i, c := range b.Commands {
		words[i] = c.String()
	}
	return "batch: " + strings.Join(words, "; ")
}

// String returns the command on one line, for traces.
func (c Join) String() string {
	return fmt.Sprintf("join of node %s by token %x: shard %s from epoch %d, claims %s, with keys %s, address %s", shortNode(c.Node.ID),
		c.Token[:4], shortShard(c.Shard), c.Epoch, joinRanges(c.Claims.Ranges()), joinRanges(c.WithKeys.Ranges()),
		addressString(&c.Node))
}

// String returns the command on one line, for traces.
func (c AbortJoin) String() string {
	return fmt.Sprintf("abort join of node %s by token %x", shortNode(c.Node), c.Token[:4])
}

// String returns the command on one line, for traces.
func (c Forget) String() string { return "forget node " + shortNode(c.Node) }

// String returns the command on one line, for traces.
func (c Promote) String() string {
	return fmt.Sprintf("promote node %s of boot %d in shard %s at epoch %d", shortNode(c.Node), c.Boot, shortShard(c.Shard), c.Epoch)
}

// String returns the command on one line, for traces.
func (c AddInSync) String() string {
	return fmt.Sprintf("in sync: node %s of boot %d in shard %s at epoch %d", shortNode(c.Node), c.Boot, shortShard(c.Shard), c.Epoch)
}

// String returns the command on one line, for traces.
func (c RemoveInSync) String() string {
	return fmt.Sprintf("not in sync: node %s in shard %s at epoch %d", shortNode(c.Node), shortShard(c.Shard), c.Epoch)
}

// String returns the command on one line, for traces.
func (c AddMember) String() string {
	return fmt.Sprintf("add node %s from a shard at epoch %d to shard %s at epoch %d", shortNode(c.Node), c.NodeEpoch, shortShard(c.Shard), c.Epoch)
}

// String returns the command on one line, for traces.
func (c Detach) String() string {
	return fmt.Sprintf("detach node %s at epoch %d into shard %s", shortNode(c.Node), c.Epoch, shortShard(c.NewShard))
}

// String returns the command on one line, for traces.
func (c TransferSlots) String() string {
	return fmt.Sprintf("transfer slots %s from shard %s at epoch %d to shard %s at epoch %d, as of version %d", joinRanges(c.Slots.Ranges()),
		shortShard(c.Source), c.SourceEpoch, shortShard(c.Target), c.TargetEpoch, c.Version)
}

// String returns the command on one line, for traces.
func (c MarkMigrating) String() string {
	return fmt.Sprintf("migrating slots %s from shard %s at epoch %d to shard %s", joinRanges(c.Slots.Ranges()), shortShard(c.Source), c.Epoch, shortShard(c.Target))
}

// String returns the command on one line, for traces.
func (c CloseImports) String() string {
	return fmt.Sprintf("close imports of slots %s into shard %s at epoch %d, boot %d, as of version %d", joinRanges(c.Slots.Ranges()), shortShard(c.Target), c.Epoch, c.Boot, c.Version)
}

// String returns the command on one line, for traces.
func (c SetSetting) String() string { return fmt.Sprintf("set %s to %q", c.Name, c.Value) }

// String returns the command on one line, for traces.
func (c SetVoters) String() string {
	return fmt.Sprintf("set voters at epoch %d to %s", c.Epoch, joinNodes(c.Voters))
}

// String returns the command on one line, for traces.
func (c BumpEpoch) String() string {
	return fmt.Sprintf("bump epoch %d of shard %s", c.Epoch, shortShard(c.Shard))
}

// String returns the command on one line, for traces.
func (c SetEpoch) String() string {
	return fmt.Sprintf("set epoch %d of shard %s to %d", c.Epoch, shortShard(c.Shard), c.NewEpoch)
}
