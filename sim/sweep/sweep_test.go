package sweep

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRangesAreRead(t *testing.T) {
	for text, want := range map[string]Range{"1..500": {1, 500}, "7": {7, 7}, "0..0": {0, 0}} {
		var r Range
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%q: %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "a", "5..1", "1..", "..5", "-1..5", "1..99999999999999999"} {
		var r Range
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %v", text, r)
		}
	}
}

func TestShardsAreRead(t *testing.T) {
	var s Shard
	if err := s.UnmarshalText([]byte("3/8")); err != nil || s != (Shard{3, 8}) {
		t.Errorf("%v, %v", s, err)
	}
	for _, text := range []string{"", "1", "0/8", "9/8", "1/0", "a/b", "-1/8"} {
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %v", text, s)
		}
	}
}

// Shards of any number give out each seed of any range once.
func TestShardsDivideTheSeeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint64Range(0, 1<<63).Draw(t, "first")
		r := Range{first, first + rapid.Uint64Range(0, 200).Draw(t, "seeds")}
		count := rapid.Uint64Range(1, 30).Draw(t, "shards")
		seen := map[uint64]int{}
		for i := uint64(1); i <= count; i++ {
			s, size := Shard{i, count}, uint64(0)
			for k := uint64(0); ; k++ {
				seed, ok := s.Seed(r, k)
				if !ok {
					break
				}
				seen[seed]++
				size++
			}
			if size != s.Size(r) {
				t.Fatalf("shard %v of %v gives out %d seeds and says %d", s, r, size, s.Size(r))
			}
		}
		for seed := r.First; seed <= r.Last; seed++ {
			if seen[seed] != 1 {
				t.Fatalf("seed %d is given out %d times", seed, seen[seed])
			}
		}
		if uint64(len(seen)) != r.Count() {
			t.Fatalf("%d seeds are given out, of %d", len(seen), r.Count())
		}
	})
}

func environment(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, pair := range pairs {
			if value, found := strings.CutPrefix(pair, name+"="); found {
				return value, true
			}
		}
		return "", false
	}
}

func TestSchedulersAreUnderstood(t *testing.T) {
	for _, test := range []struct {
		want      Shard
		scheduler string
		variables []string
	}{
		{Shard{}, "", nil},
		{Shard{1, 16}, "Kubernetes indexed job", []string{"JOB_COMPLETION_INDEX=0", "EMBERSIM_SHARDS=16"}},
		{Shard{16, 16}, "Kubernetes indexed job", []string{"JOB_COMPLETION_INDEX=15", "EMBERSIM_SHARDS=16"}},
		{Shard{1, 4}, "Slurm array", []string{"SLURM_ARRAY_TASK_ID=10", "SLURM_ARRAY_TASK_MIN=10", "SLURM_ARRAY_TASK_COUNT=4"}},
		{Shard{3, 4}, "Slurm array", []string{
			"SLURM_ARRAY_TASK_ID=14", "SLURM_ARRAY_TASK_MIN=10", "SLURM_ARRAY_TASK_COUNT=4", "SLURM_ARRAY_TASK_STEP=2"}},
		{Shard{2, 3}, "CI matrix", []string{"CI_NODE_INDEX=2", "CI_NODE_TOTAL=3"}},
		{Shard{3, 3}, "CircleCI", []string{"CIRCLE_NODE_INDEX=2", "CIRCLE_NODE_TOTAL=3"}},
		{Shard{1, 3}, "Buildkite", []string{"BUILDKITE_PARALLEL_JOB=0", "BUILDKITE_PARALLEL_JOB_COUNT=3"}},
	} {
		shard, scheduler, err := ShardFromEnvironment(environment(test.variables...))
		if err != nil || shard != test.want || scheduler != test.scheduler {
			t.Errorf("%v: %v of %q, %v", test.variables, shard, scheduler, err)
		}
	}
}

