package gossip

import (
	"math"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// One test per claim of: Das, Gupta, Motivala, "SWIM: Scalable Weakly-consistent Infection-style Process Group
// Membership Protocol", DSN 2002. The names give the section.

func swimConfig() Config { return DefaultConfig().With(SWIM) }

// "… the expected time to first detection is T'·1/(1-e^-qf)": with all but the crashed member up, q_f is 1 and this
// is 1.58 periods. The time counts to the start of the first period whose probe fails; its end is when the member is
// suspected.
func TestSWIM_3_1_ExpectedTimeToFirstDetection(t *testing.T) {
	const groups, n = 200, 20
	var sum time.Duration
	for seed := uint64(1); seed <= groups; seed++ {
		g := newGroup(t, n, swimConfig(), seed)
		g.run(g.random.Duration(3*time.Second, 6*time.Second))
		crashed, detected := g.now, time.Duration(0)
		g.crash(0)
		g.onChange = func(_ int, c Change) {
			if c.Health == Suspect && detected == 0 {
				detected = g.now
			}
		}
		if !g.runUntil(time.Minute, func() bool { return detected > 0 }) {
			t.Fatal("never detected")
		}
		sum += detected - crashed - g.config.ProbeInterval
	}
	mean := float64(sum/groups) / float64(swimConfig().ProbeInterval)
	// The probes of the members are spread over the period, so the mean lies below the bound of members in step.
	if limit := 1 / (1 - math.Exp(-1)); mean < 0.3 || mean > limit {
		t.Errorf("first detection after %.2f periods on average, want at most %.2f", mean, limit)
	}
}

// "Strong completeness": each crash is detected by all members that are up, however many crash at once.
func TestSWIM_3_1_StrongCompleteness(t *testing.T) {
	for _, v := range Variants {
		g := newGroup(t, 20, DefaultConfig().With(v), 7)
		g.check = true
		g.run(5 * time.Second)
		for i := range 12 {
			g.crash(i)
		}
		took := g.mustAgree(3 * time.Minute)
		t.Logf("%v: 12 of 20 found dead by all within %v", v, took)
	}
}

// "The message load per member does not vary with the group size": in a quiet group each member sends and receives
// one ping and one ack a period. Exchanges of state, which the paper does not have, are put off.
func TestSWIM_3_1_ConstantMessageLoad(t *testing.T) {
	for _, n := range []int{2, 10, 60} {
		config := swimConfig()
		config.PushPullInterval = maxInterval
		g := newGroup(t, n, config, 3)
		g.run(20 * time.Second)
		g.messages = 0
		const periods = 50
		g.run(periods * config.ProbeInterval)
		if perMember := float64(g.messages) / periods / float64(n); perMember < 1.9 || perMember > 2.1 {
			t.Errorf("n=%d: %.2f messages per member and period, want 2", n, perMember)
		}
	}
}

// "… picks k members at random and sends each a ping-req": all are reached alike, and the target and this node never.
func TestSWIM_3_1_HelpersAreUniform(t *testing.T) {
	const n, rounds = 12, 6000
	m := New(swimConfig(), nodeID(0), 0, random.New(5))
	m.SetMembers(0, nodeIDs(n))
	var asked [n]int
	for range rounds {
		m.startProbe()
		m.Take()
		m.probeIndirectly()
		if m.probe.asked != m.config.IndirectProbes {
			t.Fatalf("%d helpers", m.probe.asked)
		}
		for _, helper := range m.probe.helpers[:m.probe.asked] {
			if helper == self || helper == m.probe.target {
				t.Fatalf("slot %d helps to probe slot %d", helper, m.probe.target)
			}
			asked[helper]++
		}
		m.Take()
		m.enter(m.now)
	}
	want := rounds * 3 / (n - 1)
	for s, times := range asked[1:] {
		if times < want*85/100 || times > want*115/100 {
			t.Errorf("slot %d was asked %d times, want about %d", s+1, times, want)
		}
	}
}

// "… at most λ log n times": each member sends a rumour that often and no more.
func TestSWIM_4_1_DisseminationBound(t *testing.T) {
	const n = 40
	config := swimConfig()
	g := newGroup(t, n, config, 11)
	g.run(10 * time.Second)
	sent := map[int]map[wireClaim]int{}
	for i := range n {
		sent[i] = map[wireClaim]int{}
	}
	g.onSend = func(from, to int, s Send) {
		msg, err := decode(s.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if msg.kind == state || msg.kind == stateReply || to == 3 {
			return // no rumour, but a view or an accusation
		}
		for _, c := range claimsOf(msg) {
			sent[from][c]++
		}
	}
	g.machines[3].Leave(g.now)
	g.settle(3)
	g.crash(3)
	g.run(20 * time.Second)
	limit := config.Lambda * 2 // ⌈log10(41)⌉ = 2
	left := wireClaim{health: Left, node: nodeID(3)}
	for i := range n {
		if got := sent[i][left]; got != limit {
			t.Errorf("member %d sent the rumour %d times, want λ·⌈log10(n+1)⌉ = %d", i, got, limit)
		}
	}
}

// "… reaches all members within O(log n) periods": the number of periods until all know grows by no more than a few
// while the group grows thirtyfold.
func TestSWIM_4_1_InfectionIsLogarithmic(t *testing.T) {
	for _, n := range []int{8, 64, 256} {
		g := newGroup(t, n, swimConfig(), 13)
		g.run(5 * time.Second)
		g.machines[1].Leave(g.now)
		g.settle(1)
		took := g.mustAgree(time.Minute)
		if took > 2*time.Second {
			t.Errorf("n=%d: all know after %v", n, took)
		}
	}
}

// Rumours survive the loss of any one message, and of many: with a fifth of all datagrams lost, nearly all still
// learn by rumour alone, and the rest in time by probing.
func TestSWIM_4_1_InfectionSurvivesLoss(t *testing.T) {
	const n, groups = 30, 10
	know := 0
	for seed := uint64(1); seed <= groups; seed++ {
		g := newGroup(t, n, swimConfig(), seed)
		g.run(5 * time.Second)
		g.loss = 200_000
		g.machines[1].Leave(g.now)
		g.settle(1)
		g.crash(1)
		g.run(3 * time.Second)
		for i, m := range g.machines {
			if i != 1 && m.Health(nodeID(1)) == Left {
				know++
			}
		}
		g.loss = 0
		g.mustAgree(time.Minute)
	}
	if all := groups * (n - 1); know < all*97/100 {
		t.Errorf("%d of %d know after 3 s", know, all)
	}
}

// "… if there are more than fit, those gossiped fewer times are preferred": an old rumour does not delay a new one.
func TestSWIM_4_1_LeastSentFirst(t *testing.T) {
	m := New(swimConfig(), nodeID(0), 0, random.New(1))
	m.SetMembers(0, nodeIDs(200))
	say := func(first, last int) {
		msg := message{kind: gossip}
		for i := first; i < last; i++ {
			c := wireClaim{health: Dead, node: nodeID(i)}
			msg.claims = c.append(msg.claims)
		}
		if err := m.Receive(0, nodeID(1), msg.append(nil), false); err != nil {
			t.Fatal(err)
		}
	}
	said := func() []wireClaim {
		m.Take()
		if err := m.Receive(0, nodeID(1), (&message{kind: ping}).append(nil), false); err != nil {
			t.Fatal(err)
		}
		sends, _ := m.Take()
		msg, err := decode(sends[0].Payload)
		if err != nil {
			t.Fatal(err)
		}
		return claimsOf(msg)
	}
	say(10, 110)
	for range 2 { // the hundred rumours take more than one message
		said()
	}
	say(150, 152)
	claims := said()
	if len(claims) < 50 || claims[0].node != nodeID(150) || claims[1].node != nodeID(151) {
		t.Errorf("the fresh rumours are not first of %d: %v", len(claims), claims[:2])
	}
	mustCheck(t, m)
}

// "… an incorrectly suspected member refutes and stays": a member whose acks are lost for a while is suspected by
// all, again and again, and declared dead by none.
func TestSWIM_4_2_SuspicionGivesTimeToRefute(t *testing.T) {
	g := newGroup(t, 16, swimConfig(), 17)
	g.run(5 * time.Second)
	suspected, dead := 0, 0
	g.onChange = func(_ int, c Change) {
		switch c.Health {
		case Suspect:
			suspected++
		case Dead:
			dead++
		}
	}
	g.drop = func(from, to int, s Send) bool {
		msg, err := decode(s.Payload)
		return err != nil || msg.kind == ack && from == 4
	}
	g.run(20 * time.Second) // Min is 5·log10(16) = 6 s
	g.drop = nil
	g.mustAgree(20 * time.Second)
	if suspected < 15 || dead != 0 {
		t.Errorf("%d suspicions, %d verdicts", suspected, dead)
	}
}

// "Round-robin probe target selection … successive selections of the same target are at most 2n-1 periods apart",
// so detection is bounded: also while others join and leave, and for the joiners themselves.
func TestSWIM_4_3_RoundRobinProbeBoundsDetection(t *testing.T) {
	for seed := uint64(0); seed < 20; seed++ {
		m := New(swimConfig(), nodeID(0), 0, random.New(seed))
		const n = 9 // members to probe
		m.SetMembers(0, nodeIDs(n+1))
		last := map[slot]int{}
		gaps := map[int]int{}
		period := 0
		probe := func(most int) {
			period++
			m.startProbe()
			target := m.probe.target
			if before, probed := last[target]; probed {
				gap := period - before
				gaps[gap]++
				if gap > 2*most-1 {
					t.Fatalf("seed %d: %d periods between two probes of one of %d members", seed, gap, most)
				}
			}
			last[target] = period
		}
		for range 20 * n {
			probe(n)
			if period == n && len(last) != n {
				t.Fatalf("seed %d: a pass reached %d of %d members", seed, len(last), n)
			}
		}
		for joiner := n + 1; joiner < n+6; joiner++ {
			m.SetMembers(0, nodeIDs(joiner+1))
			for range 3 {
				probe(joiner)
			}
			mustCheck(t, m)
		}
		joined := period
		for range 2*(n+5) - 1 {
			probe(n + 5)
		}
		for s := range slot(n + 6) {
			if s != self && last[s] <= joined {
				t.Fatalf("seed %d: slot %d was not probed within 2n-1 periods", seed, s)
			}
		}
		if len(gaps) < n {
			t.Errorf("seed %d: the order does not look shuffled after each pass: %v", seed, gaps)
		}
	}
}

// "… a new member is inserted at a position chosen uniformly at random".
func TestSWIM_4_3_JoinersAreInsertedAtRandom(t *testing.T) {
	source := random.New(23)
	var places [6]int
	for range 6000 {
		o := probeOrder{list: []slot{1, 2, 3, 4, 5}, at: 2}
		o.insert(6, source)
		if next := o.list[o.at]; next != 3 && next != 6 {
			t.Fatalf("3 was next, and now it is %d", next)
		}
		for place, s := range o.list {
			if s == 6 {
				places[place]++
			}
		}
	}
	for place, times := range places {
		if times < 850 || times > 1150 {
			t.Errorf("place %d was drawn %d times of 6000", place, times)
		}
	}
}

func claimsOf(msg message) []wireClaim {
	var claims []wireClaim
	for r := wire.NewReader(msg.claims); r.Len() > 0; {
		claims = append(claims, readClaim(&r))
	}
	return claims
}
