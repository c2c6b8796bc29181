package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/gossip"
	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/sim"
)

// smallSample is a sample of detection that takes about a second.
func smallSample(seed uint64) Options {
	return Options{Seed: seed, Nodes: 16, Duration: 4 * time.Minute}
}

// A sample is clean, its history repeats, and it shows what was measured of each variant.
func TestDetectionRepeats(t *testing.T) {
	var outcomes []*Outcome
	divergence := sim.Twice(func(journal *sim.Journal) {
		options := smallSample(1)
		options.Journal = journal
		outcome, err := detection.Run(options)
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, outcome)
	})
	if divergence != nil {
		t.Fatal(divergence)
	}
	first, second := outcomes[0], outcomes[1]
	if first.Verdict != sim.OK || first.Hash != second.Hash || first.Events != second.Events || first.VirtualTime != second.VirtualTime {
		t.Errorf("one run: %+v\nthe other: %+v", first.Report, second.Report)
	}
	if !slices.Equal(first.Findings, second.Findings) {
		t.Errorf("one run finds %q, the other %q", first.Findings, second.Findings)
	}
	for _, v := range gossip.Variants {
		if text := strings.Join(first.Findings, "\n"); strings.Count(text, "\n"+v.String()+" ") != 3 {
			t.Errorf("%v is not in all three tables:\n%s", v, text)
		}
	}
	if other, err := detection.Run(smallSample(2)); err != nil || other.Hash == first.Hash {
		t.Errorf("another seed gives the same history, or %v", err)
	}
}

func TestDetectionOptions(t *testing.T) {
	for _, nodes := range []int{1, minMembers - 1, maxMembers + 1} {
		if _, err := detection.Run(Options{Nodes: nodes}); err == nil {
			t.Errorf("%d nodes are accepted", nodes)
		}
	}
}

// In the contrast experiment SWIM has false positives and Lifeguard next to none, whatever the seed and the size: the
// comparison rests on it.
func TestDetectionContrast(t *testing.T) {
	for _, members := range []int{minMembers, 16, 32} {
		for seed := uint64(1); seed <= 3; seed++ {
			cells := drawCells(seed, members, 1)
			c := cells[slices.IndexFunc(cells, func(c cell) bool { return c.experiment == contrast })]
			swim := newTrial(c, newVariant(gossip.SWIM), observer{}).run(nil)
			lifeguard := newTrial(c, newVariant(gossip.Lifeguard), observer{}).run(nil)
			if swim.falsePositives < 2 || lifeguard.falsePositives > swim.falsePositives/4 {
				t.Errorf("%v: SWIM has %d false positives, Lifeguard %d", c, swim.falsePositives, lifeguard.falsePositives)
			}
		}
	}
}

// sabotaged is a detector with a planted bug: each function, if there is one, takes the place of a method's result or
// argument.
type sabotaged struct {
	detector
	hears  func(payload []byte) bool
	sends  func(sends []gossip.Send)
	checks func() error
}

func (s *sabotaged) Receive(now time.Duration, from wire.NodeID, payload []byte, reliable bool) error {
	if s.hears != nil && !s.hears(payload) {
		return nil
	}
	return s.detector.Receive(now, from, payload, reliable)
}

func (s *sabotaged) Take() ([]gossip.Send, []gossip.Change) {
	sends, changes := s.detector.Take()
	if s.sends != nil {
		s.sends(sends)
	}
	return sends, changes
}

func (s *sabotaged) Check() error {
	if s.checks != nil {
		return s.checks()
	}
	return s.detector.Check()
}

// sabotage plants a bug in every machine of a variant.
func sabotage(v gossip.Variant, plant func(s *sabotaged, index int)) variant {
	planted := newVariant(v)
	planted.build = func(config gossip.Config, index int, ids []wire.NodeID, source *random.Stream) detector {
		s := &sabotaged{detector: buildMachine(config, index, ids, source)}
		plant(s, index)
		return s
	}
	return planted
}

// ignored is a detector that does not know of some members, and so never probes them.
type ignored struct{ detector }

func (i ignored) Receive(now time.Duration, from wire.NodeID, payload []byte, reliable bool) error {
	err := i.detector.Receive(now, from, payload, reliable)
	if refused := (*gossip.Error)(nil); errors.As(err, &refused) && refused.Kind == gossip.NotMember {
		return nil
	}
	return err
}

