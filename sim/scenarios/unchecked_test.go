package scenarios

import "testing"

// What is left out of a run without checks is the checks alone: its history is the same, bit for bit.
func TestChecksChangeNothing(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		options := Options{Seed: seed}
		checked, err := swarm.Run(options)
		if err != nil {
			t.Fatal(err)
		}
		options.Unchecked = true
		unchecked, err := swarm.Run(options)
		if err != nil {
			t.Fatal(err)
		}
		if checked.Hash != unchecked.Hash || checked.Events != unchecked.Events || unchecked.Result.Judgement != nil {
			t.Errorf("seed %d: hash %s with checks, %s without", seed, checked.Hash, unchecked.Hash)
		}
	}
}
