package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// writeTable prints a line per scene: the first platform's hash, and for the others whether theirs is equal.
func writeTable(out io.Writer, title string, s *surroundings, comparisons []comparison) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, title)
	for _, p := range s.all {
		fmt.Fprintf(table, "\t%s", p.name)
	}
	fmt.Fprintln(table)
	for _, c := range comparisons {
		fmt.Fprint(table, c.scene.name)
		for i := range c.results {
			fmt.Fprintf(table, "\t%s", c.cell(i))
		}
		fmt.Fprintln(table)
	}
	fmt.Fprint(table, "time")
	for i := range s.all {
		var total time.Duration
		for _, c := range comparisons {
			total += c.results[i].took
		}
		fmt.Fprintf(table, "\t%v", total.Round(time.Millisecond))
	}
	fmt.Fprintln(table)
	_ = table.Flush() // a writer that fails has failed above too, and nobody would read of it
	for _, reason := range s.skipped {
		fmt.Fprintf(out, "not run: %s\n", reason)
	}
}

func (c comparison) cell(i int) string {
	first, r := c.results[0], c.results[i]
	switch {
	case r.err != nil && r.outcome.hash == "":
		return "failed"
	case r.err != nil:
		return r.outcome.hash + " failed"
	case i == 0 || r.outcome.hash != first.outcome.hash:
		return r.outcome.hash
	case r.outcome.rest != first.outcome.rest:
		return "= (report differs)"
	}
	return "="
}
