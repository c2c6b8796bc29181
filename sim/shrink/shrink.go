package shrink

import (
	"crypto/sha256"
	"fmt"

	"github.com/ember-cluster/ember/sim"
)

// Options say how a script is run, and what can be done to it.
type Options struct {
	// Run runs a script. The error says that it cannot be run. A run that has not ended after so many events, if that is not 0,
	// may be left as one that does not fail. It is called from several goroutines if First does so.
	Run func(script sim.Script, most uint64) (sim.Report, error)
	// Reductions are the protocol's own.
	Reductions []Reduction
	// Defaults returns the values that a setting, or a host, of a name has where nothing is set. Nil: none is known.
	Defaults func(name string) []sim.Value
	// First returns the lowest i below n for which holds reports true, or -1. It is where runs can take place at the same
	// time. Nil: one after another.
	First func(n int, holds func(i int) bool) int
	// Stop ends the search when it reports true; what has been found by then is the result. It is called from wherever Run is.
	// Nil: it never does.
	Stop func() bool
	// Progress is called with what has been found, each time that it is smaller, and when a pass begins. May be nil.
	Progress func(p Progress)
}

// Progress is how far the search has come.
type Progress struct {
	Pass                  string // that is under way
	Runs                  int    // so far
	Faults, Inputs, Hosts int    // that are left
}

// Result is what a script has been shrunk to.
type Result struct {
	Script sim.Script
	Report sim.Report // of its run
	Runs   int
	// Complete says that nothing more could be taken away, and not that the search was stopped.
	Complete bool
}

// maxRounds bounds how often all passes are made. Later rounds find little.
const maxRounds = 12

// Shrink returns a smaller script whose run fails in the same way. The error says why there is nothing to shrink: the script
// cannot be run, or its run does not fail.
func Shrink(script sim.Script, options Options) (Result, error) {
	report, err := options.Run(script, 0)
	if err != nil {
		return Result{}, err
	}
	if report.Signature() == "" {
		return Result{}, fmt.Errorf("shrink: the run does not fail, there is nothing to shrink")
	}
	if options.First == nil {
		options.First = inTurn
	}
	s := &search{
		options: options, signature: report.Signature(), failed: map[[sha256.Size]byte]bool{},
		best: script.Clone(), report: report, digest: sha256.Sum256([]byte(script.String())), runs: 1,
	}
	s.search()
	return Result{Script: s.best, Report: s.report, Runs: s.runs, Complete: !s.stopped()}, nil
}

// inTurn asks one after another.
func inTurn(n int, holds func(i int) bool) int {
	for i := range n {
		if holds(i) {
			return i
		}
	}
	return -1
}

// search is a search under way.
type search struct {
	options   Options
	signature string
	// best is the smallest script so far, and report is of its run.
	best   sim.Script
	report sim.Report
	digest [sha256.Size]byte // of best
	runs   int
	pass   string
	// failed holds the digests of scripts that did not fail in the same way.
	failed map[[sha256.Size]byte]bool
}

func (s *search) stopped() bool { return s.options.Stop != nil && s.options.Stop() }

func (s *search) progress() {
	if s.options.Progress != nil {
		s.options.Progress(Progress{
			Pass: s.pass, Runs: s.runs,
			Faults: len(s.best.Plan.Faults), Inputs: len(s.best.Plan.Inputs), Hosts: len(s.best.Hosts),
		})
	}
}

// search makes all passes until none finds anything.
func (s *search) search() {
	passes := s.passes()
	for range maxRounds {
		found := false
		for _, pass := range passes {
			s.pass = pass.Name
			s.progress()
			if s.reduce(pass.Edits(&s.best, &s.report)) {
				found = true
			}
			if s.stopped() {
				return
			}
		}
		if !found {
			return
		}
	}
}