// Each check of the scenario catches the bug that it is there for.
func TestDetectionCatchesPlantedBugs(t *testing.T) {
	swim, lifeguard := newVariant(gossip.SWIM), newVariant(gossip.Lifeguard)
	impatient, patient, unimpressed, proud := lifeguard, swim, lifeguard, lifeguard
	impatient.config.Alpha, impatient.config.Beta = 1, 1
	patient.config.Alpha = 60
	unimpressed.config.Alpha, unimpressed.config.Beta = 30, 1 // the timeout of a suspicion that nobody confirms, for all
	proud.config = swim.config

	unprobed := newVariant(gossip.SWIM)
	unprobed.build = func(config gossip.Config, index int, ids []wire.NodeID, source *random.Stream) detector {
		machine := gossip.New(config, ids[index], 1<<32, source)
		half := slices.DeleteFunc(slices.Clone(ids), func(id wire.NodeID) bool { return (memberIndex(id)+index)%2 == 1 })
		machine.SetMembers(0, half)
		return ignored{machine}
	}
	unrefuting := sabotage(gossip.SWIM, func(s *sabotaged, index int) {
		own := memberID(index).String()[:8] // as Describe shows it
		s.hears = func(payload []byte) bool {
			text := gossip.Describe(payload)
			return !strings.Contains(text, "suspect("+own) && !strings.Contains(text, "dead("+own)
		}
	})
	verbose := sabotage(gossip.SWIM, func(s *sabotaged, _ int) {
		s.sends = func(sends []gossip.Send) {
			for i := range sends {
				sends[i].Payload = append(slices.Clone(sends[i].Payload), make([]byte, wire.MaxDatagram)...)
			}
		}
	})
	garbling := sabotage(gossip.SWIM, func(s *sabotaged, _ int) {
		s.sends = func(sends []gossip.Send) {
			for i := range sends {
				sends[i].Payload = []byte{0xff}
			}
		}
	})
	broken := sabotage(gossip.SWIM, func(s *sabotaged, _ int) {
		s.checks = func() error { return errors.New("an invariant is broken") }
	})
	for _, c := range []struct {
		bug     string
		planted variant
		detail  string
	}{
		{"suspicions run out too soon", impatient, "false positives on the sample"},
		{"Lifeguard does nothing", proud, "false positives on the sample"},
		{"confirmations are ignored", unimpressed, "every healthy member must hold it dead"},
		{"suspicions last too long", patient, "every healthy member must hold it dead"},
		{"some are never probed", unprobed, "every healthy member must hold it dead"},
		{"nobody refutes", unrefuting, "after the last anomaly member-"},
		{"datagrams are too long", verbose, "at most 1400 are allowed"},
		{"messages cannot be read", garbling, "refuses a message"},
		{"an invariant is broken", broken, "an invariant is broken"},
	} {
		variants := []variant{swim, lifeguard}
		variants[slices.IndexFunc(variants, func(v variant) bool { return v.Variant == c.planted.Variant })] = c.planted
		outcome, err := detect(smallSample(1), variants)
		if err != nil {
			t.Fatal(err)
		}
		if outcome.Verdict != sim.Violation || !strings.Contains(outcome.Detail, c.detail) {
			t.Errorf("%s: %s: %s", c.bug, outcome.Verdict, outcome.Detail)
		}
	}
}

// A blocked member sends nothing, and all that it has composed and received meanwhile goes on at the end.
func TestDetectionBlocks(t *testing.T) {
	var trace bytes.Buffer
	c := cell{experiment: interval, seed: 1, members: minMembers, anomalous: 2, length: 8192 * time.Millisecond, gap: 1024 * time.Millisecond}
	trial := newTrial(c, newVariant(gossip.SWIM), observer{trace: &trace})
	trial.run(nil)
	sent, received := 0, 0
	for line := range strings.Lines(trace.String()) {
		var seconds, nanoseconds int64
		var host, action string
		if _, err := fmt.Sscanf(line, "%d.%09d %s %s", &seconds, &nanoseconds, &host, &action); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		at := time.Duration(seconds)*time.Second + time.Duration(nanoseconds)
		index := slices.IndexFunc(trial.ids, func(id wire.NodeID) bool { return memberName(memberIndex(id)) == host })
		if index < 0 || !trial.isAnomalous[index] || c.anomalyAt(at) == 0 {
			continue
		}
		switch begins := c.anomalyAt(at) - c.length; {
		case action == "datagram":
			received++
		case action == "send" && at > begins, action == "open" && at > begins:
			t.Fatalf("sent in an anomaly: %s", line)
		}
	}
	for _, m := range trial.members {
		if len(m.inbox.letters)+len(m.outbox.letters) > 0 || m.until > 0 {
			t.Errorf("%s holds back %d and %d messages until %v", m.host.Name(), len(m.inbox.letters), len(m.outbox.letters), m.until)
		}
		sent += m.host.Boots()
	}
	if received == 0 || sent != c.members {
		t.Errorf("%d messages came to blocked members, %d members started", received, sent)
	}
}

