package shrink

import (
	"crypto/sha256"
	"slices"

	"github.com/ember-cluster/ember/sim"
)

// An Edit makes a script smaller or simpler, in place. It may give items other values, or mark them as removed
// (RemoveFault, RemoveInput, RemoveHost); it must not move them, since others are made together with it.
type Edit func(script *sim.Script)

// A Reduction is a pass: edits that can be made or not, independently of one another. An edit must lead to a script that no
// sequence of edits leads back from.
type Reduction struct {
	Name string
	// Edits returns the edits that there are to a script, of whose run the report is. It must not keep or change either.
	Edits func(script *sim.Script, report *sim.Report) []Edit
}

// RemoveFault marks a fault as removed.
func RemoveFault(script *sim.Script, index int) { script.Plan.Faults[index] = sim.Fault{} }

// RemoveInput marks an input as removed.
func RemoveInput(script *sim.Script, index int) { script.Plan.Inputs[index] = sim.Input{} }

// RemoveHost marks a host as removed, with everything that only concerns it.
func RemoveHost(script *sim.Script, index int) {
	name := script.Hosts[index].Name
	script.Hosts[index] = sim.Setting{}
	is := func(other string) bool { return other == name }
	for i := range script.Plan.Inputs {
		if script.Plan.Inputs[i].Host == name {
			RemoveInput(script, i)
		}
	}
	for i := range script.Plan.Faults {
		f := &script.Plan.Faults[i]
		hadPeers := len(f.Peers) > 0
		f.Hosts = slices.DeleteFunc(slices.Clone(f.Hosts), is)
		f.Peers = slices.DeleteFunc(slices.Clone(f.Peers), is)
		if len(f.Hosts) == 0 || hadPeers && len(f.Peers) == 0 {
			RemoveFault(script, i)
		}
	}
}

// edited returns a script with some edits made and what they have removed gone.
func edited(base *sim.Script, edits []Edit) sim.Script {
	script := base.Clone()
	for _, edit := range edits {
		edit(&script)
	}
	plan := &script.Plan
	plan.Faults = slices.DeleteFunc(plan.Faults, func(f sim.Fault) bool { return f.Kind == 0 })
	plan.Inputs = slices.DeleteFunc(plan.Inputs, func(in sim.Input) bool { return in.Host == "" })
	script.Hosts = slices.DeleteFunc(script.Hosts, func(host sim.Setting) bool { return host.Name == "" })
	return script
}

// reduce makes as many of the edits as leave the failure in place, and reports whether there were any. It tries all, then chunks
// of half as many, and so on down to single ones.
func (s *search) reduce(edits []Edit) bool {
	base := s.best
	var made []Edit
	left := edits
	for size := len(edits); size >= 1; size /= 2 {
		for at := 0; at < len(left) && !s.stopped(); {
			chunk := func(i int) (from, to int) { return at + i*size, min(at+(i+1)*size, len(left)) }
			found := s.first((len(left)-at+size-1)/size, func(i int) sim.Script {
				from, to := chunk(i)
				return edited(&base, append(slices.Clip(made), left[from:to]...))
			})
			if found < 0 {
				break
			}
			from, to := chunk(found)
			made = append(made, left[from:to]...)
			left = slices.Delete(slices.Clone(left), from, to)
			at = from
		}
	}
	return len(made) > 0
}

// trial is what became of one candidate.
type trial struct {
	script sim.Script
	report sim.Report
	digest [sha256.Size]byte
	ran    bool
}

// first runs candidates, takes over the first one that fails in the same way, and returns its number, or -1.
func (s *search) first(n int, candidate func(i int) sim.Script) int {
	trials := make([]*trial, n)
	found := s.options.First(n, func(i int) bool {
		t := s.try(candidate(i))
		same := t.ran && t.report.Signature() == s.signature
		if !same {
			t.script = sim.Script{}
		}
		trials[i] = t
		return same
	})
	for i, t := range trials {
		if t != nil && t.ran {
			s.runs++
			if i != found {
				s.failed[t.digest] = true
			}
		}
	}
	if found >= 0 {
		s.best, s.report, s.digest = trials[found].script, trials[found].report, trials[found].digest
	}
	s.progress()
	return found
}

// A run that is to be smaller than the best one is given up when it has taken many more events: what does not fail may go on
// for long, and one that fails much later is no help.
const (
	patience = 2
	// leastEvents is how many events take no time worth saving.
	leastEvents = 10_000
)

// try runs a candidate, unless it is the best one again, or known not to fail.
func (s *search) try(script sim.Script) *trial {
	t := &trial{script: script, digest: sha256.Sum256([]byte(script.String()))}
	if t.digest == s.digest || s.failed[t.digest] || s.stopped() {
		return t
	}
	report, err := s.options.Run(script, patience*s.report.Events+leastEvents)
	t.ran = true
	if err == nil {
		t.report = report
	}
	return t
}
