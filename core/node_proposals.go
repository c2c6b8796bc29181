package core

import (
	"fmt"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/topology"
)

// proposals are the changes of the configuration that are not settled.
//
// A change is decided here when its record is durable, since the node is the only voter of its cluster. This is the one
// place where a consensus group takes over.
type proposals struct {
	// tentative is the configuration after every undecided change. New proposals are judged against it, so that of two
	// rival ones the later is told why it lost, without waiting for the earlier to become durable.
	tentative *topology.State
	undecided []proposal
	draft     draft
}

// proposal is one change that waits to be decided.
type proposal struct {
	// position is that of the log record that decides it. Invariant: never falls along proposals.undecided.
	position uint64
	// state is in force from the decision on; it is unchanged from the one before if the change was refused.
	state  *topology.State
	result topology.Result
	// settle is told of the outcome, once.
	settle func(result topology.Result, err error)
}

// propose asks for a change. The error says why it was not even asked; otherwise settle is called, once that is in force here.
func (n *Node) propose(change topology.Command, settle func(topology.Result, error)) error {
	if len(n.state.Nodes()) > 1 {
		return command.Error("ERR The configuration of a cluster of several nodes is fixed until its nodes can vote on changes")
	}
	if n.logError != nil {
		return n.logError
	}
	p := proposal{settle: settle}
	p.state, p.result = n.tentative.Apply(change)
	if p.state != n.tentative {
		n.appendState(p.state)
		n.tentative = p.state
	}
	p.position = n.appended
	n.undecided = append(n.undecided, p)
	n.settleDecided()
	return nil
}

// settleDecided puts the durable proposals into force, in order, and tells of them.
func (n *Node) settleDecided() {
	for len(n.undecided) > 0 && n.undecided[0].position <= n.persisted {
		p := n.undecided[0]
		n.undecided = n.undecided[1:]
		n.install(p.state)
		p.settle(p.result, nil)
	}
}

// failProposals tells everybody who waits that there will be no decision.
func (n *Node) failProposals(err error) {
	n.tentative = n.state
	undecided := n.undecided
	n.undecided = nil
	for i := range undecided {
		undecided[i].settle(topology.Result{}, err)
	}
}

func (n *Node) checkProposals() error {
	if n.logError != nil && len(n.undecided) > 0 {
		return fmt.Errorf("core: %d proposals wait for a log that has failed", len(n.undecided))
	}
	last := n.persisted
	for i := range n.undecided {
		p := &n.undecided[i]
		if p.position < last {
			return fmt.Errorf("core: proposal %d waits for record %d, the one before for %d", i, p.position, last)
		}
		last = p.position
	}
	return nil
}
