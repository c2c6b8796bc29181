package gossip

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// One test per claim of: Dadgar, Phillips, Currey, "Lifeguard: Local Health Awareness for More Accurate Failure
// Detection", arXiv 1707.00788v2. The names give the section.

// driven is a machine of n members whose peers the test plays.
type driven struct {
	*Machine
	t *testing.T
}

func drive(t *testing.T, n int, config Config) driven {
	m := New(config, nodeID(0), 0, random.New(1))
	m.SetMembers(0, nodeIDs(n))
	return driven{m, t}
}

// hear hands in a message, written as Describe writes it, and returns what the machine sends.
func (d driven) hear(from int, text string) []Send {
	d.t.Helper()
	if err := d.Receive(d.now, nodeID(from), parseMessage(d.t, text), false); err != nil {
		d.t.Fatal(err)
	}
	mustCheck(d.t, d.Machine)
	sends, _ := d.Take()
	return sends
}

// advanceTo reaches all deadlines up to an instant and returns what the machine sends.
func (d driven) advanceTo(to time.Duration) []Send {
	d.t.Helper()
	var all []Send
	for deadline := d.NextDeadline(); deadline <= to; deadline = d.NextDeadline() {
		d.Advance(deadline)
		mustCheck(d.t, d.Machine)
		sends, _ := d.Take()
		for _, s := range sends {
			s.Payload = slices.Clone(s.Payload)
			all = append(all, s)
		}
	}
	d.Advance(to)
	return all
}

// toProbe advances until a new probe is under way.
func (d driven) toProbe() {
	d.t.Helper()
	sequence := d.probe.sequence
	for d.probe.sequence == sequence || d.probe.stage != direct {
		if len(d.members.living) == 0 {
			d.t.Fatal("nobody is left to probe")
		}
		d.advanceTo(d.NextDeadline())
	}
}

func (d driven) answer() {
	d.t.Helper()
	d.hear(d.peer(d.probe.target), fmt.Sprintf("ack #%d incarnation=0", d.probe.sequence))
}

func (d driven) peer(s slot) int { return int(d.members.slots[s].id[0] - 'a') }

// Table I: what moves the local health multiplier.
func TestLifeguard_IV_A_LocalHealthEvents(t *testing.T) {
	failed := func(nacks int) func(driven) {
		return func(d driven) {
			d.toProbe()
			d.advanceTo(d.probe.timeout)
			for _, helper := range d.probe.helpers[:min(nacks, d.probe.asked)] {
				d.hear(d.peer(helper), fmt.Sprintf("nack #%d incarnation=0", d.probe.sequence))
			}
			d.advanceTo(d.probe.end)
		}
	}
	refute := func(d driven) {
		d.hear(1, fmt.Sprintf("gossip incarnation=0 suspect(a,%d,by b)", d.Incarnation(nodeID(0))))
	}
	succeed := func(d driven) { d.toProbe(); d.answer() }
	for _, c := range []struct {
		name   string
		event  func(driven)
		change int
	}{
		{"a probe succeeds", succeed, -1},
		{"a probe fails, all helpers send their nack", failed(3), +1},
		{"a probe fails, one nack is missed", failed(2), +2},
		{"a probe fails, all nacks are missed", failed(0), +4},
		{"a suspicion is refuted", refute, +1},
	} {
		d := drive(t, 26, DefaultConfig().With(Lifeguard))
		d.localHealth = 3
		if c.event(d); d.LocalHealth() != 3+c.change {
			t.Errorf("%s: 3 becomes %d, want %d", c.name, d.LocalHealth(), 3+c.change)
		}
		for range 8 {
			c.event(d)
		}
		if end := map[bool]int{true: 8, false: 0}[c.change > 0]; d.LocalHealth() != end {
			t.Errorf("%s, many times: %d, want %d", c.name, d.LocalHealth(), end)
		}
		without := drive(t, 10, DefaultConfig().With(LHASuspicion))
		if c.event(without); without.LocalHealth() != 0 {
			t.Errorf("%s: local health is %d without LHA-Probe", c.name, without.LocalHealth())
		}
	}
}

// "ProbeInterval = BaseProbeInterval·(LHM+1), ProbeTimeout = BaseProbeTimeout·(LHM+1)".
func TestLifeguard_IV_A_IntervalAndTimeoutScale(t *testing.T) {
	for health := 0; health <= 8; health++ {
		d := drive(t, 10, DefaultConfig().With(Lifeguard))
		d.localHealth = health
		d.toProbe()
		start := d.now
		if got, want := d.probe.timeout-start, 500*time.Millisecond*time.Duration(health+1); got != want {
			t.Errorf("local health %d: timeout %v, want %v", health, got, want)
		}
		if got, want := d.probe.end-start, time.Second*time.Duration(health+1); got != want {
			t.Errorf("local health %d: interval %v, want %v", health, got, want)
		}
	}
}

