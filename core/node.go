package core

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/core/session"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// Node is one member of a cluster. It composes the protocols; see the package documentation for how it is driven.
type Node struct {
	options Options
	self    wire.NodeID
	boot    uint64
	at      Clock
	started bool
	goodbye bool

	// seenAt is the host at which a peer sees this node, for one that does not know its own.
	seenAt string
	// state is the configuration in force. It changes by install only.
	state *topology.State
	// checked is the configuration that Check has walked over already; it is immutable.
	checked *topology.State
	// view is state together with health, as commands see it.
	view topology.View
	// proposedView is view with what the client of the moment has proposed.
	proposedView topology.View
	// serving caches view.Serving, which every keyed command asks.
	serving  bool
	gossip   *gossip.Machine
	space    *keyspace.Space
	counters Counters
	// baseline is what counters were at the last CONFIG RESETSTAT: INFO shows the difference.
	baseline Counters
	// settings are what CONFIG SET changes.
	settings command.Settings

	persistence
	group
	proposals
	dissemination
	description
	voting
	joining
	meetings
	leaving
	clients
	execution
	openSlots
	evicting
	bus

	// stirred says that more than keys may have changed since the node has looked after its cluster, dueAt when it has to look in any
	// case. Nearly all commands of clients leave both as they are, and need not look.
	stirred bool
	dueAt   time.Duration

	// effects and lent back what Step returns: they are reused by the next Step.
	effects []Effect
	lent    []byte
}

// New returns a node that has yet to be started by a Start event. Without a record in its log it is a new node, which forms
// a cluster of its own that owns no slot. The error names an unusable option or record.
func New(options Options, log Recovered) (*Node, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	n := &Node{options: options, space: keyspace.New(options.Random.Uint64())}
	n.space.SetMarks(options.Marks)
	n.space.OnAllocation(options.Allocated)
	n.settings = options.settings()
	n.window = make([]parsed, 0, windowSize)
	n.reply = resp.Writer{Protocol: 2}
	last, records, err := log.load()
	if err != nil {
		return nil, err
	}
	if last == nil {
		n.state = n.newCluster()
	} else {
		options.Marks.Hit(marks.RebootFromRecord)
		n.self, n.boot = last.Node, last.Boot
		n.state, n.attempt, n.spent = last.State, last.attempt, last.spent
	}
	n.boot++
	n.appended, n.persisted = log.Position, log.Position
	n.pullEnd, n.archive = Never, topology.NewArchive(archived)
	if err := n.recoverGroup(records); err != nil {
		return nil, err
	}
	n.noteState()
	n.sessions = session.NewRegistry(n)
	n.view = topology.View{Self: n.self}
	n.connectView()
	n.refreshView()
	n.context = command.Context{
		Marks: options.Marks, Reply: &n.reply, Unmuted: &n.reply, Space: n.space, Server: n,
		Sessions: n.sessions, Settings: &n.settings, Statistics: command.NewStatistics(),
	}
	n.SettingsChanged()
	return n, nil
}

// Step handles one event and returns what the driver has to do, in order. The result, and the bytes that it lends, are
// valid until the next Step.
func (n *Node) Step(at Clock, event Event) []Effect {
	if at.Now < n.at.Now {
		panic(fmt.Sprintf("core: the monotonic clock fell from %v to %v", n.at.Now, at.Now))
	}
	if _, start := event.(*Start); start == n.started {
		panic(fmt.Sprintf("core: %T out of place: Start comes first, and once", event))
	}
	n.at = at
	n.space.SetTime(at.Wall)
	n.beginEffects()
	if _, commands := event.(*ClientBatch); !commands {
		n.stirred = true
	}
	switch e := event.(type) {
	case *Start:
		n.start()
	case *ClientOpened:
		n.clientOpened(e)
	case *ClientBatch:
		n.clientBatch(e)
	case *ClientDrained:
		n.clientDrained(e)
	case *ClientClosed:
		n.clientClosed(e)
	case *Datagram:
		n.datagram(e)
	case *StreamOpened:
		n.streamOpened(e)
	case *StreamData:
		n.streamData(e)
	case *StreamClosed:
		n.streamClosed(e)
	case *Persisted:
		n.recordsPersisted(e.Position)
	case *LogFailed:
		n.logFailed(e.Reason)
	case *DeadlineReached:
	case *Meet:
		n.beginMeeting(e.At)
	case *Shutdown:
		n.leave()
	default:
		panic(fmt.Sprintf("core: unknown event %T", event))
	}
	n.advance()
	n.flushReplies()
	return n.effects
}

