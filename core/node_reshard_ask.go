package core

import (
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
)

// How a node has another one end a slot's way. Messages go on streams. Numbers are uvarints unless a width is given.
//
//	request   number, 1 (assign) or 2 (stabilize) (1), slot (2), shard of the target (20), version
//	request   number, 4 (entrust) (1), command
//	answer    number, 0 (1), version, error (length and bytes), empty if there is none
//	notice    0, 3 (1): the stamp that every message carries is all that it tells
//
// A request is looked at when the version that its sender has is in force, so that nobody answers from an older configuration. An
// answer counts when its version is in force here, so that whoever is told OK finds it so.

// slotRequest is what another node is asked to do.
type slotRequest struct {
	action action
	slot   slots.Slot
	target topology.ShardID
}

type action uint8

const (
	answering action = iota
	assignment
	stabilization
	noticing
	entrusting
)

// asked are the requests of this node that are under way.
type asked struct {
	// lastRequest is the number of the newest one.
	lastRequest uint64
	// requests are in the order of their numbers, which is that of their ends.
	requests []askedRequest
	// early are requests of others that wait for the version that their senders have.
	early []earlyRequest
	// helper counts the nodes that were asked to propose something for this one, so that each is asked in turn.
	helper int
}

// earlyRequest is a request that has come before the configuration that it speaks of.
type earlyRequest struct {
	slotRequest
	from            wire.NodeID
	number, version uint64
	// end is when it is given up.
	end time.Duration
}

// maxEarly bounds the requests that wait.
const maxEarly = 1024

// askedRequest is one that has no outcome yet.
type askedRequest struct {
	number uint64
	of     wire.NodeID
	// end is when its outcome becomes unknown.
	end time.Duration
	// version is what the answer waits for; 0 if there is no answer.
	version uint64
	done    ended
}

const (
	maxNumberBytes  = 10
	maxRequestBytes = 2 + 20 + maxNumberBytes
	// maxErrorText bounds the error in an answer.
	maxErrorText   = 512
	maxAnswerBytes = 10 + 1 + 10 + 2 + maxErrorText
)

const errUnanswered command.Error = "ERR The node that has to agree has not answered in time: the outcome is unknown"

// request sends a request to a node.
func (n *Node) request(of wire.NodeID, r slotRequest, done ended) {
	body := append(wire.AppendUint16(make([]byte, 0, maxRequestBytes), uint16(r.slot)), r.target[:]...)
	n.sendRequest(of, r.action, wire.AppendUvarint(body, n.state.Version), done)
}

func (n *Node) sendRequest(of wire.NodeID, what action, body []byte, done ended) {
	n.lastRequest++
	n.requests = append(n.requests, askedRequest{
		number: n.lastRequest, of: of, end: n.at.Now + n.options.Consensus.ProposalTimeout, done: done,
	})
	payload := append(wire.AppendUvarint(make([]byte, 0, maxNumberBytes+1+len(body)), n.lastRequest), byte(what))
	n.sendReliably(of, wire.KindSlot, append(payload, body...))
}

// notice makes a node aware that there is a newer configuration than it may have.
func (n *Node) notice(to wire.NodeID) {
	n.sendReliably(to, wire.KindSlot, []byte{0, byte(noticing)})
}

// receiveSlot takes a request or an answer.
func (n *Node) receiveSlot(from wire.NodeID, payload []byte) error {
	reader := wire.NewReader(payload)
	number, what := reader.Uvarint(), action(reader.Uint8())
	if what == answering {
		version, text := reader.Uvarint(), string(reader.Prefixed(maxErrorText))
		if err := reader.Finish(); err != nil {
			return err
		}
		n.requestAnswered(from, number, version, text)
		return nil
	}
	if what == noticing {
		return reader.Finish()
	}
	if what == entrusting {
		return n.proposeFor(from, number, reader.Bytes(reader.Len()))
	}
	r := earlyRequest{from: from, number: number, end: n.at.Now + n.options.Consensus.ProposalTimeout}
	r.action, r.slot = what, slots.Slot(reader.Uint16())
	copy(r.target[:], reader.Bytes(len(r.target)))
	r.version = reader.Uvarint()
	if r.slot >= slots.Count || what > stabilization {
		reader.Fail(wire.Malformed)
	}
	if err := reader.Finish(); err != nil {
		return err
	}
	if r.version > n.state.Version && len(n.early) < maxEarly {
		n.early = append(n.early, r)
	} else {
		n.carryOut(&r)
	}
	return nil
}

func (n *Node) carryOut(r *earlyRequest) {
	from, number := r.from, r.number
	done := func(version uint64, err error) { n.answer(from, number, version, err) }
	switch err := n.fenced(); {
	case err != nil:
		done(0, err)
	case r.version > n.state.Version:
		done(0, errUnanswered)
	case r.action == assignment:
		n.assign(r.slot, r.target, false, done)
	default:
		n.stabilize(r.slot, done)
	}
}

// answer tells a node what came of its request.
func (n *Node) answer(to wire.NodeID, number, version uint64, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	payload := append(wire.AppendUvarint(make([]byte, 0, maxAnswerBytes), number), byte(answering))
	payload = wire.AppendUvarint(payload, version)
	n.sendReliably(to, wire.KindSlot, wire.AppendPrefixed(payload, []byte(text[:min(len(text), maxErrorText)])))
}

// requestAnswered takes an answer: an error ends a request at once.
func (n *Node) requestAnswered(from wire.NodeID, number, version uint64, text string) {
	i := slices.IndexFunc(n.requests, func(r askedRequest) bool { return r.number == number && r.of == from })
	switch {
	case i < 0: // it has come too late
	case text != "":
		n.endRequest(i, command.Error(text))
	default:
		n.requests[i].version = max(version, 1)
	}
}

// advanceRequests ends the requests whose outcome is in force here, or will not be known, and looks at those of others that could not
// be looked at before.
func (n *Node) advanceRequests() {
	for i := 0; i < len(n.early); {
		r := n.early[i]
		if r.version > n.state.Version && r.end > n.at.Now {
			i++
			continue
		}
		n.early = slices.Delete(n.early, i, i+1)
		n.carryOut(&r)
	}
	for i := 0; i < len(n.requests); {
		switch r := &n.requests[i]; {
		case r.version > 0 && r.version <= n.state.Version:
			n.endRequest(i, nil)
		case r.end <= n.at.Now:
			n.endRequest(i, errUnanswered)
		default:
			i++
		}
	}
}

func (n *Node) endRequest(i int, err error) {
	done := n.requests[i].done
	n.requests = slices.Delete(n.requests, i, i+1)
	done(n.state.Version, err)
}

// requestDeadline returns when a request has waited long enough.
func (n *Node) requestDeadline() time.Duration {
	deadline := n.closingDeadline()
	if len(n.requests) > 0 {
		deadline = n.requests[0].end
	}
	if len(n.early) > 0 {
		deadline = min(deadline, n.early[0].end)
	}
	return deadline
}
