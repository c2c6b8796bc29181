package consensus

import (
	"errors"
	"fmt"
	"testing"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"
	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/wire"
)

// drawMessage draws a raft message that is well formed and, more often than not, nonsense.
func drawMessage(t *rapid.T, from, to uint64) *pb.Message {
	number := func(label string) *uint64 {
		return new(rapid.OneOf(rapid.Uint64Range(0, 20), rapid.Uint64Range(0, MaxIndex)).Draw(t, label))
	}
	m := &pb.Message{
		Type: pb.MessageType(rapid.IntRange(0, 24).Draw(t, "type")).Enum(), From: new(from), To: new(to), Term: number("term"),
		LogTerm: number("log term"), Index: number("index"), Commit: number("commit"), Reject: new(rapid.Bool().Draw(t, "reject")),
		RejectHint: number("hint"),
	}
	switch rapid.IntRange(0, 3).Draw(t, "context") {
	case 0:
		m.Context = rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "read")
	case 1:
		m.Context = []byte(handOverContext)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "entries") {
		e := &pb.Entry{
			Term: number("entry term"), Index: new(m.GetIndex() + 1 + uint64(i)), Type: pb.EntryNormal.Enum(),
			Data: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "data"),
		}
		if rapid.Bool().Draw(t, "members") {
			e.Type, e.Data = pb.EntryConfChangeV2.Enum(), drawChange(t)
		}
		m.Entries = append(m.Entries, e)
	}
	return m
}

func drawChange(t *rapid.T) []byte {
	change := &pb.ConfChangeV2{}
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		kind := pb.ConfChangeType(rapid.IntRange(0, 3).Draw(t, "change"))
		change.Changes = append(change.Changes, singleChange(kind, rapid.Uint64Range(0, 6).Draw(t, "of")))
	}
	if rapid.Bool().Draw(t, "with members") {
		change.Context = appendMembers(nil, []Member{{ID: rapid.Uint64Range(1, 8).Draw(t, "id"), Node: nodeID(rapid.IntRange(0, 8).Draw(t, "node"))}})
	}
	_, data, err := pb.MarshalConfChange(change)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Messages whose fields are anything: each is refused with a typed error, or taken; raft never panics, and the machine is in
// order afterwards. Terms are kept plausible half of the time, since all else is refused early.
func TestNoMessageMakesRaftPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newTestGroup(3, 1, smallConfig(), nil)
		g.run(time.Second, nil)
		for range rapid.IntRange(1, 20).Draw(t, "messages") {
			h := g.hosts[rapid.IntRange(0, 2).Draw(t, "to")]
			from := (h.index + rapid.IntRange(1, 2).Draw(t, "from")) % 3
			message := drawMessage(t, uint64(from+1), h.machine.durable.id)
			if rapid.Bool().Draw(t, "plausible") {
				message.Term = new(h.machine.term)
				message.LogTerm, message.Index = new(min(message.GetLogTerm(), 2)), new(min(message.GetIndex(), h.machine.durable.log.last()))
				for i, e := range message.Entries {
					e.Term, e.Index = new(h.machine.term), new(message.GetIndex()+1+uint64(i))
				}
			}
			p := packet{kind: packetRaft, from: uint64(from + 1), to: h.machine.durable.id, raft: message}
			err := h.machine.Receive(g.now, nodeID(from), p.append(nil))
			var refusal *Error
			var unreadable *wire.Error
			if err != nil && !errors.As(err, &refusal) && !errors.As(err, &unreadable) {
				t.Fatal(err)
			}
			out := h.machine.Take()
			if len(out.Records) > 0 {
				h.machine.Persisted(g.now, out.Records[len(out.Records)-1].Position)
				h.machine.Take()
			}
			if err := h.machine.Check(); err != nil {
				t.Fatal(err)
			}
			h.machine.Advance(g.now)
		}
	})
}

// Configurations that checkConf accepts are those that raft can restore.
func TestConfigurationsThatRaftRestores(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		ids := func(label string) []uint64 {
			return rapid.SliceOfNDistinct(rapid.Uint64Range(1, 6), 0, 3, rapid.ID[uint64]).Draw(t, label)
		}
		conf := &pb.ConfState{Voters: ids("voters"), Learners: ids("learners"), AutoLeave: new(rapid.Bool().Draw(t, "auto-leave"))}
		if rapid.Bool().Draw(t, "joint") {
			conf.VotersOutgoing, conf.LearnersNext = ids("outgoing"), ids("next")
		}
		if checkConf(conf) != nil || len(conf.GetVoters()) == 0 {
			return
		}
		accepted++
		snapshot := emptySnapshot()
		snapshot.Metadata.ConfState, snapshot.Metadata.Index, snapshot.Metadata.Term = conf, new(uint64(3)), new(uint64(1))
		g := newGroup()
		g.nextID = 9
		var added []Member
		for id := range uint64(7) {
			if inConf(conf, id) {
				added = append(added, Member{ID: id, Node: nodeID(int(id))})
			}
		}
		g.change(conf, added)
		snapshot.Data = appendBody(nil, g, &list{})
		d := newDurable(0)
		d.id, d.log.hard = 1, &pb.HardState{Term: new(uint64(1)), Vote: new(uint64(0)), Commit: new(uint64(3))}
		d.log.install(snapshot)
		m, err := New(DefaultConfig(), 0, nodeID(1), &list{}, newTestGroup(1, 1, DefaultConfig(), nil).source, [][]byte{d.checkpointRecord()})
		if err != nil {
			t.Fatal(err)
		}
		m.Take()
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
	})
	if accepted == 0 {
		t.Error("no configuration was accepted")
	}
}

