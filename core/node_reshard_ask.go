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
//	request   number, 1 (assign) or 2 (stabilize) (1), slot (2), shard of the target (20)
//	answer    number, 0 (1), version, error (length and bytes), empty if there is none
//
// An answer counts when its version is in force here, so that whoever is told OK finds it so.

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
)

// asked are the requests of this node that are under way.
type asked struct {
	// lastRequest is the number of the newest one.
	lastRequest uint64
	// requests are in the order of their numbers, which is that of their ends.
	requests []askedRequest
}

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
	maxRequestBytes = 10 + 1 + 2 + 20
	// maxErrorText bounds the error in an answer.
	maxErrorText   = 512
	maxAnswerBytes = 10 + 1 + 10 + 2 + maxErrorText
)

const errUnanswered command.Error = "ERR The node that has to agree has not answered in time: the outcome is unknown"

// request sends a request to a node.
func (n *Node) request(of wire.NodeID, r slotRequest, done ended) {
	n.lastRequest++
	n.requests = append(n.requests, askedRequest{
		number: n.lastRequest, of: of, end: n.at.Now + n.options.Consensus.ProposalTimeout, done: done,
	})
	payload := wire.AppendUvarint(make([]byte, 0, maxRequestBytes), n.lastRequest)
	payload = wire.AppendUint16(append(payload, byte(r.action)), uint16(r.slot))
	n.sendReliably(of, wire.KindSlot, append(payload, r.target[:]...))
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
	r := slotRequest{action: what, slot: slots.Slot(reader.Uint16())}
	copy(r.target[:], reader.Bytes(len(r.target)))
	if r.slot >= slots.Count || what > stabilization {
		reader.Fail(wire.Malformed)
	}
	if err := reader.Finish(); err != nil {
		return err
	}
	n.carryOut(r, func(version uint64, err error) { n.answer(from, number, version, err) })
	return nil
}

func (n *Node) carryOut(r slotRequest, done ended) {
	if err := n.fenced(); err != nil {
		done(0, err)
		return
	}
	if r.action == assignment {
		n.assign(r.slot, r.target, false, done)
		return
	}
	n.stabilize(r.slot, done)
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

// advanceRequests ends the requests whose outcome is in force here, or will not be known.
func (n *Node) advanceRequests() {
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
	if len(n.requests) == 0 {
		return Never
	}
	return n.requests[0].end
}
