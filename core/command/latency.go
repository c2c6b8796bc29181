package command

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

var latencyRow = &Row{
	Name: "latency", Arity: -2,
	Group: "server", Since: "2.8.13", Summary: "Commands about what took long.", Complexity: "Depends on the subcommand.",
	Subcommands: []*Row{
		latencyView("latest", 2, "Returns the newest and the worst latency of every event.", nil, latencyLatest),
		latencyView("history", 3, "Returns the latencies of an event.", latencyEventArgument, latencyHistory),
		latencyView("graph", 3, "Draws the latencies of an event.", latencyEventArgument, latencyGraph),
		latencyView("histogram", -2, "Returns how the durations of commands are distributed.", []Argument{
			{Name: "command", Type: StringArgument, Optional: true, Multiple: true},
		}, latencyHistogram),
		latencyView("doctor", 2, "Tells in words what took long.", nil, latencyDoctor),
		{
			Name: "latency|reset", Arity: -2, Flags: Admin | NoScript | Loading | Stale,
			Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
			Group: "server", Since: "2.8.13", Summary: "Forgets the latencies of events, of some or all.", Complexity: "O(1)",
			Arguments: []Argument{{Name: "event", Type: StringArgument, Optional: true, Multiple: true}},
			Run:       latencyReset,
		},
		helpRow("latency", "server", "2.8.13", 0),
	},
}

var latencyEventArgument = []Argument{{Name: "event", Type: StringArgument}}

func latencyView(name string, arity int, summary string, arguments []Argument, run func(*Context)) *Row {
	return &Row{
		Name: "latency|" + name, Arity: arity, Flags: Admin | NoScript | Loading | Stale,
		Tips:  []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
		Group: "server", Since: "2.8.13", Summary: summary, Complexity: "O(1)", Arguments: arguments, Run: run,
	}
}

// latencyEvent is what LATENCY knows of one kind of work. Statistics.events are sorted by name.
type latencyEvent struct {
	name string
	// samples are from old to new, at most maxLatencySamples, one for a second at most.
	samples []latencySample
	worst   int64
}

// latencySample is the worst latency of a second.
type latencySample struct {
	seconds      int64 // Unix time
	milliseconds int64
}

const maxLatencySamples = 160

func (s *Statistics) noteLatency(name string, wall int64, duration time.Duration) {
	at, found := s.findEvent(name)
	if !found {
		s.events = slices.Insert(s.events, at, latencyEvent{name: name})
	}
	e := &s.events[at]
	sample := latencySample{seconds: wall / 1000, milliseconds: duration.Milliseconds()}
	e.worst = max(e.worst, sample.milliseconds)
	if last := len(e.samples) - 1; last >= 0 && e.samples[last].seconds == sample.seconds {
		e.samples[last].milliseconds = max(e.samples[last].milliseconds, sample.milliseconds)
		return
	}
	if len(e.samples) == maxLatencySamples {
		e.samples = slices.Delete(e.samples, 0, 1)
	}
	e.samples = append(e.samples, sample)
}

func (s *Statistics) findEvent(name string) (at int, found bool) {
	return slices.BinarySearchFunc(s.events, name, func(e latencyEvent, name string) int { return cmp.Compare(e.name, name) })
}

func latencyLatest(c *Context) {
	c.Reply.Array(len(c.Statistics.events))
	for i := range c.Statistics.events {
		e := &c.Statistics.events[i]
		last := e.samples[len(e.samples)-1]
		c.Reply.Array(4)
		c.Reply.BulkString(e.name)
		c.Reply.Int(last.seconds)
		c.Reply.Int(last.milliseconds)
		c.Reply.Int(e.worst)
	}
}

// samplesOf returns nothing for an event that has not been seen.
func (c *Context) samplesOf(name []byte) []latencySample {
	if at, found := c.Statistics.findEvent(string(name)); found {
		return c.Statistics.events[at].samples
	}
	return nil
}

func latencyHistory(c *Context) {
	samples := c.samplesOf(c.Args[2])
	c.Reply.Array(len(samples))
	for _, sample := range samples {
		c.Reply.Array(2)
		c.Reply.Int(sample.seconds)
		c.Reply.Int(sample.milliseconds)
	}
}

// graphRows is the height of a graph, in lines.
const graphRows = 4

// latencyGraph draws a column for every sample, from old to new.
func latencyGraph(c *Context) {
	samples := c.samplesOf(c.Args[2])
	if len(samples) == 0 {
		c.fail(Error("ERR No samples available for event '" + string(quotable(c.Args[2], len(c.Args[2]))) + "'"))
		return
	}
	low, high := samples[0].milliseconds, samples[0].milliseconds
	for _, sample := range samples {
		low, high = min(low, sample.milliseconds), max(high, sample.milliseconds)
	}
	at, _ := c.Statistics.findEvent(string(c.Args[2]))
	var text strings.Builder
	fmt.Fprintf(&text, "%s - high %d ms, low %d ms (all time high %d ms)\n", c.Args[2], high, low, c.Statistics.events[at].worst)
	text.WriteString(strings.Repeat("-", 80) + "\n")
	for row := range int64(graphRows) {
		for _, sample := range samples {
			height := (sample.milliseconds - low + 1) * graphRows / (high - low + 1)
			if height >= graphRows-row {
				text.WriteByte('#')
			} else {
				text.WriteByte(' ')
			}
		}
		text.WriteByte('\n')
	}
	c.Reply.Verbatim("txt", text.String())
}

func latencyDoctor(c *Context) {
	if c.Settings.LatencyThreshold == 0 {
		c.Reply.Verbatim("txt", "Latency monitoring is disabled. CONFIG SET latency-monitor-threshold to a number of milliseconds to enable it.\n")
		return
	}
	var text strings.Builder
	for i := range c.Statistics.events {
		e := &c.Statistics.events[i]
		sum := int64(0)
		for _, sample := range e.samples {
			sum += sample.milliseconds
		}
		fmt.Fprintf(&text, "%s: %d latency spikes, average %d ms, worst of all %d ms.\n", e.name, len(e.samples), sum/int64(len(e.samples)), e.worst)
	}
	if text.Len() == 0 {
		text.WriteString("No latency spike was observed.\n")
	}
	c.Reply.Verbatim("txt", text.String())
}

func latencyReset(c *Context) {
	names := c.Args[2:]
	if len(names) == 0 {
		c.Reply.Int(int64(len(c.Statistics.events)))
		c.Statistics.events = nil
		return
	}
	forgotten := int64(0)
	for _, name := range names {
		if at, found := c.Statistics.findEvent(string(name)); found {
			c.Statistics.events = slices.Delete(c.Statistics.events, at, at+1)
			forgotten++
		}
	}
	c.Reply.Int(forgotten)
}
