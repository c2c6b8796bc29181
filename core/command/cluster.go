package command

import (
	"bytes"
	"math"
	"slices"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

var clusterRows = []*Row{{
	Name: "cluster", Arity: -2,
	Group: "cluster", Since: "3.0.0", Summary: "Commands about the cluster.", Complexity: "Depends on the subcommand.",
	Subcommands: slices.Concat(clusterViewRows, clusterMemberRows, clusterSlotRows, clusterSlotStatsRows),
}}

// clusterViewRows show the cluster, and what is in a slot.
var clusterViewRows = []*Row{
	{
		Name: "cluster|info", Arity: 2, Flags: Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "3.0.0", Summary: "Tells the state of the cluster.", Complexity: "O(1)",
		Run: func(c *Context) { c.Reply.Verbatim("txt", string(c.Server.View().AppendInfo(nil))) },
	},
	{
		Name: "cluster|nodes", Arity: 2, Flags: Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "3.0.0", Summary: "Lists the nodes with their flags and slots.",
		Complexity: "O(N) in the number of nodes",
		Run:        func(c *Context) { c.Reply.Verbatim("txt", string(c.Server.View().AppendNodes(nil))) },
	},
	{
		Name: "cluster|slots", Arity: 2, Flags: Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "3.0.0", Summary: "Maps ranges of slots to nodes.",
		Complexity:      "O(N) in the number of nodes",
		DeprecatedSince: "7.0.0", ReplacedBy: "`CLUSTER SHARDS`",
		Run: func(c *Context) { c.Server.View().WriteSlots(c.Reply) },
	},
	{
		Name: "cluster|shards", Arity: 2, Flags: Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "7.0.0", Summary: "Lists the shards with their slots and nodes.",
		Complexity: "O(N) in the number of nodes",
		Run:        func(c *Context) { c.Server.View().WriteShards(c.Reply) },
	},
	{
		Name: "cluster|myid", Arity: 2, Flags: Stale,
		Group: "cluster", Since: "3.0.0", Summary: "Returns the id of this node.", Complexity: "O(1)",
		Run: func(c *Context) { c.Reply.BulkString(c.Server.View().Self.String()) },
	},
	{
		Name: "cluster|myshardid", Arity: 2, Flags: Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "7.2.0", Summary: "Returns the id of this node's shard.", Complexity: "O(1)",
		Run: clusterMyShardID,
	},
	{
		Name: "cluster|keyslot", Arity: 3, Flags: Stale,
		Group: "cluster", Since: "3.0.0", Summary: "Returns the slot of a key.",
		Complexity: "O(N) in the bytes of the key",
		Arguments:  []Argument{{Name: "key", Type: StringArgument}},
		Run:        func(c *Context) { c.Reply.Int(int64(slots.Of(c.Args[2]))) },
	},
	{
		Name: "cluster|countkeysinslot", Arity: 3, Flags: Stale,
		Group: "cluster", Since: "3.0.0", Summary: "Returns the number of keys of a slot in this node.",
		Complexity: "O(1)",
		Arguments:  []Argument{{Name: "slot", Type: IntegerArgument}},
		Run:        clusterCountKeys,
	},
	{
		Name: "cluster|getkeysinslot", Arity: 4, Flags: Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "3.0.0", Summary: "Returns some keys of a slot in this node.",
		Complexity: "O(N) in the number of keys that are asked for",
		Arguments:  []Argument{{Name: "slot", Type: IntegerArgument}, {Name: "count", Type: IntegerArgument}},
		Run:        clusterGetKeys,
	},
	{
		Name: "cluster|links", Arity: 2, Flags: Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "7.0.0", Summary: "Lists the streams between this node and others.",
		Complexity: "O(N) in the number of streams",
		Run:        func(c *Context) { c.Server.View().WriteLinks(c.Reply) },
	},
	{
		Name: "cluster|replicas", Arity: 3, Flags: Admin | Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "5.0.0", Summary: "Lists the replicas of a primary.",
		Complexity: "O(N) in the number of replicas",
		Arguments:  nodeArgument,
		Run:        clusterReplicas,
	},
	{
		Name: "cluster|slaves", Arity: 3, Flags: Admin | Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "3.0.0", Summary: "Lists the replicas of a primary.",
		Complexity:      "O(N) in the number of replicas",
		DeprecatedSince: "5.0.0", ReplacedBy: "`CLUSTER REPLICAS`",
		Arguments: nodeArgument,
		Run:       clusterReplicas,
	},
	{
		Name: "cluster|count-failure-reports", Arity: 3, Flags: Admin | Stale, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "3.0.0", Summary: "Returns how many other nodes are known to suspect a node.",
		Complexity: "O(N) in the number of reports",
		Arguments:  nodeArgument,
		Run:        clusterFailureReports,
	},
	helpRow("cluster", "cluster", "5.0.0", 0),
}

// nodeArgument documents the argument of the commands about one node.
var nodeArgument = []Argument{{Name: "node-id", Type: StringArgument}}

const (
	errInvalidSlot        Error = "ERR Invalid slot"
	errInvalidSlotOrCount Error = "ERR Invalid slot or number of keys"
	errNotPrimary         Error = "ERR The specified node is not a master"
)

// clusterMyShardID answers for a node that has no shard with zeros.
func clusterMyShardID(c *Context) {
	view := c.Server.View()
	shard, _ := view.State.ShardOf(view.Self)
	c.Reply.BulkString(shard.ID.String())
}

func clusterCountKeys(c *Context) {
	slot, ok := c.integer(c.Args[2])
	switch {
	case !ok:
	case slot < 0 || slot >= slots.Count:
		c.fail(errInvalidSlot)
	default:
		c.Reply.Int(int64(c.Space.Count(slots.Slot(slot))))
	}
}

func clusterGetKeys(c *Context) {
	slot, ok := c.integer(c.Args[2])
	if !ok {
		return
	}
	limit, ok := c.integer(c.Args[3])
	if !ok {
		return
	}
	if slot < 0 || slot >= slots.Count || limit < 0 {
		c.fail(errInvalidSlotOrCount)
		return
	}
	for key := range c.Space.Keys(slots.Slot(slot), int(min(limit, math.MaxInt32))) {
		c.keys = append(c.keys, key)
	}
	c.writeKeys()
}

// findNode returns a member of the cluster and its shard by the text of its id.
func (c *Context) findNode(text []byte) (topology.Node, topology.Shard, bool) {
	id, err := wire.ParseNodeID(string(text))
	if err != nil {
		return topology.Node{}, topology.Shard{}, false
	}
	state := c.Server.View().State
	node, ok := state.Node(id)
	shard, _ := state.Shard(node.Shard)
	return node, shard, ok
}

// namedNode is findNode for a command that fails if there is no such node.
func (c *Context) namedNode(text []byte) (topology.Node, topology.Shard, bool) {
	node, shard, ok := c.findNode(text)
	if !ok {
		c.fail(Error("ERR Unknown node " + cString(text)))
	}
	return node, shard, ok
}

// cString returns a client's word as C's printf repeats it.
func cString(text []byte) string { return string(quotable(text, len(text))) }

func clusterReplicas(c *Context) {
	node, shard, ok := c.namedNode(c.Args[2])
	if !ok {
		return
	}
	if shard.Primary != node.ID {
		c.fail(errNotPrimary)
		return
	}
	view := c.Server.View()
	c.Reply.Array(len(shard.Members) - 1)
	for _, id := range shard.Members {
		if id != node.ID {
			c.Reply.Bulk(bytes.TrimSuffix(view.AppendNodeLine(nil, id), []byte("\n")))
		}
	}
}

func clusterFailureReports(c *Context) {
	if node, _, ok := c.namedNode(c.Args[2]); ok {
		c.Reply.Int(int64(c.Server.View().FailureReportsOf(node.ID)))
	}
}
