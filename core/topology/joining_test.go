package topology

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func party(digit string, nodes int) Party {
	return Party{Node: nodeNamed(digit), Cluster: ClusterID{digit[0]}, Nodes: nodes}
}

func joining(digit, host string) Party {
	p := party(digit, 1)
	p.Joining, p.Host = true, nodeNamed(host)
	return p
}

func TestMeet(t *testing.T) {
	for _, c := range []struct {
		receiver, target Party
		want             Meeting
	}{
		{party("a", 1), party("b", 1), ReceiverJoins},
		{party("b", 1), party("a", 1), ReceiverJoins},
		{party("a", 1), party("b", 5), ReceiverJoins},
		{party("a", 5), party("b", 1), TargetJoins},
		{party("a", 2), party("b", 2), Refused},
		{party("a", 2), party("a", 2), Together},
		// Each is told to meet the other: from either side the lower id stays.
		{joining("a", "b"), joining("b", "a"), TargetJoins},
		{joining("b", "a"), joining("a", "b"), ReceiverJoins},
		{joining("a", "c"), party("b", 1), ReceiverWaits},
		{party("a", 1), joining("b", "c"), TargetRedirects},
		{party("a", 4), joining("b", "a"), TargetJoins},
	} {
		if got := Meet(c.receiver, c.target); got != c.want {
			t.Errorf("%v meets %v: %v, want %v", c.receiver, c.target, got, c.want)
		}
	}
	if text := fmt.Sprint(Meeting(99)); text != "unknown meeting" {
		t.Error(text)
	}
}

// Two lone nodes that are told to meet each other at once agree on who stays, and a ring does too, wherever one begins.
func TestCrossingMeetings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.Permutation([]string{"1", "2", "3", "4", "5"}).Draw(t, "ids")[:rapid.IntRange(2, 5).Draw(t, "nodes")]
		a, b := joining(digits[0], digits[1]), joining(digits[1], digits[0])
		if Meet(a, b) == Meet(b, a) {
			t.Fatalf("%v and %v both say %v", a, b, Meet(a, b))
		}
		var ring []NodeID
		lowest := nodeNamed(digits[0])
		for _, digit := range digits {
			ring = append(ring, nodeNamed(digit))
			if nodeNamed(digit).Compare(lowest) < 0 {
				lowest = nodeNamed(digit)
			}
		}
		for range ring {
			ring = append(ring[1:], ring[0])
			if host := StaysHost(ring); host != lowest {
				t.Fatalf("of %v stays %v", ring, host)
			}
		}
	})
}

// The chosen voters are nodes, as many as they should be; no unfit one votes while a fit one does not; once chosen they stay.
func TestChosenVoters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawState(t)
		for i := range s.nodes {
			s.nodes[i].Zone = rapid.SampledFrom([]string{"", "", "x", "y"}).Draw(t, "zone")
		}
		fitness := map[NodeID]Fitness{}
		for _, n := range s.Nodes() {
			fitness[n.ID] = Fitness(rapid.IntRange(0, 2).Draw(t, "fitness"))
		}
		choose := func(s *State) []NodeID {
			return ChooseVoters(s, func(id NodeID) Fitness { return fitness[id] })
		}
		chosen := choose(s)
		if count := len(chosen); count != VoterCount(len(s.Nodes())) || count%2 == 0 || count > ManyVoters || count+2 <= min(len(s.Nodes()), ManyVoters) {
			t.Fatalf("%d voters of %d nodes", count, len(s.Nodes()))
		}
		next, result := s.Apply(SetVoters{Voters: chosen})
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		for _, n := range s.Nodes() {
			for _, voter := range chosen {
				if !contains(chosen, n.ID) && fitness[n.ID] < fitness[voter] && fitness[n.ID] == Fit {
					t.Fatalf("%v votes and is %d, %v is %d", voter, fitness[voter], n.ID, fitness[n.ID])
				}
			}
		}
		settled, _ := next.Apply(SetVoters{Epoch: 1, Voters: choose(next)})
		if again := choose(settled); fmt.Sprint(again) != fmt.Sprint(settled.Voters()) {
			t.Fatalf("%v, and then %v", settled.Voters(), again)
		}
	})
}
