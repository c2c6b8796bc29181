package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// printer prints findings.
type printer struct {
	out              io.Writer
	json, shrinks    bool
	caught, survived int
	large            int // so many runs could not be made as small as they should be
}

func (p *printer) print(f *finding) {
	if p.caught+p.survived == 0 && !p.json {
		p.heading()
	}
	if f.Caught {
		p.caught++
	} else {
		p.survived++
	}
	if f.Shrunk != nil && !f.Shrunk.small() {
		p.large++
	}
	if p.json {
		if err := json.NewEncoder(p.out).Encode(f); err != nil {
			panic("mutants: a finding cannot be written: " + err.Error())
		}
		return
	}
	fmt.Fprintf(p.out, "| %s | %s | %s | %s | ", f.Bug, f.catcher(), f.seeds(), seconds(f.Wall))
	if p.shrinks {
		fmt.Fprintf(p.out, "%s | ", f.Shrunk.columns())
	}
	fmt.Fprintf(p.out, "%s |\n", f.Story)
}

func (p *printer) heading() {
	fmt.Fprint(p.out, "| bug | caught by | seeds | seconds | ")
	rule := "|---|---|--:|--:|"
	if p.shrinks {
		fmt.Fprint(p.out, "faults | operations | nodes | runs | seconds | ")
		rule += "--:|--:|--:|--:|--:|"
	}
	fmt.Fprintf(p.out, "story |\n%s---|\n", rule)
}

func (p *printer) finish() {
	if p.json {
		return
	}
	fmt.Fprintf(p.out, "\n%d caught, %d survived\n", p.caught, p.survived)
	if p.shrinks {
		fmt.Fprintf(p.out, "%d shrunk runs are larger than %d faults and %d operations, or took longer than %v\n",
			p.large, mostFaults, mostOperations, mostTime)
	}
}

func seconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", d.Round(100*time.Millisecond).Seconds())
}

// catcher says who has caught the bug, and who should have if that was another.
func (f *finding) catcher() string {
	switch {
	case !f.Caught:
		return "**nobody**, expected " + f.Expected
	case f.Expected == "tests":
		return strings.Fields(f.Detail + " tests")[0]
	case f.Check != f.Expected:
		return f.Check + ", expected " + f.Expected
	}
	return f.Check
}

func (f *finding) seeds() string {
	if f.Expected == "tests" {
		return ""
	}
	return fmt.Sprint(f.Seeds)
}

// columns are those of the table.
func (s *shrunk) columns() string {
	if s == nil {
		return " | | | | "
	}
	return fmt.Sprintf("%d | %d | %d | %d | %s", s.After.Faults, s.After.Operations, s.After.Nodes, s.Runs, seconds(s.Wall))
}
