package consensus

import (
	"fmt"
	"strings"

	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"github.com/ember-cluster/ember/core/wire"
)

// String shows the machine on one page: a line about itself, a line per member with what a leader knows of it, and what waits.
func (m *Machine) String() string {
	var b strings.Builder
	s := m.Status()
	fmt.Fprintf(&b, "%s %v", short(m.self), s.Role)
	if s.Role == Observer {
		fmt.Fprintf(&b, " leader=%s horizon=%d\n", shortOrNone(s.Leader), m.horizon)
		m.writeWaiting(&b)
		return b.String()
	}
	fmt.Fprintf(&b, " id=%d term=%d vote=%d leader=%s log=%d..%d durable=%d commit=%d applied=%d snapshot=%d\n",
		s.ID, s.Term, s.Vote, shortOrNone(s.Leader), s.First, s.Last, s.Durable, s.Commit, s.Applied, m.durable.log.snapshotIndex())
	progress := map[uint64]string{}
	if s.Role == Leader {
		m.raft.WithProgress(func(id uint64, _ raftProgressType, pr tracker.Progress) {
			progress[id] = fmt.Sprintf(" %s match=%d next=%d", pr.State, pr.Match, pr.Next)
		})
	}
	for _, member := range m.group.members {
		fmt.Fprintf(&b, "  %d %s %s%s\n", member.ID, short(member.Node), m.group.part(member.ID), progress[member.ID])
	}
	m.writeWaiting(&b)
	return b.String()
}

// part says in words what a member is.
func (g *group) part(id uint64) string {
	is := func(ids []uint64) bool {
		for _, other := range ids {
			if other == id {
				return true
			}
		}
		return false
	}
	switch incoming, outgoing := is(g.conf.GetVoters()), is(g.conf.GetVotersOutgoing()); {
	case incoming && outgoing, incoming && !g.joint():
		return "voter"
	case incoming:
		return "voter (incoming)"
	case outgoing:
		return "voter (outgoing)"
	}
	return "learner"
}

func (m *Machine) writeWaiting(b *strings.Builder) {
	if len(m.parked) > 0 {
		fmt.Fprintf(b, "  parked=%d persisted=%d/%d\n", len(m.parked), m.persisted, m.appended)
	}
	if len(m.proposals)+len(m.reads)+len(m.asked.order)+len(m.confirmations) > 0 {
		fmt.Fprintf(b, "  proposals=%d reads=%d asked=%d confirmations=%d\n",
			len(m.proposals), len(m.reads), len(m.asked.order), len(m.confirmations))
	}
	for i := range m.transfers {
		t := &m.transfers[i]
		fmt.Fprintf(b, "  snapshot %d to %d: %d of %d bytes\n", t.index, t.to, t.offset, len(t.body))
	}
}

// short is enough of an id to tell nodes apart in a trace.
func short(id wire.NodeID) string { return id.String()[:8] }

func shortOrNone(id wire.NodeID) string {
	if id.IsZero() {
		return "none"
	}
	return short(id)
}

// Describe shows a message as text, for traces. Of bytes that are no message it shows the error.
func Describe(payload []byte) string {
	p, err := decodePacket(payload)
	if err != nil {
		return err.Error()
	}
	switch p.kind {
	case packetRaft:
		return describeRaft(p.raft)
	case packetChunk:
		return fmt.Sprintf("snapshot %d→%d term=%d index=%d bytes=%d+%d/%d", p.from, p.to, p.term, p.index, p.offset, len(p.data), p.total)
	case packetChunkAck:
		return fmt.Sprintf("snapshot-ack %d→%d index=%d offset=%d", p.from, p.to, p.index, p.offset)
	case packetLeaving:
		return fmt.Sprintf("leaving %d", p.from)
	case packetGone:
		return fmt.Sprintf("gone %d index=%d voters=%d", p.to, p.index, len(p.nodes))
	case packetPropose:
		return fmt.Sprintf("propose %x base=%d bytes=%d", p.id[:4], p.base, len(p.data))
	case packetDecided:
		return fmt.Sprintf("decided %x index=%d", p.id[:4], p.index)
	case packetAsk:
		return "ask"
	case packetHint:
		return fmt.Sprintf("hint leader=%s index=%d", shortOrNone(p.node), p.index)
	case packetRead:
		return fmt.Sprintf("read %d", p.number)
	}
	return fmt.Sprintf("read-answer %d index=%d", p.number, p.index)
}

func describeRaft(m *pb.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d→%d term=%d", strings.TrimPrefix(m.GetType().String(), "Msg"), m.GetFrom(), m.GetTo(), m.GetTerm())
	switch m.GetType() {
	case pb.MsgApp, pb.MsgVote, pb.MsgPreVote:
		fmt.Fprintf(&b, " behind=%d/%d", m.GetIndex(), m.GetLogTerm())
	case pb.MsgAppResp:
		fmt.Fprintf(&b, " index=%d", m.GetIndex())
	}
	if m.GetReject() {
		fmt.Fprintf(&b, " reject hint=%d/%d", m.GetRejectHint(), m.GetLogTerm())
	}
	if m.GetCommit() > 0 {
		fmt.Fprintf(&b, " commit=%d", m.GetCommit())
	}
	if len(m.GetContext()) > 0 {
		b.WriteString(" read")
	}
	for _, e := range m.GetEntries() {
		fmt.Fprintf(&b, " %d/%d", e.GetIndex(), e.GetTerm())
		switch {
		case e.GetType() == pb.EntryConfChangeV2:
			b.WriteString("(members)")
		case len(e.GetData()) == 0:
			b.WriteString("(empty)")
		}
	}
	return b.String()
}

// DescribeRecord shows a log record as text, for traces. Of bytes that are no record it shows the error.
func DescribeRecord(record []byte) string {
	d := newDurable(0)
	d.id = 1
	if len(record) > 0 && record[0] == recordAppend {
		r := wire.NewReader(record[1:])
		hard, first := readHard(&r), r.Uvarint()
		entries := readEntries(&r, first, maxEntriesInRecord)
		if err := r.Finish(); err != nil {
			return err.Error()
		}
		text := fmt.Sprintf("append term=%d vote=%d commit=%d", hard.GetTerm(), hard.GetVote(), hard.GetCommit())
		for _, e := range entries {
			text += fmt.Sprintf(" %d/%d", e.GetIndex(), e.GetTerm())
		}
		return text
	}
	config := DefaultConfig()
	if err := d.replayRecord(config, record); err != nil {
		return err.Error()
	}
	if d.id == 0 {
		return fmt.Sprintf("observer, was %d", d.spent)
	}
	return fmt.Sprintf("checkpoint id=%d term=%d vote=%d commit=%d snapshot=%d last=%d",
		d.id, d.log.hard.GetTerm(), d.log.hard.GetVote(), d.log.hard.GetCommit(), d.log.snapshotIndex(), d.log.last())
}
