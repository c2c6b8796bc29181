package consensus

import (
	"testing"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// answersTo hands a message to a machine and returns the raft messages that leave before and after the disk has what was
// written.
func answersTo(t *testing.T, m *Machine, from int, message *pb.Message) (before, after []*pb.Message, records [][]byte) {
	t.Helper()
	p := packet{kind: packetRaft, from: message.GetFrom(), to: message.GetTo(), raft: message}
	if err := m.Receive(m.now, nodeID(from), p.append(nil)); err != nil {
		t.Fatal(err)
	}
	raftOf := func(sends []Send) (messages []*pb.Message) {
		for _, s := range sends {
			p, err := decodePacket(s.Payload)
			if err != nil {
				t.Fatal(err)
			}
			if p.kind == packetRaft {
				messages = append(messages, p.raft)
			}
		}
		return messages
	}
	out := m.Take()
	before = raftOf(out.Sends)
	for _, r := range out.Records {
		records = append(records, r.Bytes)
	}
	m.Persisted(m.now, m.appended)
	return before, raftOf(m.Take().Sends), records
}

// A vote leaves when it is on the disk, and not before; and a voter that restarts does not vote for another in that term.
func TestVoteSurvivesARestart(t *testing.T) {
	g := newTestGroup(3, 1, DefaultConfig(), nil)
	g.run(time.Second, nil)
	voter := g.hosts[2]
	voter.machine.Advance(g.now + 5*time.Second) // it forgets the leader
	voter.machine.Take()
	term := voter.machine.term + 3
	vote := func(from uint64) *pb.Message {
		return &pb.Message{
			Type: pb.MsgVote.Enum(), From: new(from), To: new(uint64(3)), Term: new(term),
			Index: new(uint64(100)), LogTerm: new(term - 1),
		}
	}
	before, after, records := answersTo(t, voter.machine, 0, vote(1))
	if len(before) != 0 || len(after) != 1 || after[0].GetReject() || after[0].GetType() != pb.MsgVoteResp {
		t.Fatalf("before the disk %v, then %v", before, after)
	}
	m, err := New(g.config, 0, voter.id, &list{}, random.New(1), append(voter.synced, records...))
	if err != nil {
		t.Fatal(err)
	}
	if answer, _, _ := answersTo(t, m, 1, vote(2)); len(answer) != 1 || !answer[0].GetReject() {
		t.Errorf("a second vote in the term: %v", answer)
	}
	if answer, _, _ := answersTo(t, m, 0, vote(1)); len(answer) != 1 || answer[0].GetReject() {
		t.Errorf("the same vote again: %v", answer)
	}
}

// The only voter hands its place to another. It knows first that this is committed; before the other hears of it, all that it
// says is lost. The other needs its vote once more, so it must not have gone.
func TestRemovedVoterStaysUntilItIsKnown(t *testing.T) {
	g := newTestGroup(2, 1, DefaultConfig(), nil)
	g.setVoters([]wire.NodeID{nodeID(0)})
	g.run(time.Second, nil)
	g.setVoters([]wire.NodeID{nodeID(1)})
	old, successor := g.hosts[0], g.hosts[1]
	var deafUntil time.Duration
	g.spoil = func(from, _ int, payload []byte) []byte {
		removed := from == 0 && !old.machine.group.isMember(1)
		if removed && deafUntil == 0 {
			deafUntil = g.now + 100*time.Millisecond
		}
		if removed && g.now < deafUntil {
			return nil
		}
		return payload
	}
	g.run(g.now+10*time.Second, func() bool { return deafUntil > 0 && successor.machine.role == Leader && old.machine.role == Observer })
	if g.failure != nil || deafUntil == 0 || successor.machine.role != Leader || old.machine.role != Observer {
		t.Fatalf("%v\n%v%v", g.failure, old.machine, successor.machine)
	}
	if err := g.propose(old, proposalID(1), "apple"); err != nil {
		t.Fatal(err)
	}
	g.run(g.now+time.Second, nil)
	if a := g.answers[proposalID(1)]; len(a) != 1 || !a[0].Applied || len(successor.state.items) != 1 {
		t.Errorf("the new voter has %q, the old one heard %v", successor.state.items, a)
	}
}

// A snapshot arrives when the leader has already dropped the log behind it, and what says that all of it has arrived is lost.
// The leader must look again where its receiver stands, and send a newer one.
func TestSnapshotThatIsTooOldOnArrival(t *testing.T) {
	g := newTestGroup(3, 1, smallConfig(), nil)
	g.run(time.Second, nil)
	late := g.hosts[2]
	totals, lost := map[uint64]uint64{}, 0
	g.spoil = func(_, _ int, payload []byte) []byte {
		p, err := decodePacket(payload)
		if err != nil {
			t.Fatal(err)
		}
		if p.kind == packetChunk {
			totals[p.index] = p.total
		}
		if p.kind == packetChunkAck && p.offset == totals[p.index] {
			lost++
			return nil
		}
		return payload
	}
	g.crash(late)
	number := 0
	propose := func(n int) {
		for range n {
			if err := g.propose(g.hosts[0], proposalID(number), "some item"); err != nil {
				t.Fatal(err)
			}
			number++
			g.run(g.now+20*time.Millisecond, nil)
		}
	}
	propose(30)
	g.restart(late)
	propose(60) // while the snapshot goes in small parts
	g.run(g.now+5*time.Second, nil)
	if got := len(late.state.items); got != 90 || g.failure != nil || lost == 0 {
		t.Errorf("%d items, %v, %v", got, g.failure, g.leader().machine)
	}
}
