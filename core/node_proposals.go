package core

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/consensus"
	"github.com/ember-cluster/ember/core/marks"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// proposals are the changes of the configuration that this node has asked for and that are not settled. A change is settled when it is
// decided and its outcome is in force here too, so that whoever is told OK finds it so.
//
//	propose ─► undecided ──Answer──► decided, in version v ──v in force here──► settled
//	               └───── no answer in time, or another group by now ─────────► settled: the outcome is unknown
type proposals struct {
	// undecided are in the order in which they were asked for.
	undecided []*proposal
	// answered says that replies may leave which have waited for a change.
	answered bool
	// draft is what clients have not proposed yet.
	draft draft
}

// proposal is one change that is not settled.
type proposal struct {
	id     consensus.ProposalID
	change topology.Command
	// decided says that result and version are known; deadline is when the node stops waiting for the version to come into force.
	decided  bool
	result   topology.Result
	version  uint64
	deadline time.Duration
	// settle is told of the outcome, once: the result, or why that is not known.
	settle func(result topology.Result, err error)
}

const (
	errUnknownOutcome   command.Error = "ERR The change of the configuration was not decided in time, and may still be: its outcome is unknown"
	errTooManyUndecided command.Error = "ERR Too many changes of the configuration are under way"
	errChangeTooLarge   command.Error = "ERR The change of the configuration is too large"
)

// propose has the group decide on a change. The error says why it was not even asked; otherwise settle is called, once, when the
// outcome is in force here or will not be known. To change nothing is to wait for what was proposed before: if there is nothing to wait
// for, settle is called at once.
func (n *Node) propose(change topology.Command, settle func(topology.Result, error)) error {
	if n.logError != nil {
		return n.logError
	}
	p := &proposal{change: change, settle: settle, deadline: Never}
	if commandCount(change) > 0 {
		if err := n.ask(p); err != nil {
			return err
		}
	} else if p.decided = true; len(n.undecided) == 0 {
		settle(topology.Result{}, nil)
		return nil
	}
	n.undecided = append(n.undecided, p)
	return nil
}

// ask brings a change to the group.
func (n *Node) ask(p *proposal) error {
	n.options.Random.Fill(p.id[:])
	n.touched = true
	switch err := n.machine.Propose(n.at.Now, p.id, topology.AppendCommand(nil, p.change)); {
	case errors.Is(err, consensus.ErrTooLarge):
		return errChangeTooLarge
	case err != nil:
		return errTooManyUndecided
	}
	return nil
}

// proposalAnswered takes the group's word for a change.
func (n *Node) proposalAnswered(answer *consensus.Answer) {
	i := slices.IndexFunc(n.undecided, func(p *proposal) bool { return p.id == answer.ID })
	if i < 0 {
		return
	}
	p := n.undecided[i]
	var err error
	if p.version, p.result, err = readOutcome(answer); err != nil {
		n.options.Marks.Hit(marks.ProposalUnknown)
		n.settle(i, topology.Result{}, errUnknownOutcome)
		return
	}
	p.decided, p.deadline = true, n.at.Now+n.options.Consensus.ProposalTimeout
	if n.state.Version < p.version {
		n.options.Marks.Hit(marks.DecidedElsewhere)
		n.pullFrom(n.machine.Leader(), p.version)
	}
}

// readOutcome reads what the state machine said of a change, on whichever node.
func readOutcome(answer *consensus.Answer) (version uint64, result topology.Result, err error) {
	if !answer.Applied {
		return 0, result, errUnknownOutcome
	}
	reader := wire.NewReader(answer.Result)
	version = reader.Uvarint()
	if reader.Err() != nil {
		return 0, result, reader.Err()
	}
	result, err = topology.DecodeResult(reader.Bytes(reader.Len()))
	return version, result, err
}

// settleDecided settles what is in force by now, in the order in which it was asked for. What does not come into force in time is
// settled too: it is decided all the same.
func (n *Node) settleDecided() {
	for i := 0; i < len(n.undecided); {
		p := n.undecided[i]
		barrier := commandCount(p.change) == 0
		if !p.decided || barrier && i > 0 || n.state.Version < p.version && n.at.Now < p.deadline {
			i++
			continue
		}
		n.settle(i, p.result, nil)
		i = 0
	}
	if n.answered {
		n.answered = false
		n.releaseParked()
	}
}

// settle ends the i-th of what is undecided.
func (n *Node) settle(i int, result topology.Result, err error) {
	p := n.undecided[i]
	n.undecided = slices.Delete(n.undecided, i, i+1)
	n.answered = true
	p.settle(result, err)
}

// failProposals settles everything that waits: nobody will answer it.
func (n *Node) failProposals(err error) {
	for len(n.undecided) > 0 {
		n.settle(0, topology.Result{}, err)
	}
}

// proposalDeadline returns when some change has waited long enough for its version.
func (n *Node) proposalDeadline() time.Duration {
	deadline := Never
	for _, p := range n.undecided {
		deadline = min(deadline, p.deadline)
	}
	return deadline
}

func (n *Node) checkProposals() error {
	if n.logError != nil && len(n.undecided) > 0 {
		return fmt.Errorf("core: %d changes wait for a log that has failed", len(n.undecided))
	}
	for i, p := range n.undecided {
		if p.decided && p.version <= n.state.Version && i == 0 {
			return fmt.Errorf("core: a change is in force with version %d and not settled", p.version)
		}
	}
	return nil
}
