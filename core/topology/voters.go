package topology

import (
	"cmp"
	"slices"
)

// ManyVoters is the number of voters of a cluster that has as many nodes.
const ManyVoters = 5

// Fitness is how well a node can vote.
type Fitness uint8

const (
	// Fit: answers.
	Fit Fitness = iota
	// Doubtful: does not answer, but not for long. A voter stays, another does not become one.
	Doubtful
	// Unfit: has not answered for so long that it is to be replaced.
	Unfit
)

// VoterCount returns how many voters a cluster of so many nodes has: the largest odd number that is there, up to ManyVoters.
// An even number would need one more of them to agree, and survive no more failures.
func VoterCount(nodes int) int {
	if nodes >= ManyVoters {
		return ManyVoters
	}
	return max(1, nodes-(nodes+1)%2)
}

// ChooseVoters returns who should vote, sorted: as many as VoterCount says; those that are fit before those that are not;
// spread over zones as far as there are zones; and the present voters before others. It is a function of the configuration
// and of what fitness says.
func ChooseVoters(s *State, fitness func(NodeID) Fitness) []NodeID {
	candidates := make([]candidate, len(s.nodes))
	for i := range s.nodes {
		node := &s.nodes[i]
		candidates[i] = candidate{id: node.ID, zone: node.Zone, votes: contains(s.voters, node.ID)}
		switch fit := fitness(node.ID); {
		case fit == Fit || fit == Doubtful && candidates[i].votes:
		case fit == Doubtful:
			candidates[i].rank = 1
		default:
			candidates[i].rank = 2
		}
	}
	inZone := map[string]int{}
	var chosen []NodeID
	for range VoterCount(len(s.nodes)) {
		best := slices.MinFunc(candidates, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(inZone[a.zone], inZone[b.zone]),
				compareVotes(a.votes, b.votes), a.id.Compare(b.id))
		})
		inZone[best.zone]++
		chosen = append(chosen, best.id)
		candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return c.id == best.id })
	}
	slices.SortFunc(chosen, NodeID.Compare)
	return chosen
}

type candidate struct {
	id    NodeID
	zone  string
	rank  int
	votes bool
}

// compareVotes puts voters first.
func compareVotes(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
