package core

import (
	"errors"
	"fmt"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// group is the node's part in deciding on the configuration. Every node has one: a voter, or an observer, who proposes through the
// voters. A node that is alone is the only voter of its group.
//
//	propose ──► machine ──records──► log ──Persisted──► machine ──► agreed: the state that is decided
//	               │  ▲                                    │              │
//	               ▼  │                                    ▼              ▼
//	         KindConsensus messages                  answers: settle   install: in force
type group struct {
	machine *consensus.Machine
	agreed  *agreement
	// touched says that the machine may have something to do, or to be taken from it.
	touched bool
}

// agreement is the configuration as the state machine of the group: what this node has applied of what is decided. A node that is no
// member of the group applies nothing, and has its configuration from its peers.
type agreement struct {
	state *topology.State
	// machine is the group's, which knows its members.
	machine *consensus.Machine
	// observer is told of what is decided; nil if nobody watches.
	observer Observer
}

// The bounds of what is composed here fit each other.
const (
	_ = uint(consensus.MaxResult - maxVersionBytes - topology.MaxResultBytes)
	_ = uint(consensus.MaxVoters - topology.MaxVoters)
)

// maxVersionBytes bounds the version that comes before a result: the one by which a command was judged, and which contains it if it
// was applied.
const maxVersionBytes = 10

// Apply implements consensus.StateMachine. What is no command is nobody's: all nodes pass over it alike.
//
// A member of the group cannot be forgotten, though it should not vote any more: the members might need its voice to agree on that.
// The members are a function of the entries before, so all nodes come to the same verdict.
func (a *agreement) Apply(_ uint64, data []byte) []byte {
	change, err := topology.DecodeCommand(data)
	if err != nil {
		return nil
	}
	before, result := a.state, topology.Result{}
	if node, forgets := a.forgetsMember(change); forgets {
		result.Err = &topology.Refusal{Reason: topology.NodeVotes, Node: node}
	} else {
		a.state, result = a.state.Apply(change)
	}
	if a.observer != nil {
		a.observer.Decided(change, before, a.state)
	}
	return topology.AppendResult(wire.AppendUvarint(nil, a.state.Version), result)
}

// forgetsMember reports whether a command would forget a member of the group.
func (a *agreement) forgetsMember(change topology.Command) (wire.NodeID, bool) {
	switch c := change.(type) {
	case topology.Forget:
		for _, member := range a.machine.Members() {
			if member.Node == c.Node {
				return c.Node, true
			}
		}
	case topology.Batch:
		for _, one := range c.Commands {
			if node, forgets := a.forgetsMember(one); forgets {
				return node, true
			}
		}
	}
	return wire.NodeID{}, false
}

// AppendState implements consensus.StateMachine.
func (a *agreement) AppendState(dst []byte) []byte { return a.state.Append(dst) }

// CheckState implements consensus.StateMachine.
func (a *agreement) CheckState(data []byte) error {
	state, err := topology.Decode(data)
	if err == nil && state.Cluster != a.state.Cluster {
		return errors.New("core: the configuration is of another cluster")
	}
	return err
}

// Restore implements consensus.StateMachine.
func (a *agreement) Restore(data []byte) {
	state, err := topology.Decode(data)
	if err != nil {
		panic("core: a configuration that was checked does not decode: " + err.Error())
	}
	a.state = state
}

// groupConfig is the configuration of the consensus group of a generation.
func (n *Node) groupConfig(generation uint64) consensus.Config {
	config := n.options.Consensus
	config.Generation = generation
	config.MaxState = topology.MaxStateBytes
	return config
}

// newAgreement returns what a group decides on, from a configuration on.
func (n *Node) newAgreement(state *topology.State) *agreement {
	return &agreement{state: state, observer: n.options.Observer}
}

// recoverGroup makes the machine of the node's group from what its log holds: it begins to run at the start. A node that is alone,
// and whose log has nothing of a group, is the founder of one.
func (n *Node) recoverGroup(records [][]byte) error {
	n.agreed = n.newAgreement(n.state)
	config := n.groupConfig(n.state.Generation)
	if len(records) == 0 && len(n.state.Nodes()) == 1 {
		n.machine = consensus.Bootstrap(config, 0, n.self, n.agreed, n.options.Random)
	} else {
		machine, err := consensus.New(config, 0, n.self, n.agreed, n.options.Random, records)
		if err != nil {
			return err
		}
		n.machine = machine
	}
	n.agreed.machine = n.machine
	if len(records) > 0 {
		n.machine.Compact() // where in the log they are is not known any more
	}
	if newer(n.agreed.state, n.state) {
		n.state = n.agreed.state
	}
	return nil
}

// newer reports whether a configuration is newer than another of the same cluster.
func newer(a, b *topology.State) bool {
	return topology.Stamp{Generation: a.Generation, Version: a.Version}.Newer(topology.Stamp{Generation: b.Generation, Version: b.Version})
}

// enterGroup makes the node an observer of a group that it was not in before: of another cluster, or generation.
func (n *Node) enterGroup(state *topology.State) {
	n.failProposals(errUnknownOutcome)
	n.agreed = n.newAgreement(state)
	var records [][]byte
	if spent := n.spentIn(state.Cluster, state.Generation); spent > 0 {
		records = append(records, consensus.ObserverRecord(state.Generation, spent))
	}
	machine, err := consensus.New(n.groupConfig(state.Generation), n.at.Now, n.self, n.agreed, n.options.Random, records)
	if err != nil {
		panic("core: a record of an observer, and yet: " + err.Error())
	}
	n.beginGroup(machine)
	if len(records) > 0 {
		machine.Compact() // the log may have records of the node's earlier life in the group
	}
}

// foundGroup makes the node the only voter of a new group.
func (n *Node) foundGroup(state *topology.State) {
	n.failProposals(errUnknownOutcome)
	n.agreed = n.newAgreement(state)
	n.beginGroup(consensus.Bootstrap(n.groupConfig(state.Generation), n.at.Now, n.self, n.agreed, n.options.Random))
}

// beginGroup puts a machine in the place of the one before, whose records are history.
func (n *Node) beginGroup(machine *consensus.Machine) {
	n.machine, n.agreed.machine = machine, machine
	n.written, n.restart, n.sinceRestart = nil, 0, 0
	n.touched = true
}

// resumeGroup starts the machine's clock, and writes what is to be durable before anybody hears of the node.
func (n *Node) resumeGroup() {
	n.machine.Resume(n.at.Now)
	n.consultGroup()
	n.takeGroup()
}

// consultGroup tells the machine who is to vote.
func (n *Node) consultGroup() {
	n.machine.SetVoters(n.state.Voters())
	n.machine.SetPeers(n.state.Voters())
	n.touched = true
}

// advanceGroup does what is due in the group, and whatever that leads to.
func (n *Node) advanceGroup() {
	for n.touched || n.machine.NextDeadline() <= n.at.Now {
		n.machine.Advance(n.at.Now)
		n.takeGroup()
	}
}

// takeGroup carries out what the machine wants done, in the order that its contract asks for: records first.
func (n *Node) takeGroup() {
	n.touched = false
	out := n.machine.Take()
	for i := range out.Records {
		n.appendGroupRecord(&out.Records[i])
	}
	if n.isOpen {
		for i := range out.Sends {
			n.sendGroup(&out.Sends[i])
		}
	}
	n.installAgreed()
	for i := range out.Answers {
		n.proposalAnswered(&out.Answers[i])
	}
}

// installAgreed puts into force what the group has decided.
func (n *Node) installAgreed() {
	if !newer(n.agreed.state, n.state) {
		return
	}
	if _, member := n.agreed.state.Node(n.self); member {
		n.install(n.agreed.state)
	} else if !n.founding {
		n.becomeSolo()
	}
}

// appendGroupRecord writes a record of the group. Before one that makes those before it void, the node writes anew what it has to know
// of itself, so that all that came before can be released.
func (n *Node) appendGroupRecord(record *consensus.Record) {
	if n.logError != nil {
		return
	}
	if record.Restart && n.started && n.nodeRecord != n.appended {
		n.restart = 0
		n.appendNodeRecord()
	}
	position := n.appendRecord(func(dst []byte) []byte {
		return appendConsensusRecord(dst, n.agreed.state.Cluster, record.Bytes)
	})
	if record.Restart {
		n.restart, n.sinceRestart = position, 0
	}
	n.written = append(n.written, writtenRecord{position: position, number: record.Position})
}

// compactGroup has the group write anew what it needs of the log.
func (n *Node) compactGroup() {
	n.machine.Compact()
	n.touched = true
}

// sendGroup sends a message of the group. A datagram may be lost without harm.
func (n *Node) sendGroup(send *consensus.Send) {
	if send.Reliable || len(send.Payload) > n.datagramRoom() {
		n.sendReliably(send.To, wire.KindConsensus, send.Payload)
	} else {
		n.sendDatagram(send.To, wire.KindConsensus, send.Payload)
	}
}

// receiveGroup handles a message of the group. One that does not fit what this node knows of it is refused and counted: it may be late.
//
// A node whose log has failed is silent, as one that is down: it can promise nothing, and what waits for its log would only grow.
func (n *Node) receiveGroup(from wire.NodeID, payload []byte) error {
	if n.logError != nil {
		return nil
	}
	err := n.machine.Receive(n.at.Now, from, payload)
	var refusal *consensus.Error
	if errors.As(err, &refusal) {
		n.options.Marks.Hit(marks.ConsensusRefused)
		n.counters.Bus.ConsensusRefused++
		return nil
	}
	n.touched = true
	return err
}

// Consensus returns the node's part in the group that decides on the configuration, for reading only.
func (n *Node) Consensus() *consensus.Machine { return n.machine }

// Decided reports whether the configuration in force is one that the node has applied itself, as a member of the group: its entries are
// in the node's own log. Any other one is in a record about the node.
func (n *Node) Decided() bool {
	return n.machine.Role() != consensus.Observer && n.agreed.state == n.state
}

// Settled reports whether the node has nothing to change about the configuration, and nothing that is to come into force. Without a
// log it can change nothing.
func (n *Node) Settled() bool {
	return len(n.undecided) == 0 && n.adopting == nil && n.attempt == nil && (n.logError != nil || len(n.misdescribed()) == 0)
}

func (n *Node) checkGroup() error {
	if n.agreed.state.Cluster != n.state.Cluster {
		return fmt.Errorf("core: the group decides on cluster %v, the node is in %v", n.agreed.state.Cluster, n.state.Cluster)
	}
	if newer(n.agreed.state, n.state) && !n.founding {
		return fmt.Errorf("core: version %d is decided, %d is in force", n.agreed.state.Version, n.state.Version)
	}
	return n.machine.Check()
}