func TestRefusals(t *testing.T) {
	g := newTestGroup(3, 1, DefaultConfig(), nil)
	g.run(time.Second, nil)
	leader, follower := g.hosts[0].machine, g.hosts[1].machine
	term := leader.term
	message := func(kind pb.MessageType, change func(m *pb.Message)) *pb.Message {
		m := &pb.Message{Type: kind.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(term)}
		if change != nil {
			change(m)
		}
		return m
	}
	raftPacket := func(m *pb.Message) *packet { return &packet{kind: packetRaft, from: 2, to: 1, raft: m} }
	for name, c := range map[string]struct {
		p    *packet
		from int
		want ErrorKind
	}{
		"generation":       {&packet{kind: packetAsk, generation: 7}, 1, WrongGeneration},
		"own id":           {&packet{kind: packetAsk}, 0, FromSelf},
		"raft id":          {raftPacket(message(pb.MsgHeartbeatResp, nil)), 2, Impostor},
		"another life":     {&packet{kind: packetRaft, from: 2, to: 9, raft: message(pb.MsgVote, nil)}, 1, NotForUs},
		"unknown":          {&packet{kind: packetRaft, from: 8, to: 1, raft: message(pb.MsgAppResp, nil)}, 5, UnknownSender},
		"local message":    {raftPacket(message(pb.MsgHup, nil)), 1, UnexpectedType},
		"term 0":           {raftPacket(message(pb.MsgVote, func(m *pb.Message) { m.Term = new(uint64(0)) })), 1, BadTerm},
		"end of terms":     {raftPacket(message(pb.MsgVote, func(m *pb.Message) { m.Term = new(uint64(MaxIndex)) })), 1, BadTerm},
		"beyond the log":   {raftPacket(message(pb.MsgAppResp, func(m *pb.Message) { m.Index = new(uint64(99)) })), 1, BadIndex},
		"read never asked": {raftPacket(message(pb.MsgHeartbeatResp, func(m *pb.Message) { m.Context = []byte{9, 0, 0, 0, 0, 0, 0, 0} })), 1, BadContext},
		"commit too high":  {raftPacket(message(pb.MsgHeartbeat, func(m *pb.Message) { m.Commit = new(uint64(99)) })), 1, BadIndex},
		"falling terms": {raftPacket(message(pb.MsgApp, func(m *pb.Message) {
			m.Index, m.LogTerm = new(uint64(6)), new(uint64(2))
			m.Entries = []*pb.Entry{{Term: new(uint64(1)), Index: new(uint64(7)), Type: pb.EntryNormal.Enum()}}
		})), 1, BadTerm},
		"members that are none": {raftPacket(message(pb.MsgApp, func(m *pb.Message) {
			m.Entries = []*pb.Entry{{Term: new(term), Index: new(uint64(1)), Type: pb.EntryConfChangeV2.Enum(), Data: []byte{255}}}
		})), 1, BadConfiguration},
		"empty part":    {&packet{kind: packetChunk, from: 2, to: 1, term: term, index: 9, total: 10}, 1, BadChunk},
		"unreadable":    {&packet{kind: packetChunk, from: 2, to: 1, term: term, index: 9, total: 1, data: []byte{1}}, 1, BadState},
		"gone who":      {&packet{kind: packetGone, to: 7}, 1, NotForUs},
		"long proposal": {&packet{kind: packetPropose, base: 3, data: make([]byte, DefaultConfig().MaxProposal+1)}, 1, BadProposal},
	} {
		before, refused := leader.String(), leader.Refused()
		err := leader.Receive(g.now, nodeID(c.from), c.p.append(nil))
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Kind != c.want {
			t.Errorf("%s: %v, want %v", name, err, &Error{Kind: c.want})
			continue
		}
		if leader.Refused()[c.want] != refused[c.want]+1 || leader.String() != before {
			t.Errorf("%s: counted %d, and the machine is\n%swas\n%s", name, leader.Refused()[c.want], leader, before)
		}
	}
	if err := follower.Propose(g.now, proposalID(1), make([]byte, DefaultConfig().MaxProposal+1)); err != ErrTooLarge {
		t.Error(err)
	}
	for i := range DefaultConfig().MaxPending {
		if err := follower.Propose(g.now, proposalID(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := follower.Propose(g.now, proposalID(5000), nil); err != ErrBusy {
		t.Error(err)
	}
	if err := leader.ReadIndex(g.now, 1); err != nil {
		t.Error(err)
	}
	if err := leader.ReadIndex(g.now, 1); err != ErrUnderWay {
		t.Error(err)
	}
	if text := fmt.Sprint(ErrorKind(200)); text != "unknown consensus error 200" {
		t.Error(text)
	}
}