// Anomalies are where a walk from the first to the last finds them.
func TestDetectionAnomalies(t *testing.T) {
	for _, length := range anomalyLengths {
		for _, gap := range anomalyGaps {
			c := cell{experiment: interval, length: length, gap: gap}
			count, last := 0, time.Duration(0)
			for begin := quiesce; begin < quiesce+experimentTime; begin += length + gap {
				count++
				last = begin + length
				for at, want := range map[time.Duration]time.Duration{begin - 1: 0, begin: last, last - 1: last, last: 0} {
					if got := c.anomalyAt(at); got != want {
						t.Fatalf("%v: at %v until %v, want %v", c, at, got, want)
					}
				}
			}
			if c.anomalies() != count || c.end() != last || c.anomalyAt(last+gap) != 0 {
				t.Errorf("%v: %d anomalies until %v, want %d until %v", c, c.anomalies(), c.end(), count, last)
			}
		}
	}
}

// The sample is stratified: each value of a parameter comes equally often, and so does each pair of those drawn
// jointly.
func TestDetectionSampleIsStratified(t *testing.T) {
	counts := map[string]int{}
	for _, c := range drawCells(1, publishedMembers, 144) {
		if c.experiment == interval {
			counts[fmt.Sprint("C ", c.anomalous)]++
			counts[fmt.Sprint("D ", c.length)]++
			counts[fmt.Sprint("I ", c.gap)]++
			counts[fmt.Sprint("third of C, and D ", slices.Index(anomalousCounts, c.anomalous)/3, c.length)]++
			counts[fmt.Sprint("gap and D ", c.gap, c.length)]++
		}
	}
	for value, count := range counts {
		if want := map[byte]int{'C': 16, 'D': 24, 'I': 18, 't': 8, 'g': 3}[value[0]]; count != want {
			t.Errorf("%s comes %d times, want %d", value, count, want)
		}
	}
	if want := 9 + 6 + 8 + 3*6 + 8*6; len(counts) != want {
		t.Errorf("%d values, want %d: %v", len(counts), want, counts)
	}
}

// The bound of a confirmed suspicion is above the paper's formula, and not far.
func TestDetectionSuspicionBound(t *testing.T) {
	for _, members := range []int{8, 10, 11, 100, 128, 500, 1000} {
		want := 5 * max(math.Log10(float64(members)), 1)
		if got := leastSuspicion(members).Seconds(); got < want || got > want+5.0/6 {
			t.Errorf("%d members: %.2f s, the formula gives %.2f s", members, got, want)
		}
	}
}

func TestDetectionPercentiles(t *testing.T) {
	var sample []time.Duration
	for i := range 1000 {
		sample = append(sample, time.Duration(1000-i))
	}
	for thousandths, want := range map[int]time.Duration{500: 500, 990: 990, 999: 999, 1000: 1000} {
		if got := percentile(sample, thousandths); got != want {
			t.Errorf("percentile %d of 1 … 1000 is %d", thousandths, got)
		}
	}
	if percentile(nil, 500) != 0 || percentile([]time.Duration{7}, 999) != 7 {
		t.Error("percentiles of small samples are wrong")
	}
	for want, got := range map[string]string{"78.5": average(339002, 4320, 1), "0.307": average(1326, 4320, 3), "2": average(5, 3, 0)} {
		if got != want {
			t.Errorf("an average is %s, want %s", got, want)
		}
	}
}

// BenchmarkDetection is one run of the Interval experiment with Lifeguard, of about the average number of messages.
func BenchmarkDetection(b *testing.B) {
	c := cell{
		experiment: interval, seed: 1, members: publishedMembers, anomalous: 8,
		length: 2048 * time.Millisecond, gap: 1024 * time.Millisecond,
	}
	messages := int64(0)
	for range b.N {
		m := newTrial(c, newVariant(gossip.Lifeguard), observer{}).run(nil)
		messages += m.messages
	}
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(messages)/float64(b.N), "messages/op")
}
