package scenarios

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
)

const (
	// firstProbe, in protocol periods, is how long it may take until somebody probes a member that has fallen silent, and
	// others confirm the suspicion, by which it shrinks to its least timeout. SWIM expects the first after 1/(1-e^-q)
	// periods, q the part of the members that is not silent. That nobody has probed a member after 20 periods has odds
	// of e^-15, with a quarter of them silent.
	firstProbe = 20
	// spreading is how long a rumour may take to reach all. Median infections take one to three periods.
	spreading = 10
)

// leastSuspicion returns an upper bound, at most a sixth of α periods above it, of how long a suspicion lasts that is
// confirmed: α·log10(n) periods. The digits of n⁶ bound the logarithm without a float: 6·log10(n) < digits.
func leastSuspicion(members int) time.Duration {
	config := gossip.DefaultConfig()
	digits := 0
	for power := sixthPower(uint64(members)); power > 0; power /= 10 {
		digits++
	}
	return config.ProbeInterval * time.Duration(config.Alpha*max(digits, 6)) / 6 // log10(n) counts as at least 1
}

func sixthPower(n uint64) uint64 {
	power := uint64(1)
	for range 6 {
		high, low := bits.Mul64(power, n)
		if high > 0 {
			panic(fmt.Sprintf("scenarios: a group of %d members is too large", n))
		}
		power = low
	}
	return power
}

// detectionBound is the time after which every healthy member must hold a silent one dead, whatever the variant.
func detectionBound(members int) time.Duration {
	bound := leastSuspicion(members) + (firstProbe+spreading)*gossip.DefaultConfig().ProbeInterval
	return bound.Truncate(time.Second) + time.Second
}

// checkComplete is SWIM's completeness: every silent member is held dead by every healthy one.
func (t *trial) checkComplete() {
	for about, silent := range t.isAnomalous {
		for at, m := range t.members {
			if !silent || t.isAnomalous[at] || m == nil {
				continue
			}
			if health := m.machine.Health(t.ids[about]); health != gossip.Dead {
				t.violated("%s has been silent for %v, and %s holds it %v: every healthy member must hold it dead",
					memberName(about), t.world.Now()-quiesce, memberName(at), health)
				return
			}
		}
	}
}

// healedNow reports whether every member is alive to every other one.
func (t *trial) healedNow() bool { return t.unhealed() == "" }

// unhealed names a member that is not alive to another one.
func (t *trial) unhealed() string {
	for at, m := range t.members {
		if m == nil {
			return memberName(at) + " has not started"
		}
		for about, id := range t.ids {
			if health := m.machine.Health(id); health != gossip.Alive {
				return fmt.Sprintf("%s holds %s %v", memberName(at), memberName(about), health)
			}
		}
	}
	return ""
}
