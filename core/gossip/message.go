package gossip

import (
	"encoding/binary"

	"github.com/ember-cluster/ember/core/wire"
)

// A message is a header and a list of claims that ends with the payload. Integers are big-endian or unsigned LEB128.
//
//	┌──────┬──────────┬─────────────┬─────────┬────────┬────────┬────────┬───
//	│ kind │ sequence │ incarnation │ version │ target │ claim  │ claim  │ …
//	│ 1    │ 4        │ LEB128      │ LEB128  │ 0 / 20 │        │        │
//	└──────┴──────────┴─────────────┴─────────┴────────┴────────┴────────┴───
//
//	┌────────┬──────┬─────────────┬─────────┐
//	│ health │ node │ incarnation │ accuser │   one claim; only a suspicion
//	│ 1      │ 20   │ LEB128      │ 0 / 20  │   has an accuser
//	└────────┴──────┴─────────────┴─────────┘
//
// Incarnation and version of the header are the sender's own: each message says that its sender lives, and which
// configuration it has. Only a pingReq has a target. The sequence ties an ack or nack to the ping or pingReq that it
// answers and is 0 where no answer is awaited.

type messageKind uint8

const (
	ping       messageKind = iota + 1 // answer with an ack
	ack                               // the ping, own or through a helper, was answered
	nack                              // the helper lives, but the target has not answered it so far
	pingReq                           // ping the target for me
	gossip                            // claims only
	state                             // a page of all that the sender believes; answer with a stateReply
	stateReply                        // a page of all that the sender believes

	lastKind = stateReply
)

// MaxIncarnation is the highest incarnation. A claim other than Alive must stay below it, so that it can be refuted.
const MaxIncarnation = 1<<63 - 1

const (
	nodeIDSize    = len(wire.NodeID{})
	maxHeaderSize = 1 + 4 + 2*binary.MaxVarintLen64 + nodeIDSize
	minClaimSize  = 1 + nodeIDSize + 1
	maxClaimSize  = 1 + nodeIDSize + binary.MaxVarintLen64 + nodeIDSize
)

// message is a decoded header. It is passed by value: it owns nothing.
type message struct {
	kind        messageKind
	sequence    uint32
	incarnation uint64
	version     uint64
	target      wire.NodeID // of a pingReq, else zero
	claims      []byte      // Invariant: a sequence of whole and possible claims.
}

// wireClaim is a claim as it stands in a message, its nodes not yet looked up.
type wireClaim struct {
	health      Health
	node        wire.NodeID
	incarnation uint64
	accuser     wire.NodeID // of a suspicion, else zero
}

// decode reads and judges a whole message without keeping or changing anything. The claims alias the payload.
func decode(payload []byte) (message, error) {
	r := wire.NewReader(payload)
	m := message{kind: messageKind(r.Uint8()), sequence: r.Uint32(), incarnation: r.Uvarint(), version: r.Uvarint()}
	if r.Err() == nil && (m.kind == 0 || m.kind > lastKind) {
		return message{}, &Error{Kind: UnknownKind}
	}
	if m.kind == pingReq {
		m.target = r.NodeID()
	}
	if err := r.Err(); err != nil {
		return message{}, err
	}
	if m.incarnation > MaxIncarnation {
		return message{}, &Error{Kind: BadIncarnation}
	}
	m.claims = payload[len(payload)-r.Len():]
	for r.Len() > 0 {
		if err := checkClaim(&r); err != nil {
			return message{}, err
		}
	}
	return m, nil
}

// checkClaim reads one claim and judges it.
func checkClaim(r *wire.Reader) error {
	c := readClaim(r)
	if err := r.Err(); err != nil {
		return err
	}
	if c.health < Alive || c.health > Left {
		return &Error{Kind: BadHealth}
	}
	if c.incarnation > MaxIncarnation || c.health != Alive && c.incarnation == MaxIncarnation {
		return &Error{Kind: BadIncarnation}
	}
	return nil
}

func readClaim(r *wire.Reader) wireClaim {
	c := wireClaim{health: Health(r.Uint8()), node: r.NodeID(), incarnation: r.Uvarint()}
	if c.health == Suspect {
		c.accuser = r.NodeID()
	}
	return c
}

func (m *message) append(dst []byte) []byte {
	dst = append(dst, byte(m.kind))
	dst = wire.AppendUint32(dst, m.sequence)
	dst = wire.AppendUvarint(dst, m.incarnation)
	dst = wire.AppendUvarint(dst, m.version)
	if m.kind == pingReq {
		dst = append(dst, m.target[:]...)
	}
	return append(dst, m.claims...)
}

func (c *wireClaim) append(dst []byte) []byte {
	dst = append(dst, byte(c.health))
	dst = append(dst, c.node[:]...)
	dst = wire.AppendUvarint(dst, c.incarnation)
	if c.health == Suspect {
		dst = append(dst, c.accuser[:]...)
	}
	return dst
}