// "… sends a nack if it has not received an ack within 80 % of the probe timeout".
func TestLifeguard_IV_A_NackAfter80Percent(t *testing.T) {
	d := drive(t, 10, DefaultConfig().With(Lifeguard))
	d.advanceTo(300 * time.Millisecond)
	d.hear(1, "ping-req #70 target=c incarnation=0")
	nackAt := time.Duration(0)
	for nackAt == 0 && d.now < 2*time.Second {
		for _, s := range d.advanceTo(d.NextDeadline()) {
			if msg, err := decode(s.Payload); err == nil && msg.kind == nack {
				nackAt = d.now
				if s.To != nodeID(1) || msg.sequence != 70 {
					t.Errorf("the nack is %s to %v", Describe(s.Payload), s.To)
				}
			}
		}
	}
	if want := 700 * time.Millisecond; nackAt != want {
		t.Errorf("nack at %v, want %v", nackAt, want)
	}
}

// "max(Min, Max - (Max-Min)·log(C+1)/log(K+1))" with "Min = α·log10(n)·ProbeInterval, Max = β·Min".
func TestLifeguard_IV_B_SuspicionTimeout(t *testing.T) {
	for _, n := range []int{10, 30, 128, 1000, 5000} {
		for _, alpha := range []int{2, 4, 5} {
			for _, beta := range []int{1, 2, 4, 6} {
				for confirmations := 1; confirmations <= maxConfirmations; confirmations++ {
					config := DefaultConfig().With(Lifeguard)
					config.Alpha, config.Beta, config.SuspicionConfirmations = alpha, beta, confirmations
					timeouts := suspicionTimeouts(nil, &config, n)
					if len(timeouts) != confirmations+1 {
						t.Fatalf("K=%d: %d timeouts", confirmations, len(timeouts))
					}
					least := float64(alpha) * math.Log10(float64(n))
					most := float64(beta) * least
					for c, got := range timeouts {
						want := max(least, most-(most-least)*math.Log(float64(c+1))/math.Log(float64(confirmations+1)))
						if math.Abs(got.Seconds()-want) > 1e-6 {
							t.Errorf("n=%d α=%d β=%d K=%d C=%d: %v, want %.6fs", n, alpha, beta, confirmations, c, got, want)
						}
					}
				}
			}
		}
	}
	config := DefaultConfig().With(Lifeguard) // the paper's group: Min = 10.54 s
	if got := suspicionTimeouts(nil, &config, 128)[3].Round(10 * time.Millisecond); got != 10540*time.Millisecond {
		t.Errorf("Min is %v", got)
	}
}

// In groups too small for K confirmations K is what is possible, and log10(n) counts as at least 1.
func TestLifeguard_IV_B_SmallGroups(t *testing.T) {
	config := DefaultConfig().With(Lifeguard)
	for n, want := range map[int]string{1: "[5s]", 2: "[5s]", 3: "[30s 5s]", 4: "[30s 14.226756159s 5s]"} {
		if got := fmt.Sprint(suspicionTimeouts(nil, &config, n)); got != want {
			t.Errorf("n=%d: %s, want %s", n, got, want)
		}
	}
	swim := config.With(SWIM)
	if got := fmt.Sprint(suspicionTimeouts(nil, &swim, 100)); got != "[10s]" {
		t.Errorf("SWIM: %s", got)
	}
}

// "… the first K independent suspicions are re-gossiped", later ones and repetitions are not.
func TestLifeguard_IV_B_FirstKConfirmationsAreRegossiped(t *testing.T) {
	d := drive(t, 20, DefaultConfig().With(Lifeguard))
	for i, c := range []struct {
		accuser   int
		regossips bool
	}{{2, true}, {2, false}, {3, true}, {2, false}, {4, true}, {5, true}, {6, false}, {3, false}, {7, false}} {
		d.hear(9, fmt.Sprintf("gossip incarnation=0 suspect(b,0,by %c)", 'a'+c.accuser))
		if got := d.rumours.all[1].sends == 0; got != c.regossips {
			t.Errorf("suspicion %d, by %c: re-gossiped %v, want %v", i, 'a'+c.accuser, got, c.regossips)
		}
		// As if the rumour had been sent as often as it may.
		d.dropRumour(1)
	}
	if c := d.suspicions.all[d.members.slots[1].suspicion]; c.count != 4 {
		t.Errorf("%d accusers were counted, want K+1", c.count)
	}
}

