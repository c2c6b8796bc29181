package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
)

// tally sums up the trials of one variant.
type tally struct {
	variant                   gossip.Variant
	intervals                 int64 // runs of the Interval experiment, which the sums are about
	falsePositives, atHealthy int64
	messages, bytes           int64
	first, full               []time.Duration // of the Threshold experiment
	healed                    []time.Duration // of all experiments
	compared                  int64           // false positives of the Interval experiment and the contrast
}

func (t *tally) add(m *measurement) {
	t.healed = append(t.healed, m.healed)
	switch m.cell.experiment {
	case contrast:
		t.compared += m.falsePositives
	case interval:
		t.compared += m.falsePositives
		t.intervals++
		t.falsePositives += m.falsePositives
		t.atHealthy += m.atHealthy
		t.messages += m.messages
		t.bytes += m.bytes
	case threshold:
		t.first = append(t.first, m.first...)
		t.full = append(t.full, m.full...)
	}
}

// percentile returns the nearest-rank percentile of a sample, in thousandths: 500 is the median. 0 if there is none.
func percentile(sample []time.Duration, thousandths int) time.Duration {
	if len(sample) == 0 {
		return 0
	}
	sorted := slices.Clone(sample)
	slices.Sort(sorted)
	rank := (len(sorted)*thousandths + 999) / 1000
	return sorted[max(rank, 1)-1]
}

// average formats total/count with so many digits after the point.
func average(total, count int64, digits int) string {
	unit := int64(1)
	for range digits {
		unit *= 10
	}
	scaled := (total*unit + count/2) / max(count, 1)
	if digits == 0 {
		return fmt.Sprint(scaled)
	}
	return fmt.Sprintf("%d.%0*d", scaled/unit, digits, scaled%unit)
}

func describeCells(cells []cell, variants []variant) []string {
	counts := [experiments]int{}
	for _, c := range cells {
		counts[c.experiment]++
	}
	return []string{
		fmt.Sprintf("%d members, and %d variants of their failure detector, each on the same cells and seeds",
			cells[0].members, len(variants)),
		fmt.Sprintf("%d runs of the Interval experiment, %d of the Threshold experiment, and %d for checks, of each variant",
			counts[interval], counts[threshold], counts[silence]+counts[contrast]),
	}
}

// intervalTable compares averages per run of the Interval experiment: the published totals are sums over all cells.
func intervalTable(tallies []tally, members int) []string {
	lines := []string{
		heading("Interval experiment: averages of %d runs", tallies[0].intervals, members, "averages of 4320 runs"),
		fmt.Sprintf("%-15s%-15s%-19s%-17s%-18s%s", "", "FP", "of SWIM's", "FP-", "messages", "MiB"),
	}
	swim := publishedFigures(gossip.SWIM).falsePositives
	for i := range tallies {
		t, p := &tallies[i], publishedFigures(tallies[i].variant)
		beside := func(total, publishedTotal int64, digits int) string {
			return average(total, t.intervals, digits) + bracket(members, average(publishedTotal, publishedRuns, digits))
		}
		lines = append(lines, fmt.Sprintf("%-15s%-15s%-19s%-17s%-18s%s", t.variant,
			beside(t.falsePositives, p.falsePositives, 1),
			percent(t.falsePositives, tallies[0].falsePositives)+bracket(members, percent(p.falsePositives, swim)),
			beside(t.atHealthy, p.atHealthy, 3), beside(t.messages, p.messages, 0),
			average(t.bytes, t.intervals<<20, 1)+bracket(members, average(p.mebibytes, publishedRuns, 1))))
	}
	return lines
}

// percent formats a part of a whole, "-" if there is none.
func percent(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return average(100*part, whole, 1) + " %"
}

// thresholdTable compares percentiles of the latencies of the Threshold experiment, and shows how long healing took.
func thresholdTable(tallies []tally, members int) []string {
	lines := []string{
		heading("Threshold experiment: median / 99 %% / 99.9 %% of %d anomalies found out, in seconds", int64(len(tallies[0].first)),
			members, "of all"),
		fmt.Sprintf("%-15s%-46s%s", "", "first verdict", "known to every healthy member"),
	}
	for i := range tallies {
		t, p := &tallies[i], publishedFigures(tallies[i].variant)
		lines = append(lines, fmt.Sprintf("%-15s%-46s%s", t.variant,
			percentiles(t.first)+bracket(members, seconds(p.first[:])), percentiles(t.full)+bracket(members, seconds(p.full[:]))))
	}
	lines = append(lines, "From the end of the last anomaly until all were alive to all: median, longest")
	for i := range tallies {
		t := &tallies[i]
		lines = append(lines, fmt.Sprintf("%-15s%v, %v", t.variant, percentile(t.healed, 500), percentile(t.healed, 1000)))
	}
	return lines
}

// heading says what a table has measured, and what was published beside it.
func heading(format string, count int64, members int, published string) string {
	return fmt.Sprintf(format, count) + bracket(members, "published: "+published)
}

func percentiles(sample []time.Duration) string {
	return seconds([]time.Duration{percentile(sample, 500), percentile(sample, 990), percentile(sample, 999)})
}

// seconds formats durations as seconds with two digits.
func seconds(durations []time.Duration) string {
	text := ""
	for i, d := range durations {
		if i > 0 {
			text += " / "
		}
		text += average(int64(d), int64(time.Second), 2)
	}
	return text
}

// bracket puts a published figure behind a measured one, if they are of groups of the same size.
func bracket(members int, text string) string {
	if members != publishedMembers {
		return ""
	}
	return " [" + text + "]"
}
