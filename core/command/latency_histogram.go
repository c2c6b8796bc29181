package command

import (
	"fmt"
	"math/bits"
	"time"
)

// histogram counts the durations of a command, one count for each power of two of 1024 ns, from the shortest on.
type histogram [32]uint64

// edge returns the longest duration that is counted at an index. Redis's histogram has two digits within a power of two, so that
// it shows a little more than the power: 33 µs for 32.
func (h *histogram) edge(i int) time.Duration { return time.Duration(1024<<i + 8<<i - 1) }

func (h *histogram) add(duration time.Duration, count uint64) {
	i := 0
	if duration > h.edge(0) {
		i = bits.Len64(uint64(duration-1) >> 10)
		if i > 0 && duration <= h.edge(i-1) {
			i--
		}
	}
	h[min(i, len(h)-1)] += count
}

// total returns how many durations were counted.
func (h *histogram) total() (total uint64) {
	for _, count := range h {
		total += count
	}
	return total
}

// percentile returns a duration that so many parts in a thousand of all have not passed.
func (h *histogram) percentile(thousandths uint64) time.Duration {
	total, sum := h.total(), uint64(0)
	for i, count := range h {
		if sum += count; sum*1000 >= total*thousandths {
			return h.edge(i)
		}
	}
	return h.edge(len(h) - 1)
}

// took counts so many executions of a command that each took a duration.
func (s *Statistics) took(row *Row, duration time.Duration, executions int) {
	count := &s.calls[row.number]
	count.spent += duration * time.Duration(executions)
	if count.histogram == nil {
		count.histogram = &histogram{}
	}
	count.histogram.add(duration, uint64(executions))
}

// latencyHistogram shows, of each command that was asked for and has been used, how many executions took up to which time.
func latencyHistogram(c *Context) {
	var rows []*Row
	for _, row := range commands.numbered {
		if c.Statistics.calls[row.number].histogram != nil && namedOrAll(c.Args[2:], row) {
			rows = append(rows, row)
		}
	}
	c.Reply.Map(len(rows))
	for _, row := range rows {
		h := c.Statistics.calls[row.number].histogram
		c.Reply.BulkString(row.Name)
		c.Reply.Map(2)
		c.Reply.BulkString("calls")
		c.Reply.Int(int64(h.total()))
		c.Reply.BulkString("histogram_usec")
		steps := 0
		for _, count := range h {
			steps += min(int(count), 1)
		}
		c.Reply.Map(steps)
		sum := uint64(0)
		for i, count := range h {
			if sum += count; count > 0 {
				c.Reply.Int(h.edge(i).Microseconds())
				c.Reply.Int(int64(sum))
			}
		}
	}
}

// namedOrAll reports whether a command, or its container, is among the names, or there are no names.
func namedOrAll(names [][]byte, row *Row) bool {
	for _, name := range names {
		if named := byFullName(name); named == row || named != nil && len(row.Name) > len(named.Name) && row.Name[:len(named.Name)+1] == named.Name+"|" {
			return true
		}
	}
	return len(names) == 0
}

// latencyFields are the lines of INFO latencystats.
func (s *Statistics) latencyFields() []Field {
	var fields []Field
	for _, row := range commands.numbered {
		if h := s.calls[row.number].histogram; h != nil {
			text := func(thousandths uint64) string {
				d := h.percentile(thousandths)
				return fmt.Sprintf("%d.%03d", d/time.Microsecond, d%time.Microsecond)
			}
			fields = append(fields, Field{
				"latency_percentiles_usec_" + row.Name,
				fmt.Sprintf("p50=%s,p99=%s,p99.9=%s", text(500), text(990), text(999)),
			})
		}
	}
	return fields
}