// "… every ping to a suspected member, also the one on behalf of another, includes the suspicion", and it comes
// first, also when there is more to tell than fits.
func TestLifeguard_IV_C_BuddySystem(t *testing.T) {
	for _, v := range Variants {
		d := drive(t, 26, DefaultConfig().With(v))
		crowd := "gossip incarnation=0 suspect(b,0,by c)"
		for i := 2; i < 26; i++ {
			crowd += fmt.Sprintf(" suspect(%c,0,by b) ", 'a'+i)
		}
		d.hear(3, crowd)
		for i := 2; i < 26; i++ {
			d.hear(3, fmt.Sprintf("gossip incarnation=0 suspect(%c,0,by d)", 'a'+i)) // fresher rumours than that about b
		}
		for range 20 {
			d.hear(4, "ping #4 incarnation=0")
		}
		d.probe.end = d.now
		d.order.list[0], d.order.list[slices.Index(d.order.list, 1)], d.order.at = 1, d.order.list[0], 0
		own := d.advanceTo(d.now)
		behalf := d.hear(5, "ping-req #8 target=b incarnation=0")
		for _, s := range []Send{own[0], behalf[0]} {
			msg, err := decode(s.Payload)
			if err != nil || msg.kind != ping || s.To != nodeID(1) {
				t.Fatalf("%v: not a ping to b: %s", v, Describe(s.Payload))
			}
			claims := claimsOf(msg)
			first := len(claims) > 0 && claims[0].node == nodeID(1) && claims[0].health == Suspect
			if want := v == Buddy || v == Lifeguard; first != want {
				t.Errorf("%v: the suspicion comes first: %v, want %v (%s)", v, first, want, Describe(s.Payload))
			}
			for _, c := range claims[min(1, len(claims)):] {
				if first && c.node == nodeID(1) {
					t.Errorf("%v: the suspicion stands in the ping twice", v)
				}
			}
		}
	}
}

// blockedRun is an experiment of section V in small: some members block in lock-step, again and again, before they
// send and after they receive. It returns the verdicts on members that never blocked.
func blockedRun(t *testing.T, v Variant, seed uint64, blocked int, length, gap time.Duration) (falsePositives int) {
	const n = 32
	g := newGroup(t, n, DefaultConfig().With(v), seed)
	g.run(15 * time.Second)
	slow := make([]bool, n)
	for count := 0; count < blocked; {
		if i := g.random.IntN(n); !slow[i] {
			slow[i] = true
			count++
		}
	}
	g.onChange = func(at int, c Change) {
		if c.Kind == HealthChanged && c.Health == Dead && !slow[g.index[c.Node]] && c.By == g.ids[at] {
			falsePositives++
		}
	}
	for start := g.now; g.now-start < 120*time.Second; g.run(length + gap) {
		for i := range slow {
			if slow[i] {
				g.blocked[i] = g.now + length
			}
		}
	}
	return falsePositives
}

// "Lifeguard reduces false positives by more than 50×", most of it by LHA-Suspicion, while a SWIM group with slow
// members has many. The published sums for α=5, β=6 are 339002 for SWIM, 10174 for LHA-Suspicion and 5193 for
// Lifeguard.
func TestLifeguard_V_FalsePositives(t *testing.T) {
	falsePositives := map[Variant]int{}
	for _, v := range Variants {
		for seed := uint64(1); seed <= 5; seed++ {
			falsePositives[v] += blockedRun(t, v, seed, 8, 16*time.Second, 64*time.Millisecond)
		}
	}
	t.Log(falsePositives)
	if falsePositives[SWIM] < 50 {
		t.Errorf("SWIM had %d false positives: the experiment shows nothing", falsePositives[SWIM])
	}
	for v, percent := range map[Variant]int{LHAProbe: 110, LHASuspicion: 10, Buddy: 115, Lifeguard: 5} {
		if falsePositives[v]*100 > falsePositives[SWIM]*percent {
			t.Errorf("%v had %d false positives, SWIM %d: want at most %d %%", v, falsePositives[v], falsePositives[SWIM], percent)
		}
	}
}

// "… without an increase of the median detection time": published medians at n=128 are 12.44 s for SWIM and 12.45 s
// for Lifeguard until the first verdict, and 12.90 s and 12.91 s until everyone knows.
func TestLifeguard_V_DetectionLatency(t *testing.T) {
	for _, v := range []Variant{SWIM, Lifeguard} {
		var first, all []time.Duration
		for seed := uint64(1); seed <= 11; seed++ {
			g := newGroup(t, 128, DefaultConfig().With(v), seed)
			g.run(15 * time.Second)
			g.crash(5)
			crashed, verdict := g.now, time.Duration(0)
			g.onChange = func(_ int, c Change) {
				if c.Health == Dead && verdict == 0 {
					verdict = g.now - crashed
				}
			}
			all = append(all, g.mustAgree(time.Minute))
			first = append(first, verdict)
		}
		slices.Sort(first)
		slices.Sort(all)
		t.Logf("%v: first verdict after %v, all know after %v (medians)", v, first[5], all[5])
		if first[5] < 11*time.Second || first[5] > 13500*time.Millisecond {
			t.Errorf("%v: median time to the first verdict is %v, published are 12.4 s", v, first[5])
		}
		if all[5]-first[5] > time.Second {
			t.Errorf("%v: from the first verdict to the last takes %v, published are 0.5 s", v, all[5]-first[5])
		}
	}
}
