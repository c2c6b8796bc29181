package command

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ember-cluster/ember/core/session"
)

// Statistics count what commands did: for INFO, the slow log and LATENCY.
type Statistics struct {
	// calls are by Row.number.
	calls []callCount
	// errors are sorted by code.
	errors []errorCount
	slow   slowLog
	events []latencyEvent
}

// callCount is what INFO commandstats shows of a command.
type callCount struct {
	calls, rejected, failed uint64
	spent                   time.Duration
	// histogram is nil until a time was taken.
	histogram *histogram
}

// errorCount is what INFO errorstats shows of an error's code.
type errorCount struct {
	code  string
	count uint64
}

// maxErrorCodes bounds the codes that are counted.
const maxErrorCodes = 128

// NewStatistics returns one that has seen nothing.
func NewStatistics() *Statistics {
	return &Statistics{calls: make([]callCount, len(commands.numbered))}
}

// Reset lets the counts begin at zero again. The slow log and the latencies have resets of their own.
func (s *Statistics) Reset() {
	clear(s.calls)
	s.errors = nil
}

// Execution is one execution of a command, as the node saw it.
type Execution struct {
	Row      *Row
	Args     [][]byte
	Session  *session.Session
	Wall     int64         // when it was over, in Unix milliseconds
	Duration time.Duration // 0 if the node cannot tell
}

// Executed counts an execution, and whether its reply was an error. Its time comes by Took or TookTogether.
func (s *Statistics) Executed(row *Row, failed bool) {
	count := &s.calls[row.number]
	count.calls++
	if failed {
		count.failed++
	}
}

// Took takes notice of the time that an execution took.
func (s *Statistics) Took(e *Execution, settings *Settings) {
	s.took(e.Row, e.Duration, 1)
	if settings.SlowlogSlowerThan >= 0 && e.Duration.Microseconds() >= settings.SlowlogSlowerThan && !e.Row.Flags.Has(SkipSlowlog) {
		s.slow.add(e, settings.SlowlogMaxLength)
	}
	s.noteSlow(e, settings)
}

// TookTogether takes notice of the time that several executions took, one behind the other. Each counts for an equal share of
// the duration in first, which is the first of them. The slow log has nothing of several: it could not tell which was slow.
func (s *Statistics) TookTogether(rows []*Row, first *Execution, settings *Settings) {
	if len(rows) == 1 {
		s.Took(first, settings)
		return
	}
	share := first.Duration / time.Duration(len(rows))
	for len(rows) > 0 { // the same command often comes many times in a row
		same := 1
		for same < len(rows) && rows[same] == rows[0] {
			same++
		}
		s.took(rows[0], share, same)
		rows = rows[same:]
	}
	s.noteSlow(first, settings)
}

// noteSlow notes a latency that is worth it.
func (s *Statistics) noteSlow(e *Execution, settings *Settings) {
	if settings.LatencyThreshold == 0 || e.Duration.Milliseconds() < settings.LatencyThreshold {
		return
	}
	event := "command"
	if e.Row.Flags.Has(Fast) {
		event = "fast-command"
	}
	s.noteLatency(event, e.Wall, e.Duration)
}

// Rejected counts a command that was refused before it was executed. row is nil if there is no such command.
func (s *Statistics) Rejected(row *Row) {
	if row != nil {
		s.calls[row.number].rejected++
	}
}

// Failed counts an error reply, given without the leading '-', by its code, the first word.
func (s *Statistics) Failed(reply []byte) {
	end := slices.IndexFunc(reply, func(b byte) bool { return b <= ' ' })
	if end < 0 {
		end = len(reply)
	}
	code := reply[:end]
	at, found := slices.BinarySearchFunc(s.errors, string(code), func(e errorCount, code string) int { return cmp.Compare(e.code, code) })
	switch {
	case found:
		s.errors[at].count++
	case len(s.errors) < maxErrorCodes:
		s.errors = slices.Insert(s.errors, at, errorCount{code: string(code), count: 1})
	}
}

// TotalErrors returns how many error replies were counted.
func (s *Statistics) TotalErrors() uint64 {
	total := uint64(0)
	for i := range s.errors {
		total += s.errors[i].count
	}
	return total
}

func (s *Statistics) errorFields() []Field {
	fields := make([]Field, len(s.errors))
	for i, e := range s.errors {
		fields[i] = Field{"errorstat_" + e.code, "count=" + strconv.FormatUint(e.count, 10)}
	}
	return fields
}

// commandFields shows the commands that were used, in the order of their names.
func (s *Statistics) commandFields() []Field {
	var fields []Field
	for _, row := range commands.numbered {
		c := &s.calls[row.number]
		if c.calls+c.rejected == 0 {
			continue
		}
		micros := c.spent.Microseconds()
		hundredths := int64(0) // of a microsecond per call
		if c.calls > 0 {
			hundredths = int64(c.spent) / 10 / int64(c.calls)
		}
		fields = append(fields, Field{
			"cmdstat_" + row.Name,
			fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%d.%02d,rejected_calls=%d,failed_calls=%d",
				c.calls, micros, hundredths/100, hundredths%100, c.rejected, c.failed),
		})
	}
	return fields
}
