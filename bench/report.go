package main

import (
	"fmt"
	"io"
	"strings"
)

// none stands where there is nothing to tell.
const none = "–"

// writeMarkdown prints the table that goes into the documentation.
func (r result) writeMarkdown(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %d processors; %d connections, %d-byte values, %s random keys; medians of interleaved runs, %d each "+
		"(lowest–highest); ratios and bars marked × are to %s.\n\n", r.System, r.Processors, r.Connections, r.ValueSize,
		thousands(int64(r.Keys)), r.Repeats, r.Servers[0].Name)
	r.writeHeader(&text)
	for i := range r.Rows {
		r.writeRow(&text, &r.Rows[i])
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// writeHeader names the columns: the servers with their ratios to the first, and the bar.
func (r result) writeHeader(text *strings.Builder) {
	text.WriteString("| test | figure |")
	rule := "|---|---|"
	for i, s := range r.Servers {
		fmt.Fprintf(text, " %s %s |", s.Name, s.Version)
		rule += "--:|"
		if i > 0 {
			text.WriteString(" ratio |")
			rule += "--:|"
		}
	}
	text.WriteString(" bar | met |\n" + rule + "--:|---|\n")
}

func (r result) writeRow(text *strings.Builder, row *row) {
	fmt.Fprintf(text, "| %s | %s |", row.Test, row.Figure)
	for i, v := range row.Values {
		fmt.Fprintf(text, " %s |", row.Figure.cell(v))
		switch {
		case i == 0:
		case v == nil || v.Ratio == 0:
			fmt.Fprintf(text, " %s |", none)
		default:
			fmt.Fprintf(text, " %.2f |", v.Ratio)
		}
	}
	limit := none
	if row.Bar != nil {
		limit = row.Bar.String()
	}
	fmt.Fprintf(text, " %s | %s |\n", limit, verdict(row.judge(r.Servers)))
}

// cell writes a median and the range that it was taken from.
func (f figure) cell(v *value) string {
	switch {
	case v == nil:
		return none
	case v.Lowest == v.Highest:
		return f.format(v.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", f.format(v.Median), f.format(v.Lowest), f.format(v.Highest))
}

// verdict tells whether every server that is held to a bar meets it.
func verdict(met []bool) string {
	text := none
	for _, m := range met {
		if !m {
			return "**no**"
		}
		text = "yes"
	}
	return text
}

// thousands groups the digits of a number that is not negative.
func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
