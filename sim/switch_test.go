package sim

import (
	"strings"
	"testing"
	"time"
)

func TestSwitchesKeepTheirText(t *testing.T) {
	for _, text := range []string{"loss=off", "crash=on", "disk-full=2.5s"} {
		var s FaultSwitch
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != text {
			t.Errorf("%q became %q, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "loss", "loss=", "loss=often", "loss=0s", "loss=-1s", "rain=on"} {
		var s FaultSwitch
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q became %q", text, s)
		}
	}
}

func TestSwitchesTakeTheDecisionFromTheSeed(t *testing.T) {
	mix, err := DefaultFaultMix().Switched(
		FaultSwitch{Kind: FaultLoss, Off: true}, FaultSwitch{Kind: FaultClog}, FaultSwitch{Kind: FaultReset, Every: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	targets := FaultTargets{Hosts: []string{"a", "b", "c"}, Until: time.Minute}
	for seed := uint64(1); seed <= 20; seed++ {
		counts, before := map[FaultKind]int{}, map[FaultKind]int{}
		for _, f := range mix.Draw(seed, targets) {
			counts[f.Kind]++
		}
		for _, f := range DefaultFaultMix().Draw(seed, targets) {
			before[f.Kind]++
		}
		if counts[FaultLoss] != 0 || counts[FaultReset] < 50 || counts[FaultDelay] != before[FaultDelay] {
			t.Errorf("seed %d: %v, without switches %v", seed, counts, before)
		}
		if before[FaultClog] > 0 && counts[FaultClog] != before[FaultClog] {
			t.Errorf("seed %d: what the seed has switched on came %d times, and %d times when it had to", seed, before[FaultClog], counts[FaultClog])
		}
	}
	if len(DefaultFaultMix()) != len(mix)+1 {
		t.Error("more was switched than asked for")
	}
	if _, err := mix.Switched(FaultSwitch{Kind: FaultWipe}); err == nil || !strings.Contains(err.Error(), "wipe") {
		t.Errorf("a kind that does not come: %v", err)
	}
}
