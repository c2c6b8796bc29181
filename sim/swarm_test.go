package sim

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"
)

var swarmTargets = FaultTargets{
	Hosts: []string{"a", "b", "c", "d", "e"}, From: time.Second, Until: 60 * time.Second,
}

func TestDrawnFaultsAreValidAndInTime(t *testing.T) {
	seen := map[FaultKind]int{}
	for seed := range uint64(100) {
		faults := DefaultFaultMix().Draw(seed, swarmTargets)
		if !slices.IsSortedFunc(faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) }) {
			t.Fatalf("seed %d: not in order", seed)
		}
		kinds := map[FaultKind]bool{}
		for _, f := range faults {
			if err := f.Check(); err != nil {
				t.Fatalf("seed %d: %v: %v", seed, f, err)
			}
			if f.At < time.Second || f.At >= 60*time.Second || (f.For == 0) != f.Kind.Instant() {
				t.Fatalf("seed %d: %v", seed, f)
			}
			kinds[f.Kind] = true
		}
		for kind := range kinds {
			seen[kind]++
		}
	}
	for _, class := range DefaultFaultMix() {
		want := class.On / 10_000 // of a hundred seeds
		if got := seen[class.Kind]; got < want*6/10-3 || got > want*14/10+3 {
			t.Errorf("%v came in %d of 100 seeds, want about %d", class.Kind, got, want)
		}
	}
}

func TestOneClassDoesNotMoveTheOthers(t *testing.T) {
	for seed := range uint64(20) {
		all := DefaultFaultMix().Draw(seed, swarmTargets)
		some := DefaultFaultMix().Without(FaultCrash, FaultLoss).Draw(seed, swarmTargets)
		all = slices.DeleteFunc(all, func(f Fault) bool { return f.Kind == FaultCrash || f.Kind == FaultLoss })
		if !reflect.DeepEqual(all, some) {
			t.Fatalf("seed %d: without two classes the others differ", seed)
		}
	}
}

func TestAllowIsObeyed(t *testing.T) {
	mix := FaultMix{
		{Kind: FaultCrash, On: million, Every: 500 * time.Millisecond, Shortest: time.Second, Longest: 5 * time.Second},
		{Kind: FaultPause, On: million, Every: 500 * time.Millisecond, Shortest: time.Second, Longest: 5 * time.Second},
	}
	targets := swarmTargets
	targets.Recovery = 2 * time.Second
	for _, test := range []struct {
		limit int
		names []string
	}{{0, nil}, {1, nil}, {2, nil}, {1, []string{"a", "b", "c"}}} {
		most, kept := 0, 0
		for seed := range uint64(10) {
			targets.Allow = AtMostStopped(test.limit, test.names...)
			faults := mix.Draw(seed, targets)
			kept += len(faults)
			for at := time.Duration(0); at < 80*time.Second; at += 50 * time.Millisecond {
				stopped := map[string]bool{}
				for _, f := range faults {
					if f.At <= at && at < f.At+f.For+targets.Recovery && (len(test.names) == 0 || slices.Contains(test.names, f.Hosts[0])) {
						stopped[f.Hosts[0]] = true
					}
				}
				most = max(most, len(stopped))
			}
		}
		if most != test.limit || (kept == 0) != (test.limit == 0) {
			t.Errorf("at most %d of %v: up to %d were stopped, %d faults", test.limit, test.names, most, kept)
		}
	}
	other := AtMostStopped(0)
	if !other(Fault{Kind: FaultLoss, Hosts: []string{"a"}}, nil) {
		t.Error("a fault that stops nobody is not allowed")
	}
}

func TestDegenerateMixes(t *testing.T) {
	if got := DefaultFaultMix().Draw(1, FaultTargets{Until: time.Minute}); got != nil {
		t.Errorf("nobody was hit by %v", got)
	}
	lonely := DefaultFaultMix().Draw(2, FaultTargets{Hosts: []string{"a"}, Until: time.Minute})
	for _, f := range lonely {
		if fmt.Sprint(f.Hosts, f.Peers) != "[a] []" {
			t.Errorf("%v", f)
		}
	}
	if got := (FaultMix{{Kind: FaultCrash, On: million}}).Draw(1, swarmTargets); got != nil {
		t.Errorf("a class without a rate gave %v", got)
	}
}