func TestAnIndexWithoutACountIsAnError(t *testing.T) {
	for _, variables := range [][]string{
		{"JOB_COMPLETION_INDEX=0"}, {"JOB_COMPLETION_INDEX=16", "EMBERSIM_SHARDS=16"}, {"JOB_COMPLETION_INDEX=x", "EMBERSIM_SHARDS=16"},
		{"CI_NODE_INDEX=0", "CI_NODE_TOTAL=3"}, {"CI_NODE_INDEX=1", "CI_NODE_TOTAL=0"}, {"CI_NODE_INDEX=1", "CI_NODE_TOTAL=many"},
		{"SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=4"},
		{"SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_MIN=4", "SLURM_ARRAY_TASK_COUNT=4"},
		{"SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_COUNT=4", "SLURM_ARRAY_TASK_STEP=2"},
	} {
		if shard, _, err := ShardFromEnvironment(environment(variables...)); err == nil {
			t.Errorf("%v is taken for %v", variables, shard)
		}
	}
}

// written is what a machine would write.
func written(t *testing.T, p Plan, runs ...Run) string {
	t.Helper()
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	lines := []any{PlanLine(&p)}
	for _, r := range runs {
		lines = append(lines, r)
	}
	for _, line := range append(lines, EndLine(5)) {
		if err := encoder.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func samplePlan(index uint64) Plan {
	return Plan{
		Scenario: "swarm", Seeds: &Range{1, 4}, Shard: Shard{index, 2}, Marks: []string{"common", "never", "rare"}, Demands: []string{"never"},
	}
}

func TestFilesOfManyMachinesAddUp(t *testing.T) {
	common, rare := map[string]uint64{"common": 3}, map[string]uint64{"common": 1, "rare": 1}
	files := []string{
		written(t, samplePlan(1), Run{Seed: 3, Verdict: "violation", Events: 10, Marks: rare}, Run{Seed: 1, Verdict: "ok", Events: 10, Marks: common}),
		written(t, samplePlan(2), Run{Seed: 2, Verdict: "stalled", Events: 10, Marks: common}),
	}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		var tally Tally
		for _, i := range order {
			if err := tally.Read("file", strings.NewReader(files[i])); err != nil {
				t.Fatal(err)
			}
		}
		tally.Sort()
		if tally.Runs() != 3 || tally.Events != 30 || len(tally.Failures) != 2 || tally.Failures[0].Seed != 2 || tally.Wall != 5 {
			t.Errorf("got %+v", tally)
		}
		if count, first := tally.Missing(); count != 1 || first != 4 {
			t.Errorf("%d seeds are missing, from %d on", count, first)
		}
		want := []MarkCount{{"never", 0, 0}, {"rare", 1, 1}, {"common", 7, 3}}
		if got := tally.Marks(); !slices.Equal(got, want) {
			t.Errorf("marks: %v", got)
		}
		if unhit := tally.Unhit(tally.Plan.Demands); !slices.Equal(unhit, []string{"never"}) {
			t.Errorf("unhit: %v", unhit)
		}
	}
}

func TestWhatDoesNotBelongTogetherIsTold(t *testing.T) {
	good := written(t, samplePlan(1), Run{Seed: 1, Verdict: "ok"})
	var tally Tally
	for range 2 {
		if err := tally.Read("file", strings.NewReader(good)); err != nil {
			t.Fatal(err)
		}
	}
	if tally.Doubled() != 1 {
		t.Errorf("%d seeds were run twice", tally.Doubled())
	}
	cut := good[:strings.LastIndex(good[:len(good)-1], "\n")+1]
	if err := tally.Read("cut", strings.NewReader(cut)); err != nil || !slices.Equal(tally.Unfinished, []string{"cut"}) {
		t.Errorf("%v breaks off, %v", tally.Unfinished, err)
	}
	other, open := samplePlan(1), samplePlan(1)
	other.Seeds, open.Seeds = &Range{1, 5}, nil
	for name, text := range map[string]string{
		"empty": "", "no plan": `{"seed":1,"verdict":"ok"}` + "\n", "torn": good[:len(good)-3],
		"other seeds": written(t, other), "any seeds": written(t, open),
	} {
		if err := tally.Read(name, strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
