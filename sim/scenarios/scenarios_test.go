package scenarios

import (
	"testing"

	"github.com/ember-cluster/ember/sim"
)

// Every scenario is clean on its pinned seeds.
func TestPinnedSeeds(t *testing.T) {
	for _, scenario := range All() {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= 2; seed++ {
				options := Options{Seed: seed}
				if scenario.Name == detection.Name {
					options = smallSample(seed) // the whole takes a minute
				}
				outcome, err := scenario.Run(options)
				if err != nil {
					t.Fatal(err)
				}
				if outcome.Verdict != sim.OK {
					t.Errorf("seed %d: %s: %s", seed, outcome.Verdict, outcome.Detail)
				}
			}
		})
	}
}