// advance does what is due at the node's clock, whatever event brought it here.
func (n *Node) advance() {
	look := n.stirred || n.dueAt <= n.at.Now
	if look {
		n.stirred = false
		n.advanceCluster()
	}
	n.endUncertainty()
	if n.pauseEnd <= n.at.Now {
		n.endPause()
	}
	if n.nextExpiry <= n.at.Now && !n.expiryOff && n.paused == notPaused {
		n.expireDue()
	}
	n.tidy()
	n.sessions.End()
	n.closeDoomed()
	n.giveTurns()
	if look || n.stirred {
		n.dueAt = n.clusterDeadline()
	}
}

// advanceCluster does what is due about the other members: tell them what is new, hear who lives, decide on the configuration.
func (n *Node) advanceCluster() {
	if n.gossip != nil {
		if n.gossip.NextDeadline() <= n.at.Now {
			n.gossip.Advance(n.at.Now)
		}
		n.takeGossip()
	}
	n.advanceConfiguration()
	if n.nextStreamSweep <= n.at.Now {
		n.sweepStreams()
	}
}

// clusterDeadline returns when advanceCluster has something to do next.
func (n *Node) clusterDeadline() time.Duration {
	deadline := min(n.nextStreamSweep, n.configurationDeadline())
	if n.gossip != nil {
		deadline = min(deadline, n.gossip.NextDeadline())
	}
	return deadline
}

// NextDeadline returns when the node wants a DeadlineReached, or Never. It may be in the past.
func (n *Node) NextDeadline() time.Duration {
	if len(n.yielded) > 0 || n.untidy() {
		return n.at.Now
	}
	deadline := min(n.dueAt, n.pauseEnd, n.handoverDeadline())
	if !n.expiryOff && n.paused == notPaused {
		deadline = min(deadline, n.nextExpiry)
	}
	return deadline
}

// ID returns the node's identity.
func (n *Node) ID() wire.NodeID { return n.self }

// Boot returns the number of this start of the node, from 1.
func (n *Node) Boot() uint64 { return n.boot }

// State returns the configuration in force.
func (n *Node) State() *topology.State { return n.state }

// Health returns what this node believes of a member.
func (n *Node) Health(id wire.NodeID) topology.Health { return n.health(id) }

// Space returns the node's data, for reading only.
func (n *Node) Space() *keyspace.Space { return n.space }

// Counters returns what the node has counted so far.
func (n *Node) Counters() *Counters { return &n.counters }

// Serving reports whether cluster_state is ok: keyed commands for the node's own slots are executed.
func (n *Node) Serving() bool { return n.serving }

// Incarnation returns the highest incarnation that this node has heard of a member, 0 if none; of itself it is its own.
func (n *Node) Incarnation(id wire.NodeID) uint64 {
	if n.gossip == nil {
		return 0
	}
	return n.gossip.Incarnation(id)
}

// AppendIncarnations appends the incarnations of all members, in an order that stays the same as long as the configuration does. It
// shows at little cost whether Incarnation would say anything new.
func (n *Node) AppendIncarnations(dst []uint64) []uint64 {
	if n.gossip == nil {
		return dst
	}
	return n.gossip.AppendIncarnations(dst)
}

// Quiet reports whether failure detection has nothing to tell that the peers may not know; see gossip.Machine.Quiet.
func (n *Node) Quiet() bool { return n.gossip == nil || n.gossip.Quiet() }

// startGossip begins failure detection, once the boot number is durable.
func (n *Node) startGossip() {
	// An incarnation of a later boot beats every one of an earlier boot, so a restarted node overrides rumours of
	// its death without waiting to hear them. Fewer than 2^32 refutations fit into one life.
	n.gossip = gossip.New(n.gossipConfig(), n.self, n.boot<<32, n.options.Random)
	n.gossip.SetMarks(n.options.Marks)
	n.gossip.SetVersion(n.state.Version)
	n.gossip.SetMembers(n.at.Now, n.memberIDs())
}

// leave tells the peers that this node goes by its own will, so that nobody has to suspect it first.
func (n *Node) leave() {
	n.goodbye = true
	if n.gossip != nil {
		n.gossip.Leave(n.at.Now)
	}
}
