package sim

import (
	"fmt"
	"time"
)

// A Verdict is what a run comes to.
type Verdict string

const (
	OK               Verdict = "ok"
	Violation        Verdict = "violation"        // an invariant or a checker found a wrong state or answer
	Stalled          Verdict = "stalled"          // nothing wrong, but no progress in the stated virtual time
	Unknown          Verdict = "unknown"          // a checker's budget was spent
	Crashed          Verdict = "crashed"          // a process panicked
	Nondeterministic Verdict = "nondeterministic" // the same configuration gave two histories
)

// A Failure is why a run ended early: the first violation, panic or livelock.
type Failure struct {
	Verdict Verdict       `json:"verdict"`
	Time    time.Duration `json:"virtual_ns"`      // virtual time
	Event   uint64        `json:"event"`           // number of the event during or after which it came about, from 1
	Host    string        `json:"host,omitempty"`  // host that handled that event, if any
	Last    string        `json:"last,omitempty"`  // that event, as a line of the trace
	Check   string        `json:"check"`           // name of what found it; of a panic the function that panicked
	Detail  string        `json:"detail"`          // what was found
	Stack   string        `json:"stack,omitempty"` // of a panic
}

func (f *Failure) Error() string {
	where := ""
	if f.Host != "" {
		where = ", host " + f.Host
	}
	return fmt.Sprintf("%s at %v, event %d%s: %s", f.Verdict, f.Time, f.Event, where, f.Detail)
}

// A Report is the outcome of one run, for people and for programs (JSON).
type Report struct {
	Seed        uint64           `json:"seed"`
	Scenario    string           `json:"scenario"`
	Hash        string           `json:"hash"` // 16 hexadecimal digits
	Verdict     Verdict          `json:"verdict"`
	Check       string           `json:"check,omitempty"` // see Failure
	Detail      string           `json:"detail,omitempty"`
	VirtualTime time.Duration    `json:"virtual_ns"`
	WallTime    time.Duration    `json:"wall_ns"` // filled by the caller, who may read a clock
	Events      uint64           `json:"events"`
	Faults      map[string]int64 `json:"faults"` // faults that began, by kind
}

// Signature says in what way a run failed, so that runs that fail in the same way have the same one: the verdict and the
// check that led to it. It is empty if the run did not fail.
func (r *Report) Signature() string {
	if r.Verdict == OK {
		return ""
	}
	return string(r.Verdict) + ": " + r.Check
}
