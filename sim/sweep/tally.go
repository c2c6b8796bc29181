package sweep

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Tally adds up runs, of one machine or of many.
type Tally struct {
	// Plan is that of the first machine; the others must agree with it on all but the shard.
	Plan     Plan
	Verdicts map[string]int
	// Failures are the runs that did not end well, in the order of Sort.
	Failures []Run
	Events   uint64
	Virtual  time.Duration
	// Wall is the longest time that any machine took, as far as they have told.
	Wall time.Duration
	// Unfinished are the files that break off.
	Unfinished []string

	seen  map[uint64]int // runs by seed
	marks map[string]MarkCount
}

// MarkCount is how often a mark was hit.
type MarkCount struct {
	Name string
	Hits uint64
	Runs int // in so many runs
}

// NewTally returns a tally of a sweep that this process runs itself.
func NewTally(p Plan) *Tally {
	t := &Tally{}
	if err := t.begin(&p); err != nil {
		panic("sweep: a first plan disagrees with itself: " + err.Error())
	}
	return t
}

// begin takes in another machine's plan.
func (t *Tally) begin(p *Plan) error {
	if t.seen == nil {
		t.Plan = *p
		t.Verdicts, t.seen, t.marks = map[string]int{}, map[uint64]int{}, map[string]MarkCount{}
		return nil
	}
	ours, theirs := t.Plan.Seeds, p.Seeds
	if t.Plan.Scenario != p.Scenario || (ours == nil) != (theirs == nil) || ours != nil && *ours != *theirs {
		return fmt.Errorf("these are parts of different sweeps: %s of %s and %s of %s", seedsOf(ours), t.Plan.Scenario, seedsOf(theirs), p.Scenario)
	}
	return nil
}

func seedsOf(r *Range) string {
	if r == nil {
		return "any seeds"
	}
	return "seeds " + r.String()
}

// Add adds one run.
func (t *Tally) Add(r Run) {
	t.Verdicts[r.Verdict]++
	t.Events += r.Events
	t.Virtual += r.Virtual
	t.seen[r.Seed]++
	//unordered: sums do not depend on the order
	for name, hits := range r.Marks {
		count := t.marks[name]
		t.marks[name] = MarkCount{Name: name, Hits: count.Hits + hits, Runs: count.Runs + 1}
	}
	if r.Verdict != "ok" {
		r.Marks = nil
		t.Failures = append(t.Failures, r)
	}
}

// Runs returns how many runs there were.
func (t *Tally) Runs() int {
	runs := 0
	//unordered: a sum does not depend on the order
	for _, count := range t.Verdicts {
		runs += count
	}
	return runs
}

// Sort orders the failures by seed, since they come as the machines finish.
func (t *Tally) Sort() {
	slices.SortFunc(t.Failures, func(a, b Run) int { return cmp.Compare(a.Seed, b.Seed) })
}

// Missing returns how many seeds of the whole range nobody has run, and the first of them; none for a sweep without a range.
func (t *Tally) Missing() (count, first uint64) {
	if t.Plan.Seeds == nil {
		return 0, 0
	}
	for seed := t.Plan.Seeds.First; seed <= t.Plan.Seeds.Last && seed >= t.Plan.Seeds.First; seed++ {
		if t.seen[seed] == 0 {
			if count == 0 {
				first = seed
			}
			count++
		}
	}
	return count, first
}

// Doubled returns how many seeds were run more than once, which is a mistake in giving out the shards.
func (t *Tally) Doubled() int {
	doubled := 0
	//unordered: a sum does not depend on the order
	for _, runs := range t.seen {
		if runs > 1 {
			doubled++
		}
	}
	return doubled
}

// Marks returns what is known of each mark, the rarest first. Those that were never hit are among them.
func (t *Tally) Marks() []MarkCount {
	counts := make([]MarkCount, len(t.Plan.Marks))
	for i, name := range t.Plan.Marks {
		counts[i] = t.marks[name]
		counts[i].Name = name
	}
	slices.SortFunc(counts, func(a, b MarkCount) int {
		return cmp.Or(cmp.Compare(a.Runs, b.Runs), cmp.Compare(a.Hits, b.Hits), cmp.Compare(a.Name, b.Name))
	})
	return counts
}

// Unhit returns those of some marks that were never hit, in the order given.
func (t *Tally) Unhit(names []string) []string {
	var unhit []string
	for _, name := range names {
		if t.marks[name].Hits == 0 {
			unhit = append(unhit, name)
		}
	}
	return unhit
}
