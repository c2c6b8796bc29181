package sweep

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Plan is what a machine sets out to do: the first line that it writes.
type Plan struct {
	Scenario string `json:"scenario"`
	// Seeds is the whole range, of which this machine runs its shard. Nil if the sweep goes on until its time is over.
	Seeds *Range `json:"seeds,omitempty"`
	Shard Shard  `json:"shard"`
	// Reproduce is the command line that repeats a run, up to the seed.
	Reproduce string `json:"reproduce"`
	// Marks are the names of all marks that runs can hit, Demands those that some run has to hit.
	Marks   []string `json:"marks,omitempty"`
	Demands []string `json:"demands,omitempty"`
}

// Run is what one seed came to. Fields of a line that are not here are passed over.
type Run struct {
	Seed    uint64            `json:"seed"`
	Verdict string            `json:"verdict"` // "ok" if it ended well
	Check   string            `json:"check,omitempty"`
	Detail  string            `json:"detail,omitempty"`
	Virtual time.Duration     `json:"virtual_ns"`
	Events  uint64            `json:"events"`
	Marks   map[string]uint64 `json:"marks,omitempty"`
}

// line is one line of a file: the plan, or a run.
type line struct {
	Plan *Plan         `json:"sweep"`
	Wall time.Duration `json:"sweep_wall_ns"` // the last line
	Run
}

// PlanLine returns the line that begins a file.
func PlanLine(p *Plan) any { return map[string]*Plan{"sweep": p} }

// EndLine returns the line that ends a file: without it the machine did not come to its end. Wall is the time that it took.
func EndLine(wall time.Duration) any { return map[string]time.Duration{"sweep_wall_ns": max(wall, 1)} }

// longestLine bounds a line of a file, in bytes.
const longestLine = 64 << 20

// Read adds what a machine has written to the tally. Name is that of the file, for errors.
func (t *Tally) Read(name string, file io.Reader) error {
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, longestLine)
	begun, ended := false, false
	for number := 1; lines.Scan(); number++ {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
		switch {
		case l.Plan != nil:
			if err := t.begin(l.Plan); err != nil {
				return fmt.Errorf("%s:%d: %w", name, number, err)
			}
			begun = true
		case !begun:
			return fmt.Errorf("%s:%d: the file does not begin as one of sweep --json", name, number)
		case l.Wall > 0:
			t.Wall = max(t.Wall, l.Wall)
			ended = true
		default:
			t.Add(l.Run)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !begun {
		return fmt.Errorf("%s: the file is empty", name)
	}
	if !ended {
		t.Unfinished = append(t.Unfinished, name)
	}
	return nil
}
