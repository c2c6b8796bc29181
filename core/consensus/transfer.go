package consensus

import (
	"bytes"
	"slices"
	"time"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/wire"
)

// A snapshot is larger than a message may be, so a leader sends it in parts, one at a time, and the receiver asks for each
// by its offset:
//
//	leader   chunk 0 ───►       chunk 1 ───►   (lost)   chunk 1 ───►      ReportSnapshot
//	receiver        ◄─── ack c1        ×                       ◄─── ack total
//
// So either side may forget: a receiver that starts again asks for offset 0, a leader whose part was lost sends it again
// after a while, and gives up after some times, whereupon raft begins anew with a newer snapshot.

// transfer is a snapshot on its way to a member.
type transfer struct {
	to       uint64
	term     uint64
	index    uint64
	body     []byte // see appendSnapshot
	offset   uint64 // of the part under way
	resendAt time.Duration
	tries    int // how often the part was sent
}

// assembly is a snapshot on its way to this node.
type assembly struct {
	from, term, index, total uint64
	body                     []byte
}

func (m *Machine) startTransfer(message *pb.Message) {
	m.endTransfer(message.GetTo())
	m.transfers = append(m.transfers, transfer{
		to: message.GetTo(), term: message.GetTerm(), index: message.GetSnapshot().GetMetadata().GetIndex(),
		body: appendSnapshot(nil, message.GetSnapshot()),
	})
	m.sendChunk(&m.transfers[len(m.transfers)-1])
}

func (m *Machine) endTransfer(to uint64) {
	m.transfers = slices.DeleteFunc(m.transfers, func(t transfer) bool { return t.to == to })
}

// endStaleTransfer ends a transfer whose receiver has what it would bring. The log may begin behind that by now, so raft is
// told to look where the receiver stands.
func (m *Machine) endStaleTransfer(answer *pb.Message) {
	arrived := func(t transfer) bool {
		return t.to == answer.GetFrom() && !answer.GetReject() && answer.GetTerm() == t.term && answer.GetIndex() >= t.index
	}
	if slices.ContainsFunc(m.transfers, arrived) {
		m.endTransfer(answer.GetFrom())
		m.raft.ReportSnapshot(answer.GetFrom(), raft.SnapshotFinish)
	}
}

func (m *Machine) sendChunk(t *transfer) {
	t.tries++
	t.resendAt = m.now + m.config.ElectionTimeout
	if to, ok := m.addressOf(t.to); ok {
		part := t.body[t.offset:min(uint64(len(t.body)), t.offset+uint64(m.config.ChunkBytes))]
		m.post(to, packet{
			kind: packetChunk, from: m.durable.id, to: t.to, term: t.term, index: t.index,
			total: uint64(len(t.body)), offset: t.offset, data: part,
		}, true)
	}
}

// advanceTransfers sends parts again that were not asked beyond, and gives transfers up.
func (m *Machine) advanceTransfers() {
	for i := 0; i < len(m.transfers); {
		t := &m.transfers[i]
		if m.now >= t.resendAt {
			if t.tries >= snapshotTries {
				to := t.to
				m.transfers = slices.Delete(m.transfers, i, i+1)
				m.raft.ReportSnapshot(to, raft.SnapshotFailure)
				continue
			}
			m.sendChunk(t)
		}
		i++
	}
}

func (m *Machine) chunkAcknowledged(p *packet) {
	i := slices.IndexFunc(m.transfers, func(t transfer) bool { return t.to == p.from && t.index == p.index })
	if i < 0 || p.offset > uint64(len(m.transfers[i].body)) || p.offset == m.transfers[i].offset {
		return // it is about another transfer, or asks again for what is on its way
	}
	t := &m.transfers[i]
	if p.offset == uint64(len(t.body)) {
		m.endTransfer(p.from)
		m.raft.ReportSnapshot(p.from, raft.SnapshotFinish)
		return
	}
	t.offset, t.tries = p.offset, 0
	m.sendChunk(t)
}

// admitChunk judges a part of a snapshot, and with the last one the whole.
func (m *Machine) admitChunk(p *packet) (ErrorKind, bool) {
	end := p.offset + uint64(len(p.data))
	switch {
	case p.term == 0 || p.index == 0:
		return BadTerm, false
	case p.total > uint64(m.config.maxSnapshot()) || len(p.data) == 0 || end > p.total:
		return BadChunk, false
	case end < p.total || !m.fits(p):
		return 0, true
	}
	var before []byte
	if m.incoming != nil {
		before = m.incoming.body
	}
	snapshot, err := m.openSnapshot(append(slices.Clone(before[:p.offset]), p.data...), p)
	switch {
	case err != nil:
		return BadState, false
	case !inConf(snapshot.GetMetadata().GetConfState(), p.to):
		return BadConfiguration, false
	}
	return 0, true
}

// fits reports whether a part is the next one of what has come so far.
func (m *Machine) fits(p *packet) bool {
	if p.offset == 0 {
		return true
	}
	a := m.incoming
	return p.to == m.durable.id && a != nil && a.from == p.from && a.term == p.term && a.index == p.index && a.total == p.total &&
		uint64(len(a.body)) == p.offset
}

// openSnapshot reads a whole snapshot and has it judged by those who would have to live with it.
func (m *Machine) openSnapshot(body []byte, p *packet) (*pb.Snapshot, error) {
	r := wire.NewReader(body)
	snapshot := readSnapshot(&r, m.config.maxSnapshot())
	if err := r.Finish(); err != nil {
		return nil, err
	}
	meta := snapshot.GetMetadata()
	if meta.GetIndex() != p.index || meta.GetTerm() == 0 || meta.GetTerm() > p.term {
		return nil, &Error{Kind: BadIndex}
	}
	_, state, err := readBody(snapshot, m.config.MaxState)
	if err != nil {
		return nil, err
	}
	return snapshot, m.state.CheckState(state)
}

// takeChunk adds a part of a snapshot to those before it, asks for the next one, and gives raft the whole.
func (m *Machine) takeChunk(from wire.NodeID, p *packet) {
	if !m.fits(p) {
		m.askChunk(from, p)
		return
	}
	if p.offset == 0 {
		m.incoming = &assembly{from: p.from, term: p.term, index: p.index, total: p.total}
	}
	a := m.incoming
	a.body = append(a.body, p.data...)
	m.askChunk(from, p)
	if uint64(len(a.body)) < a.total {
		return
	}
	m.incoming = nil
	snapshot, err := m.openSnapshot(bytes.Clone(a.body), p)
	m.must(err) // it was judged before
	m.stepRaft(from, &pb.Message{
		Type: pb.MsgSnap.Enum(), From: new(p.from), To: new(p.to), Term: new(p.term), Snapshot: snapshot,
	})
}

// askChunk tells the leader which offset of a snapshot is wanted next.
func (m *Machine) askChunk(from wire.NodeID, p *packet) {
	next := uint64(0)
	if a := m.incoming; a != nil && a.from == p.from && a.term == p.term && a.index == p.index && a.total == p.total {
		next = uint64(len(a.body))
	}
	m.post(from, packet{kind: packetChunkAck, from: p.to, to: p.from, index: p.index, offset: next}, true)
}
