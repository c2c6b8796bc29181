package consensus

import (
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"
)

// promiseOf returns what a message of raft promises that member 2 sends to member 3.
func promiseOf(message *pb.Message) (Promise, bool) {
	p := &packet{kind: packetRaft, generation: 1, from: 2, to: 3, raft: message}
	return PromiseOf(p.append(nil))
}

func TestVotesAndAcknowledgementsArePromises(t *testing.T) {
	vote, yes := promiseOf(&pb.Message{Type: pb.MsgVoteResp.Enum(), Term: new(uint64(7))})
	if want := (Promise{Member: 2, Term: 7, Vote: 3}); !yes || vote != want {
		t.Errorf("a vote promises %+v, %t", vote, yes)
	}
	entry, yes := promiseOf(&pb.Message{Type: pb.MsgAppResp.Enum(), Term: new(uint64(7)), Index: new(uint64(12))})
	if want := (Promise{Member: 2, Term: 7, Index: 12}); !yes || entry != want {
		t.Errorf("an acknowledgement promises %+v, %t", entry, yes)
	}
	for _, message := range []*pb.Message{
		{Type: pb.MsgVoteResp.Enum(), Term: new(uint64(7)), Reject: new(true)},
		{Type: pb.MsgPreVoteResp.Enum(), Term: new(uint64(7))},
		{Type: pb.MsgHeartbeat.Enum(), Term: new(uint64(7))},
	} {
		if promise, yes := promiseOf(message); yes {
			t.Errorf("%v promises %+v", message.GetType(), promise)
		}
	}
	for _, payload := range [][]byte{nil, {byte(packetRaft)}, {byte(packetAsk), 1}} {
		if promise, yes := PromiseOf(payload); yes {
			t.Errorf("%x promises %+v", payload, promise)
		}
	}
}

func TestRecordsKeepPromises(t *testing.T) {
	// Member 2 has voted for 3 in term 7, and has an entry of it.
	written := newDurable(1)
	written.id, written.spent = 2, 2
	written.log.hard = &pb.HardState{Term: new(uint64(7)), Vote: new(uint64(3)), Commit: new(uint64(0))}
	written.log.add([]*pb.Entry{{Index: new(uint64(1)), Term: new(uint64(7)), Type: pb.EntryNormal.Enum()}})
	m := NewMemory(DefaultConfig())
	for _, record := range [][]byte{written.appendRecord(5, nil), written.checkpointRecord()} { // the first is of a log that was released
		if err := m.Add(record); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		promise Promise
		kept    bool
	}{
		{Promise{Member: 2, Term: 7, Vote: 3}, true},
		{Promise{Member: 2, Term: 7, Vote: 4}, false},
		{Promise{Member: 2, Term: 7, Index: 1}, true},
		{Promise{Member: 2, Term: 7, Index: 2}, false},
		{Promise{Member: 2, Term: 8, Vote: 3}, false},
		{Promise{Member: 2, Term: 6, Index: 9}, true}, // a later leader may have cut the log
		{Promise{Member: 1, Term: 9, Index: 9}, true}, // an earlier membership, which has ended
		{Promise{Member: 3, Term: 7}, false},
	} {
		if kept := m.Keeps(c.promise); kept != c.kept {
			t.Errorf("%+v is kept: %t", c.promise, kept)
		}
	}
	written.id = 0
	if err := m.Add(written.observerRecord()); err != nil || !m.Keeps(Promise{Member: 2, Term: 9}) || m.Last() != 0 {
		t.Errorf("one who has left is bound: %v, %v", m, err)
	}
	if err := m.Add([]byte{99}); err == nil {
		t.Error("a record of no kind is taken")
	}
}
