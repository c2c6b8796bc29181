package core

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// voting is how the leader of the group looks after who votes. A choice is proposed when it has stood for a while, so that many nodes
// which come at once are one change, and one who is taken out of the voters in order to be forgotten is not put back meanwhile.
type voting struct {
	// choice is who should vote by the leader's latest look, chosenAt since when, lookAt when it looks next: late if it takes
	// a change of the configuration or of somebody's health to see something else, or a voter that falls silent.
	choice   []wire.NodeID
	chosenAt time.Duration
	lookAt   time.Duration
	// chosenFor is the epoch of the voters that the choice was made for.
	chosenFor uint64
	// proposing says that a change of the voters is under way.
	proposing bool
}

const (
	// voterLookInterval is the time between two looks of the leader.
	voterLookInterval = time.Second
	// voterSettleTime is how long a choice must stand.
	voterSettleTime = 2 * time.Second
)

// chooseVoters has the leader propose other voters than there are, if others would be better.
func (n *Node) chooseVoters() {
	if n.machine.Role() != consensus.Leader || n.at.Now < n.lookAt || n.gossip == nil || n.fenced() != nil {
		return
	}
	n.lookAt = n.at.Now + voterLookInterval
	choice := topology.ChooseVoters(n.state, n.fitness)
	if !slices.Equal(choice, n.choice) || n.chosenFor != n.state.VotersEpoch() {
		n.choice, n.chosenAt, n.chosenFor = choice, n.at.Now, n.state.VotersEpoch()
	}
	settled := slices.Equal(choice, n.state.Voters())
	if settled && !slices.ContainsFunc(choice, func(id wire.NodeID) bool { return n.fitness(id) != topology.Fit }) {
		n.lookAt = n.silenceDeadline(choice) // or until something changes
	}
	if settled || n.at.Now < n.chosenAt+voterSettleTime || n.proposing {
		return
	}
	n.options.Marks.Hit(marks.VotersReplaced)
	change := topology.SetVoters{Epoch: n.state.VotersEpoch(), Voters: choice}
	n.proposing = n.propose(change, func(topology.Result, error) { n.proposing = false }) == nil
}

// fitness says how well a node can vote: by failure detection, which has told for some time, and by what the group hears of it. A node
// whose log has failed serves on, and has no vote.
func (n *Node) fitness(id wire.NodeID) topology.Fitness {
	if n.health(id) == topology.Alive {
		if at, member := n.machine.AnsweredAt(id); member && at+n.options.VoterReplacement <= n.at.Now {
			return topology.Unfit
		}
		return topology.Fit
	}
	if n.gossip.HealthSince(id)+n.options.VoterReplacement <= n.at.Now {
		return topology.Unfit
	}
	return topology.Doubtful
}

// silenceDeadline returns when one of the voters will have been silent for too long, if nothing is heard of it from now on.
func (n *Node) silenceDeadline(voters []wire.NodeID) time.Duration {
	deadline := Never
	for _, id := range voters {
		at, member := n.machine.AnsweredAt(id)
		switch {
		case member:
			deadline = min(deadline, at+n.options.VoterReplacement)
		case id != n.self: // it is about to become one
			deadline = min(deadline, n.at.Now+n.options.VoterReplacement)
		}
	}
	return deadline
}

// voterDeadline returns when the leader has to look again: while there is something to see.
func (n *Node) voterDeadline() time.Duration {
	if n.machine.Role() != consensus.Leader || n.gossip == nil || n.fenced() != nil {
		return Never
	}
	return n.lookAt
}
