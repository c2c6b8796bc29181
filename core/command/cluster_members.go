package command

import (
	"fmt"
	"math"
	"net/netip"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// clusterMemberRows change which nodes there are and what they are to each other.
var clusterMemberRows = []*Row{
	{
		Name: "cluster|meet", Arity: -4, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Makes one cluster of this node's and another node's.", Complexity: "O(1)",
		Arguments: []Argument{
			{Name: "ip", Type: StringArgument}, {Name: "port", Type: IntegerArgument},
			{Name: "cluster-bus-port", Type: IntegerArgument, Optional: true, Since: "4.0.0"},
		},
		Run: clusterMeet,
	},
	{
		Name: "cluster|forget", Arity: 3, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Removes a node from the cluster, for all of its nodes.", Complexity: "O(1)",
		Arguments: nodeArgument,
		Run:       clusterForget,
	},
	{
		Name: "cluster|replicate", Arity: 3, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Makes this node a replica of a primary.", Complexity: "O(1)",
		Arguments: nodeArgument,
		Run:       clusterReplicate,
	},
	{
		Name: "cluster|failover", Arity: -2, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Makes this replica the primary of its shard.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "options", Type: OneOf, Optional: true, Arguments: []Argument{token("FORCE", ""), token("TAKEOVER", "")}}},
		Run:       clusterFailover,
	},
	{
		Name: "cluster|reset", Arity: -2, Flags: Admin | Stale | NoScript,
		Group: "cluster", Since: "3.0.0", Summary: "Makes this node a cluster of its own again.",
		Complexity: "O(N) in the number of nodes",
		Arguments:  []Argument{{Name: "reset-type", Type: OneOf, Optional: true, Arguments: []Argument{token("HARD", ""), token("SOFT", "")}}},
		Run:        clusterReset,
	},
	{
		Name: "cluster|saveconfig", Arity: 2, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Answers once the configuration is on disk.",
		Complexity: "O(1)",
		Proposes:   true,
		Run:        func(c *Context) { c.Propose(topology.Batch{}) },
	},
	{
		Name: "cluster|set-config-epoch", Arity: 3, Flags: Admin | Stale | NoAsyncLoading,
		Group: "cluster", Since: "3.0.0", Summary: "Sets the epoch of a node that knows no other.", Complexity: "O(1)",
		Arguments: []Argument{{Name: "config-epoch", Type: IntegerArgument}},
		Proposes:  true,
		Run:       clusterSetEpoch,
	},
	{
		Name: "cluster|bumpepoch", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Tips: []string{"nondeterministic_output"},
		Group: "cluster", Since: "3.0.0", Summary: "Gives this node's shard the highest epoch.", Complexity: "O(1)",
		Proposes: true,
		Run:      clusterBumpEpoch,
	},
}

const (
	errForgetSelf       Error = "ERR I tried hard but I can't forget myself..."
	errForgetPrimary    Error = "ERR Can't forget my master!"
	errReplicateSelf    Error = "ERR Can't replicate myself"
	errReplicateReplica Error = "ERR I can only replicate a master, not a replica."
	errReplicateFull    Error = "ERR To set a master the node must be empty and without assigned slots."
	errReplicateNever   Error = "ERR This version of Ember has no replicas yet"
	errFailoverPrimary  Error = "ERR You should send CLUSTER FAILOVER to a replica"
	errFailoverDown     Error = "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE"
	errFailoverNever    Error = "ERR This version of Ember has no failover yet"
	errResetFull        Error = "ERR CLUSTER RESET can't be called with master nodes containing keys"
)

// busPortDistance is how far the port of the bus is above that for clients unless it is given.
const busPortDistance = 10000

