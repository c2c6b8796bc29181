package shrink

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/sim"
)

// large is a script of many faults and inputs on a few hosts.
func large(faults, inputs int) sim.Script {
	script := sim.Script{Program: "test", Seed: 1}
	for i := range 4 {
		script.Hosts = append(script.Hosts, sim.Setting{Name: host(i), Values: []sim.Value{{Key: "weight", Text: "7"}}})
	}
	for i := range faults {
		script.Plan.Faults = append(script.Plan.Faults, sim.Fault{
			At: time.Duration(i)*time.Second + 123456789, Kind: sim.FaultLoss, Amount: int64(100_000 + i),
			Hosts: []string{host(i), host(i + 1)}, For: 7654321 * time.Microsecond,
		})
	}
	for i := range inputs {
		script.Plan.Inputs = append(script.Plan.Inputs, sim.Input{
			At: time.Duration(i)*time.Millisecond + 55555, Host: host(i), Args: []string{"SET", fmt.Sprint(i)},
		})
	}
	return script
}

func host(i int) string { return fmt.Sprintf("h%d", i%4) }

// needs is a run that fails if the plan still has all of some inputs, by their argument.
func needs(args ...string) func(sim.Script, uint64) (sim.Report, error) {
	return func(script sim.Script, _ uint64) (sim.Report, error) {
		for _, arg := range args {
			if !slices.ContainsFunc(script.Plan.Inputs, func(in sim.Input) bool { return in.Args[1] == arg }) {
				return sim.Report{Verdict: sim.OK}, nil
			}
		}
		return sim.Report{Verdict: sim.Violation, Check: "test", VirtualTime: time.Hour}, nil
	}
}

func argsOf(script *sim.Script) []string {
	var args []string
	for _, in := range script.Plan.Inputs {
		args = append(args, in.Args[1])
	}
	return args
}

func TestJustWhatTheFailureNeedsIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		needed := rapid.SliceOfNDistinct(rapid.IntRange(0, 299), 1, 6, rapid.ID).Draw(t, "needed")
		slices.Sort(needed)
		var args []string
		for _, i := range needed {
			args = append(args, fmt.Sprint(i))
		}
		result, err := Shrink(large(40, 300), Options{Run: needs(args...)})
		if err != nil {
			t.Fatal(err)
		}
		if got := argsOf(&result.Script); !slices.Equal(got, args) || len(result.Script.Plan.Faults) != 0 || !result.Complete {
			t.Fatalf("%q are needed, left are %q and %d faults", args, got, len(result.Script.Plan.Faults))
		}
		for _, h := range result.Script.Hosts {
			if !slices.ContainsFunc(result.Script.Plan.Inputs, func(in sim.Input) bool { return in.Host == h.Name }) {
				t.Fatalf("host %s has nothing to do", h.Name)
			}
		}
	})
}

// atOnce asks all at the same time.
func atOnce(n int, holds func(i int) bool) int {
	held := make([]bool, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { held[i] = holds(i) })
	}
	wait.Wait()
	return slices.Index(held, true)
}

func TestTheResultDoesNotDependOnHowManyRunAtOnce(t *testing.T) {
	run := needs("3", "77", "78")
	first, err := Shrink(large(10, 100), Options{Run: run})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Shrink(large(10, 100), Options{Run: run, First: atOnce})
	if err != nil || !reflect.DeepEqual(first.Script, second.Script) {
		t.Errorf("%v\n%v\n%v", err, first.Script, second.Script)
	}
}

func TestAnotherFailureIsNotTaken(t *testing.T) {
	result, err := Shrink(large(10, 20), Options{Run: func(script sim.Script, _ uint64) (sim.Report, error) {
		report := sim.Report{Verdict: sim.Violation, Check: "this"}
		switch {
		case len(script.Plan.Inputs) < 5:
			return sim.Report{}, errors.New("too short to run")
		case len(script.Plan.Faults) < 3:
			report.Check = "that"
		}
		return report, nil
	}})
	if err != nil || len(result.Script.Plan.Faults) != 3 || len(result.Script.Plan.Inputs) != 5 || result.Report.Check != "this" {
		t.Errorf("%v: %v", err, result)
	}
}

