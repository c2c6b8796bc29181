package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim"
	"github.com/ember-cluster/ember/sim/sweep"
)

// severity orders the verdicts that a sweep's exit code can come from, the worst first.
var severity = []sim.Verdict{sim.Violation, sim.Crashed, sim.Nondeterministic, sim.Stalled, sim.Unknown, sim.OK}

// printTally sums a sweep up.
func printTally(s *session, t *sweep.Tally) {
	t.Sort()
	for i := range t.Failures {
		f := &t.Failures[i]
		fmt.Fprintf(s.out, "seed %d: %s\n%s\n  %s\n", f.Seed, f.Verdict, indent(f.Detail), strings.Replace(t.Plan.Reproduce, seedPlace, fmt.Sprint(f.Seed), 1))
	}
	var counts []string
	for _, verdict := range severity {
		if count := t.Verdicts[string(verdict)]; count > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", count, verdict))
		}
	}
	fmt.Fprintf(s.out, "%s: %d runs: %s; %d events, %v virtual in %v (%.0f times real time)\n",
		t.Plan.Scenario, t.Runs(), strings.Join(counts, ", "), t.Events, t.Virtual.Round(time.Second), t.Wall.Round(time.Millisecond),
		float64(t.Virtual)/float64(max(t.Wall, 1)))
	printMarks(s, t)
	printGaps(s, t)
}

// printMarks tells how often the rare paths of the core were taken, unless the scenario has no nodes that could.
func printMarks(s *session, t *sweep.Tally) {
	var never, hit []string
	for _, mark := range t.Marks() {
		if mark.Hits == 0 {
			never = append(never, mark.Name)
		} else {
			hit = append(hit, fmt.Sprintf("%s %d", mark.Name, mark.Runs))
		}
	}
	if len(hit) > 0 {
		fmt.Fprint(s.out, wrap("marks, by the runs that hit them: ", hit))
	}
	if len(never) > 0 && len(hit) > 0 {
		fmt.Fprint(s.out, wrap("marks that were never hit: ", never))
	}
	if unhit := t.Unhit(t.Plan.Demands); len(unhit) > 0 {
		fmt.Fprint(s.out, wrap("FAILED, these marks have to be hit: ", unhit))
	}
}

// printGaps tells of seeds that are missing or were run twice, and of files that break off.
func printGaps(s *session, t *sweep.Tally) {
	if count, first := t.Missing(); count > 0 {
		fmt.Fprintf(s.out, "FAILED, %d seeds were not run, %d first\n", count, first)
	}
	if doubled := t.Doubled(); doubled > 0 {
		fmt.Fprintf(s.out, "FAILED, %d seeds were run more than once: the shards overlap\n", doubled)
	}
	for _, name := range t.Unfinished {
		fmt.Fprintf(s.out, "FAILED, %s breaks off before the end of its sweep\n", name)
	}
}

// exitOf returns the exit code of the worst verdict; that of unknown if a sweep of good runs has not done what it should.
func exitOf(t *sweep.Tally) int {
	missing, _ := t.Missing()
	incomplete := missing > 0 || t.Doubled() > 0 || len(t.Unfinished) > 0 || len(t.Unhit(t.Plan.Demands)) > 0
	at := slices.IndexFunc(severity, func(v sim.Verdict) bool { return t.Verdicts[string(v)] > 0 })
	switch {
	case at >= 0 && severity[at] != sim.OK:
		return exitCodes[severity[at]]
	case incomplete:
		return exitUnknown
	}
	return exitOK
}

// wrap puts words behind a heading, in lines of bounded length.
func wrap(heading string, words []string) string {
	const width = 120
	var text strings.Builder
	text.WriteString(heading)
	used := len(heading)
	for i, word := range words {
		if i+1 < len(words) {
			word += ","
		}
		if used+len(word)+1 > width {
			text.WriteString("\n ")
			used = 1
		}
		if i > 0 {
			text.WriteByte(' ')
			used++
		}
		text.WriteString(word)
		used += len(word)
	}
	text.WriteByte('\n')
	return text.String()
}
