package scenarios

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/cluster"
)

// Every scenario is clean on its pinned seeds, and in them happens what it is about.
func TestPinnedSeeds(t *testing.T) {
	for _, scenario := range All() {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			hit := map[string]uint64{}
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
				for mark, hits := range outcome.Marks {
					hit[mark] += hits
				}
			}
			for _, mark := range scenario.Demands {
				if hit[mark.String()] == 0 {
					t.Errorf("%v, which the scenario is about, has not happened", mark)
				}
			}
		})
	}
}

// A run that was written down is the same run.
func TestReplayIsBitForBit(t *testing.T) {
	for _, scenario := range All() {
		if scenario.Draw == nil {
			continue
		}
		options := Options{Seed: 5, Duration: 5 * time.Second}
		drawn, err := scenario.Draw(options)
		if err != nil {
			t.Fatal(err)
		}
		script, err := sim.ParseScript(drawn.String())
		if err != nil {
			t.Fatal(err)
		}
		original, err := scenario.Run(options)
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := Replay(script, cluster.Watch{})
		if err != nil || replayed.Hash != original.Hash || !slices.Equal(replayed.Setting, original.Setting) {
			t.Errorf("%s: %v, hash %s, originally %s", scenario.Name, err, replayed.Hash, original.Hash)
		}
	}
}

// Scripts in testdata are runs that failed once, or that show a planted bug: they end well.
func TestSavedRuns(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.sim")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		script, err := sim.ParseScript(string(text))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		outcome, err := Replay(script, cluster.Watch{})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if outcome.Verdict != sim.OK {
			t.Errorf("%s: %s: %s", path, outcome.Verdict, outcome.Detail)
		}
	}
}