func TestWhatIsLeftIsSimple(t *testing.T) {
	result, err := Shrink(large(30, 0), Options{
		Defaults: func(string) []sim.Value { return []sim.Value{{Key: "weight", Text: "1"}} },
		Run: func(script sim.Script, _ uint64) (sim.Report, error) {
			for _, f := range script.Plan.Faults {
				if f.Amount >= 5000 && f.For > time.Second && f.At >= 2*time.Second && slices.Contains(f.Hosts, "h3") {
					return sim.Report{Verdict: sim.Stalled, Check: "test", VirtualTime: 20 * time.Second}, nil
				}
			}
			return sim.Report{Verdict: sim.OK}, nil
		},
	})
	if err != nil || len(result.Script.Plan.Faults) != 1 {
		t.Fatalf("%v: %v", err, result)
	}
	f := result.Script.Plan.Faults[0]
	if !slices.Equal(f.Hosts, []string{"h3"}) || f.At.Truncate(100*time.Millisecond) != f.At || f.At > 3*time.Second ||
		f.Amount != certain || f.For > 3*time.Second || f.For.Truncate(100*time.Millisecond) != f.For {
		t.Errorf("left is %v", f)
	}
	if hosts := result.Script.Hosts; len(hosts) != 1 || hosts[0].Values[0].Text != "1" {
		t.Errorf("left are hosts %v", hosts)
	}
}

func TestAStoppedSearchKeepsItsBest(t *testing.T) {
	left := 1000
	stop := false
	result, err := Shrink(large(10, 500), Options{
		Run: needs("400"), Stop: func() bool { return stop },
		Progress: func(p Progress) {
			left = p.Inputs
			stop = p.Inputs < 100
		},
	})
	if err != nil || result.Complete || len(result.Script.Plan.Inputs) != left || left >= 100 || left < 2 {
		t.Errorf("%v: complete %v, %d inputs, %d were reported", err, result.Complete, len(result.Script.Plan.Inputs), left)
	}
}

// A candidate may take some more events than the best run, and not any number.
func TestCandidatesThatGoOnForLongAreGivenUp(t *testing.T) {
	best, runs := uint64(0), 0
	_, err := Shrink(large(0, 100), Options{Run: func(script sim.Script, most uint64) (sim.Report, error) {
		if runs++; runs == 1 != (most == 0) || runs > 1 && (most < best || most > 2*best+leastEvents) {
			t.Errorf("run %d may take %d events, the best one took %d", runs, most, best)
		}
		report, err := needs("5", "50")(script, most)
		report.Events = 1_000_000 * uint64(len(script.Plan.Inputs))
		if report.Signature() != "" {
			best = report.Events
		}
		return report, err
	}})
	if err != nil || best != 2_000_000 {
		t.Errorf("%v, the best run takes %d events", err, best)
	}
}

// What can be made smaller by much is not made so step by step, each with a round of all passes; and a default that is not round
// stays.
func TestFewRoundsAreNeeded(t *testing.T) {
	script := large(1, 0)
	rounds := 0
	result, err := Shrink(script, Options{
		Defaults: func(string) []sim.Value { return []sim.Value{{Key: "weight", Text: "15"}} },
		Run: func(script sim.Script, _ uint64) (sim.Report, error) {
			ends := func(f sim.Fault) bool { return f.At+f.For >= 7*time.Second && f.For >= 3*time.Millisecond }
			if slices.ContainsFunc(script.Plan.Faults, ends) {
				return sim.Report{Verdict: sim.Violation, Check: "test", VirtualTime: 20 * time.Second}, nil
			}
			return sim.Report{Verdict: sim.OK}, nil
		},
		Progress: func(p Progress) {
			if p.Pass == "settings" {
				rounds++ // it tells when the pass begins, and after each attempt
			}
		},
	})
	if err != nil || rounds > 8 || !result.Complete || result.Script.Plan.Faults[0].For >= 6*time.Millisecond {
		t.Errorf("%v: %d rounds, %v", err, rounds, result.Script.Plan.Faults)
	}
	for _, h := range result.Script.Hosts {
		if h.Values[0].Text != "15" {
			t.Errorf("left is %v", h)
		}
	}
}

func TestThereMustBeAFailure(t *testing.T) {
	_, err := Shrink(large(1, 1), Options{Run: needs("999")})
	if err == nil || !strings.Contains(err.Error(), "does not fail") {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := Shrink(large(1, 1), Options{Run: func(sim.Script, uint64) (sim.Report, error) { return sim.Report{}, broken }}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestNumbersBecomeSimplerAndNeverReturn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Int64().Draw(t, "number")
		for range 200 {
			all := smaller(number)
			if len(all) == 0 {
				if number >= 10 || number <= -10 {
					t.Fatalf("%d is not the end", number)
				}
				return
			}
			to := rapid.SampledFrom(all).Draw(t, "to")
			if (to < 0) != (number < 0) || max(to, -to) >= max(number, -number) && number != -1<<63 {
				t.Fatalf("%d became %d", number, to)
			}
			number = to
		}
		t.Fatalf("no end, at %d", number)
	})
}
