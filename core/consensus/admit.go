package consensus

import (
	"encoding/binary"

	pb "go.etcd.io/raft/v3/raftpb"
)

// fields are those of a raft message that its type gives a meaning.
type fields struct{ logTerm, index, commit, reject, context, entries bool }

// messageFields lists the types that nodes send to one another. Raft's other types are between a node and itself, or for
// functions that are not used.
var messageFields = map[pb.MessageType]fields{
	pb.MsgApp:           {logTerm: true, index: true, commit: true, entries: true},
	pb.MsgAppResp:       {logTerm: true, index: true, reject: true},
	pb.MsgVote:          {logTerm: true, index: true, context: true},
	pb.MsgVoteResp:      {reject: true},
	pb.MsgPreVote:       {logTerm: true, index: true},
	pb.MsgPreVoteResp:   {reject: true},
	pb.MsgHeartbeat:     {commit: true, context: true},
	pb.MsgHeartbeatResp: {context: true},
	pb.MsgTimeoutNow:    {},
}

// handOverContext marks a vote that the leader itself has asked for, by MsgTimeoutNow.
const handOverContext = "CampaignTransfer"

// admitRaft judges one of raft's messages. Raft trusts its peers and panics on what cannot be; so that does not reach it.
func (m *Machine) admitRaft(p *packet) (ErrorKind, bool) {
	message := p.raft
	used, known := messageFields[message.GetType()]
	switch {
	case !known,
		!used.commit && message.GetCommit() != 0,
		!used.reject && message.GetReject(),
		!message.GetReject() && message.GetRejectHint() != 0,
		!used.context && len(message.GetContext()) > 0,
		!used.entries && len(message.GetEntries()) > 0:
		return UnexpectedType, false
	case !used.index && message.GetIndex() != 0, !used.logTerm && message.GetLogTerm() != 0:
		return BadIndex, false
	case message.GetTerm() == 0 || message.GetTerm() >= MaxIndex:
		return BadTerm, false
	}
	own := p.to == m.durable.id && m.raft != nil // else the message begins a life with an empty log
	switch message.GetType() {
	case pb.MsgApp:
		return admitAppend(message)
	case pb.MsgHeartbeat:
		last := uint64(0)
		if own {
			last = m.durable.log.last()
		}
		if message.GetCommit() > last && message.GetTerm() >= m.term {
			return BadIndex, false // a leader says that only of what this node has acknowledged
		}
		return BadContext, len(message.GetContext()) == 0 || len(message.GetContext()) == readContextSize
	case pb.MsgVote:
		return BadContext, len(message.GetContext()) == 0 || string(message.GetContext()) == handOverContext
	case pb.MsgTimeoutNow:
		return UnexpectedType, message.GetTerm() != m.term || message.GetFrom() == m.leader
	case pb.MsgAppResp:
		return m.admitAppendAnswer(message)
	case pb.MsgHeartbeatResp:
		if context := message.GetContext(); len(context) > 0 && (len(context) != readContextSize ||
			message.GetTerm() >= m.term && readContextNumber(context) > m.readContext) {
			return BadContext, false
		}
	}
	return 0, true
}

// admitAppend judges the entries that a leader wants appended: behind the entry that it names, with terms that do not fall
// and are not above its own.
func admitAppend(message *pb.Message) (ErrorKind, bool) {
	term := message.GetLogTerm()
	if (term == 0) != (message.GetIndex() == 0) {
		return BadIndex, false
	}
	for _, e := range message.GetEntries() {
		if e.GetTerm() < term || e.GetTerm() == 0 {
			return BadTerm, false
		}
		term = e.GetTerm()
		if e.GetType() == pb.EntryConfChangeV2 {
			if _, _, err := decodeChange(e.GetData()); err != nil {
				return BadConfiguration, false
			}
		}
	}
	if term > message.GetTerm() {
		return BadTerm, false
	}
	return 0, true
}

// admitAppendAnswer judges an answer to entries of this leader: it is about indexes that the leader has.
func (m *Machine) admitAppendAnswer(message *pb.Message) (ErrorKind, bool) {
	if m.role != Leader || message.GetTerm() != m.term {
		return 0, true // raft looks at the term only
	}
	if message.GetIndex() > m.durable.log.last() || message.GetRejectHint() > message.GetIndex() {
		return BadIndex, false
	}
	return 0, true
}

// readContextSize is the size of a read's confirmation.
const readContextSize = 8

// readContextNumber reads how raft numbers the confirmations of reads.
func readContextNumber(context []byte) uint64 { return binary.LittleEndian.Uint64(context) }
