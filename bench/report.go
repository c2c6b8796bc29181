package main

import (
	"fmt"
	"io"
	"strings"
)

// writeMarkdown prints the tables that go into the documentation.
func (r result) writeMarkdown(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %d processors; %d connections, %d-byte values, %s random keys; medians of interleaved runs, %d each; "+
		"ratios are to %s.\n\n", r.System, r.Processors, r.Connections, r.ValueSize, thousands(int64(r.Keys)), r.Repeats,
		r.Servers[0].Name)
	r.writeCells(&text)
	text.WriteString("\n")
	r.writeMemory(&text)
	_, err := io.WriteString(out, text.String())
	return err
}

func (r result) writeCells(text *strings.Builder) {
	text.WriteString("| test | server | requests/s | lowest–highest | ratio | server CPU µs/request | ratio | p50 ms | p99 ms | ratio |\n")
	text.WriteString("|---|---|--:|:-:|--:|--:|--:|--:|--:|--:|\n")
	for _, c := range r.Cells {
		for i, m := range c.Medians {
			fmt.Fprintf(text, "| %s P=%d | %s | %s | %s–%s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n",
				strings.ToUpper(c.Test), c.Pipeline, r.Servers[i].Name,
				thousands(int64(m.Rate)), thousands(int64(m.LowestRate)), thousands(int64(m.HighestRate)), m.RateRatio, float64(m.Processor)/1e3, m.ProcessorRatio,
				float64(m.P50)/1e6, float64(m.P99)/1e6, m.P99Ratio)
		}
	}
}

func (r result) writeMemory(text *strings.Builder) {
	text.WriteString("| server | version | resident MiB, empty | filled | at the end | bytes/key |\n")
	text.WriteString("|---|---|--:|--:|--:|--:|\n")
	for _, s := range r.Servers {
		fmt.Fprintf(text, "| %s | %s | %d | %d | %d | %d |\n",
			s.Name, s.Version, s.EmptyBytes>>20, s.FullBytes>>20, s.FinalBytes>>20, s.BytesPerKey)
	}
}

// thousands groups the digits of a number that is not negative.
func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
