package command

import (
	"net/netip"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
)

// Version is the version of Redis whose behaviour the commands have, as HELLO and INFO report it. Clients choose their
// ways by it: from 8 on some expect commands that Redis 7 does not have.
const Version = "7.2.11"

// Server is what a command may ask of the node that runs it.
type Server interface {
	// View returns the cluster as the node shows it to its clients.
	View() *topology.View
	// Emit takes an effect that has been applied to the Space, for the log. The effect and its bytes are lent for the call.
	Emit(effect *keyspace.Effect)
	// Propose asks for a change of the configuration and answers the client itself, now or once the change is decided.
	Propose(ctx *Context, change topology.Command)
	// Meet makes one cluster of this node's and that of the node at an address, and answers the client itself.
	Meet(ctx *Context, host netip.Addr, port, busPort uint16)
	// Import notes that this node's shard means to take a slot from another.
	Import(slot slots.Slot, source topology.ShardID)
	// Assign gives a slot that somebody owns to another shard, if its owner holds no key of it. Stabilize ends a slot's way without a
	// change of owner, if its target holds no key of it. Both answer the client themselves.
	Assign(ctx *Context, slot slots.Slot, target topology.ShardID)
	Stabilize(ctx *Context, slot slots.Slot)
	// ResetCluster makes the node a cluster of its own, under a new id if it is hard, and answers the client itself.
	ResetCluster(ctx *Context, hard bool)
	// Info returns what the node knows under a section of INFO (see infoSections for the names), beyond what the
	// commands know themselves: the version, the keys.
	Info(section string) []Field
	// Memory returns what the node's memory is used for.
	Memory() MemoryReport
	// Parameters returns what CONFIG GET shows, sorted by name.
	Parameters() []Parameter
	// Random returns the node's source of randomness.
	Random() *random.Stream
	Connections
}

// Field is one line of INFO.
type Field struct{ Name, Value string }

// Parameter is one parameter of the server's configuration. Its name is in lower case.
type Parameter struct{ Name, Value string }
