package consensus

import (
	"fmt"

	pb "go.etcd.io/raft/v3/raftpb"
)

// Promise is what a message of a member promises that its disk holds (the Raft paper, figure 2: "updated on stable storage before
// responding"). The group counts on it through every crash of the member.
type Promise struct {
	// Member is the raft id of the one who promises.
	Member uint64
	// Term is one that it has seen. It takes part in no earlier one any more.
	Term uint64
	// Vote is the raft id that it has voted for in Term, 0 if the message is not a vote.
	Vote uint64
	// Index is that of the last entry that it has of Term's leader, 0 if the message says nothing of that.
	Index uint64
}

// PromiseOf reads what a message of the group promises; false if it is nothing, or no message.
func PromiseOf(payload []byte) (Promise, bool) {
	if len(payload) == 0 || packetKind(payload[0]) != packetRaft {
		return Promise{}, false
	}
	p, err := decodePacket(payload)
	if err != nil || p.raft.GetReject() {
		return Promise{}, false
	}
	promise := Promise{Member: p.from, Term: p.raft.GetTerm()}
	switch p.raft.GetType() {
	case pb.MsgVoteResp:
		promise.Vote = p.to
	case pb.MsgAppResp:
		promise.Index = p.raft.GetIndex()
	default:
		return Promise{}, false
	}
	return promise, true
}

// Memory is what the records of a machine say, as they become durable: what a machine that starts on them would know. It is for
// checkers, who hold a node to what its disk has and not to what it says of that.
type Memory struct {
	config  Config
	durable *durable
	// begun says that a record has come which makes those before it void.
	begun bool
}

// NewMemory returns the memory of a log without records.
func NewMemory(config Config) *Memory { return &Memory{config: config, durable: newDurable(0)} }

// Add adds the next record. The error names one that no machine writes.
func (m *Memory) Add(record []byte) error {
	if len(record) > 0 && record[0] == recordAppend && !m.begun {
		return nil // of a log that was released up to here
	}
	m.begun = true
	return m.durable.replayRecord(m.config, record)
}

// Last returns the index of the last entry of the log.
func (m *Memory) Last() uint64 { return m.durable.log.last() }

// Keeps reports whether the records hold a promise that their machine has made. One that is a member no more, or under another raft
// id, is bound by none that it made before; and an entry may have been replaced at the word of a later leader.
func (m *Memory) Keeps(p Promise) bool {
	if m.durable.id != p.Member {
		return m.durable.spent >= p.Member
	}
	hard := m.durable.log.hard
	if hard.GetTerm() != p.Term {
		return hard.GetTerm() > p.Term
	}
	return (p.Vote == 0 || hard.GetVote() == p.Vote) && m.Last() >= p.Index
}

// String describes what there is, in a line.
func (m *Memory) String() string {
	hard := m.durable.log.hard
	return fmt.Sprintf("id=%d spent=%d term=%d vote=%d last=%d", m.durable.id, m.durable.spent, hard.GetTerm(), hard.GetVote(), m.Last())
}