func clusterMeet(c *Context) {
	if len(c.Args) > 5 {
		c.fail(wrongSubcommandSyntax(c.Args))
		return
	}
	port, ok := keyspace.ParseInteger(c.Args[3])
	if !ok {
		c.fail(Error("ERR Invalid base port specified: " + cString(c.Args[3])))
		return
	}
	busPort := port + busPortDistance
	if len(c.Args) == 5 {
		if busPort, ok = keyspace.ParseInteger(c.Args[4]); !ok {
			c.fail(Error("ERR Invalid bus port specified: " + cString(c.Args[4])))
			return
		}
	}
	host, err := netip.ParseAddr(string(c.Args[2]))
	if err != nil || host.Zone() != "" || !isPort(port) || !isPort(busPort) {
		c.fail(Error("ERR Invalid node address specified: " + cString(c.Args[2]) + ":" + cString(c.Args[3])))
		return
	}
	c.Server.Meet(c, host, uint16(port), uint16(busPort))
}

func isPort(number int64) bool { return number > 0 && number <= math.MaxUint16 }

// clusterForget proposes to remove a node. One that was forgotten before is not found, and forgotten.
func clusterForget(c *Context) {
	view := c.Server.View()
	node, _, ok := c.findNode(c.Args[2])
	if !ok {
		if id, err := wire.ParseNodeID(string(c.Args[2])); err == nil && view.State.Forgotten(id) {
			c.ok()
			return
		}
		c.namedNode(c.Args[2])
		return
	}
	own, _ := view.State.ShardOf(view.Self)
	switch node.ID {
	case view.Self:
		c.fail(errForgetSelf)
	case own.Primary:
		c.fail(errForgetPrimary)
	default:
		c.Propose(topology.Forget{Node: node.ID})
	}
}

// clusterReplicate checks what Redis checks, and refuses: a replica without its primary's data would be none.
func clusterReplicate(c *Context) {
	node, shard, ok := c.namedNode(c.Args[2])
	if !ok {
		return
	}
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	owned := view.State.SlotsOf(own.ID)
	switch {
	case node.ID == view.Self:
		c.fail(errReplicateSelf)
	case shard.Primary != node.ID:
		c.fail(errReplicateReplica)
	case own.Primary == view.Self && (!owned.Empty() || c.Space.Len() > 0):
		c.fail(errReplicateFull)
	case own.ID == shard.ID:
		c.ok()
	default:
		c.fail(errReplicateNever)
	}
}

func clusterFailover(c *Context) {
	forced := len(c.Args) == 3 && (isWord(c.Args[2], "force") || isWord(c.Args[2], "takeover"))
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	switch {
	case len(c.Args) > 3:
		c.fail(wrongSubcommandSyntax(c.Args))
	case len(c.Args) == 3 && !forced:
		c.fail(errSyntax)
	case own.Primary == view.Self:
		c.fail(errFailoverPrimary)
	case !forced && !view.Reaches(own.Primary):
		c.fail(errFailoverDown)
	default:
		c.fail(errFailoverNever)
	}
}

func clusterReset(c *Context) {
	hard := len(c.Args) == 3 && isWord(c.Args[2], "hard")
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	switch {
	case len(c.Args) > 3:
		c.fail(wrongSubcommandSyntax(c.Args))
	case len(c.Args) == 3 && !hard && !isWord(c.Args[2], "soft"):
		c.fail(errSyntax)
	case own.Primary == view.Self && c.Space.Len() > 0:
		c.fail(errResetFull)
	default:
		c.Server.ResetCluster(c, hard)
	}
}

func clusterSetEpoch(c *Context) {
	epoch, ok := c.integer(c.Args[2])
	if !ok {
		return
	}
	if epoch < 0 {
		c.fail(Error(fmt.Sprintf("ERR Invalid config epoch specified: %d", epoch)))
		return
	}
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	c.Propose(topology.SetEpoch{Shard: own.ID, Epoch: own.Epoch, NewEpoch: uint64(epoch)})
}

func clusterBumpEpoch(c *Context) {
	view := c.Server.View()
	own, _ := view.State.ShardOf(view.Self)
	c.Propose(topology.BumpEpoch{Shard: own.ID, Epoch: own.Epoch})
}
