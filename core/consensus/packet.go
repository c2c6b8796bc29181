package consensus

import (
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// packetKind says what a message is.
type packetKind uint8

const (
	packetRaft       packetKind = iota + 1 // one of raft's messages
	packetChunk                            // a part of a snapshot
	packetChunkAck                         // which part of a snapshot is wanted next
	packetLeaving                          // does the receiver know that the sender is not a member any more?
	packetGone                             // the receiver's raft id is not a member any more
	packetPropose                          // a proposal, to the leader
	packetDecided                          // how a proposal was decided; of index 0: it cannot be any more
	packetAsk                              // who leads?
	packetHint                             // who leads
	packetRead                             // which index must be applied to know all that is committed now?
	packetReadAnswer                       // that index
)

// packet is a message between two nodes. Each begins with its kind (1) and the generation; numbers are uvarints.
//
//	raft        from, to (raft ids), type (1), term, log term, index, commit, reject (1), reject hint,
//	            context (length and bytes), entries (see appendEntries; they follow on index)
//	chunk       from, to, term, index of the snapshot, total bytes, offset, data (the rest)
//	chunk ack   from, to, index of the snapshot, offset
//	leaving     from
//	gone        to, index applied, voters (count; 20 each)
//	propose     id (16), base, data (the rest)
//	decided     id (16), index, result (length and bytes)
//	ask
//	hint        leader (20, zero if unknown), commit
//	read        number
//	read answer number, index
type packet struct {
	kind       packetKind
	generation uint64
	from, to   uint64
	raft       *pb.Message

	term, index, total, offset uint64
	id                         ProposalID
	base, number               uint64
	node                       wire.NodeID
	nodes                      []wire.NodeID
	data                       []byte
}

const maxContext = len(handOverContext)

func (p *packet) append(dst []byte) []byte {
	dst = append(dst, byte(p.kind))
	dst = wire.AppendUvarint(dst, p.generation)
	numbers := func(values ...uint64) {
		for _, v := range values {
			dst = wire.AppendUvarint(dst, v)
		}
	}
	switch p.kind {
	case packetRaft:
		numbers(p.from, p.to)
		dst = appendRaftMessage(dst, p.raft)
	case packetChunk:
		numbers(p.from, p.to, p.term, p.index, p.total, p.offset)
		dst = append(dst, p.data...)
	case packetChunkAck:
		numbers(p.from, p.to, p.index, p.offset)
	case packetLeaving:
		numbers(p.from)
	case packetGone:
		numbers(p.to, p.index, uint64(len(p.nodes)))
		for _, node := range p.nodes {
			dst = append(dst, node[:]...)
		}
	case packetPropose:
		dst = append(dst, p.id[:]...)
		numbers(p.base)
		dst = append(dst, p.data...)
	case packetDecided:
		dst = append(dst, p.id[:]...)
		numbers(p.index)
		dst = wire.AppendPrefixed(dst, p.data)
	case packetHint:
		dst = append(dst, p.node[:]...)
		numbers(p.index)
	case packetRead:
		numbers(p.number)
	case packetReadAnswer:
		numbers(p.number, p.index)
	}
	return dst
}

// decodePacket reads what append wrote, and nothing else. The result does not alias data.
func decodePacket(data []byte) (*packet, error) {
	r := wire.NewReader(data)
	p := &packet{kind: packetKind(r.Uint8()), generation: r.Uvarint()}
	switch p.kind {
	case packetRaft:
		p.from, p.to = readBounded(&r), readBounded(&r)
		p.raft = readRaftMessage(&r, p.from, p.to)
	case packetChunk:
		p.from, p.to, p.term = readBounded(&r), readBounded(&r), readBounded(&r)
		p.index, p.total, p.offset = readBounded(&r), readBounded(&r), readBounded(&r)
		p.data = slices.Clone(r.Bytes(r.Len()))
	case packetChunkAck:
		p.from, p.to, p.index, p.offset = readBounded(&r), readBounded(&r), readBounded(&r), readBounded(&r)
	case packetLeaving:
		p.from = readBounded(&r)
	case packetGone:
		p.to, p.index = readBounded(&r), readBounded(&r)
		for range r.Count(maxVotersToAsk, len(wire.NodeID{})) {
			p.nodes = append(p.nodes, r.NodeID())
		}
	case packetPropose:
		copy(p.id[:], r.Bytes(len(p.id)))
		p.base = readBounded(&r)
		p.data = slices.Clone(r.Bytes(r.Len()))
	case packetDecided:
		copy(p.id[:], r.Bytes(len(p.id)))
		p.index = readBounded(&r)
		p.data = slices.Clone(r.Prefixed(MaxResult))
	case packetAsk:
	case packetHint:
		p.node = r.NodeID()
		p.index = readBounded(&r)
	case packetRead:
		p.number = r.Uvarint()
	case packetReadAnswer:
		p.number, p.index = r.Uvarint(), readBounded(&r)
	default:
		r.Fail(wire.BadVersion)
	}
	if err := r.Finish(); err != nil {
		return nil, err
	}
	return p, nil
}

func appendRaftMessage(dst []byte, message *pb.Message) []byte {
	dst = append(dst, byte(message.GetType()))
	for _, v := range [...]uint64{message.GetTerm(), message.GetLogTerm(), message.GetIndex(), message.GetCommit()} {
		dst = wire.AppendUvarint(dst, v)
	}
	dst = wire.AppendBool(dst, message.GetReject())
	dst = wire.AppendUvarint(dst, message.GetRejectHint())
	dst = wire.AppendPrefixed(dst, message.GetContext())
	return appendEntries(dst, message.GetEntries())
}

// decodedMessage is one of raft's messages with the memory of its fields, all of which are pointers.
type decodedMessage struct {
	message                                            pb.Message
	kind                                               pb.MessageType
	from, to, term, logTerm, index, commit, rejectHint uint64
	reject                                             bool
}

func readRaftMessage(r *wire.Reader, from, to uint64) *pb.Message {
	d := &decodedMessage{kind: pb.MessageType(r.Uint8()), from: from, to: to}
	d.term, d.logTerm, d.index, d.commit = readBounded(r), readBounded(r), readBounded(r), readBounded(r)
	d.reject, d.rejectHint = r.Bool(), readBounded(r)
	message := &d.message
	message.Type, message.From, message.To = &d.kind, &d.from, &d.to
	message.Term, message.LogTerm, message.Index, message.Commit = &d.term, &d.logTerm, &d.index, &d.commit
	message.Reject, message.RejectHint = &d.reject, &d.rejectHint
	if context := r.Prefixed(maxContext); len(context) > 0 {
		message.Context = slices.Clone(context)
	}
	message.Entries = readEntries(r, message.GetIndex()+1, maxPayload/minEntryBytes)
	return message
}
