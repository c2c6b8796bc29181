package consensus

import (
	"slices"
	"testing"

	pb "go.etcd.io/raft/v3/raftpb"
)

// While the voters change, a quorum is a majority of those before and of those to come.
func TestAQuorumIsOneOfBothSetsOfVoters(t *testing.T) {
	one, two := []uint64{1, 2, 3}, []uint64{3, 4, 5, 6}
	for _, test := range []struct {
		voters, outgoing, have []uint64
		count, of              int // of the first set without a majority; 0 if there is none
	}{
		{voters: one, have: []uint64{1, 3}},
		{voters: one, have: []uint64{3, 9}, count: 1, of: 3},
		{voters: two, have: []uint64{3, 4}, count: 2, of: 4}, // half is no majority
		{voters: one, outgoing: two, have: []uint64{1, 3, 4, 5}},
		{voters: one, outgoing: two, have: []uint64{1, 2, 3, 4}, count: 2, of: 4},
		{voters: one, outgoing: two, have: []uint64{3, 4, 5}, count: 1, of: 3},
	} {
		g := newGroup()
		g.conf = &pb.ConfState{Voters: test.voters, VotersOutgoing: test.outgoing}
		count, of, ok := g.quorum(func(id uint64) bool { return slices.Contains(test.have, id) })
		if count != test.count || of != test.of || ok != (test.of == 0) {
			t.Errorf("%v of %v and %v: %d of %d, %v", test.have, test.voters, test.outgoing, count, of, ok)
		}
	}
}
