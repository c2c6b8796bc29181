package scenarios

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// The parameters of the experiments: Lifeguard, section V.
var (
	anomalousCounts = []int{1, 4, 8, 12, 16, 20, 24, 28, 32} // C, of publishedMembers
	anomalyLengths  = milliseconds(128, 512, 2048, 8192, 16384, 32768)
	anomalyGaps     = milliseconds(1, 4, 16, 64, 256, 1024, 4096, 16384)
	// Shorter anomalies than these pass before a suspicion does, and nothing is detected.
	detectableLengths = milliseconds(16384, 32768)
)

const (
	quiesce        = 15 * time.Second  // from the start of the members to the first anomaly
	experimentTime = 120 * time.Second // from there to the end of the experiment

	// In the contrast experiment suspicions run out within each anomaly, and there is hardly any time to hear of a
	// refutation.
	contrastLength = 16384 * time.Millisecond
	contrastGap    = 4 * time.Millisecond
)

func milliseconds(values ...int) []time.Duration {
	durations := make([]time.Duration, len(values))
	for i, value := range values {
		durations[i] = time.Duration(value) * time.Millisecond
	}
	return durations
}

// experiment says how the anomalies of a cell follow one another.
type experiment uint8

const (
	interval  experiment = iota // the paper's: again and again for experimentTime
	threshold                   // the paper's: once
	silence                     // once, for longer than any failure detector may need: for the check of completeness
	contrast                    // again and again, with parameters that SWIM is sure to have false positives with
	experiments
)

var experimentNames = [experiments]string{"Interval", "Threshold", "silence", "contrast"}

func (e experiment) String() string { return experimentNames[e] }

// repeats reports whether there is more than one anomaly.
func (e experiment) repeats() bool { return e == interval || e == contrast }

// cell is one point of the space of parameters. Every variant is tried on the same cells, with the same seeds.
type cell struct {
	experiment experiment
	seed       uint64
	members    int           // n
	anomalous  int           // C: how many members are anomalous
	length     time.Duration // D: how long an anomaly lasts
	gap        time.Duration // I: from its end to the next one, if they repeat
}

func (c cell) String() string {
	text := fmt.Sprintf("%v experiment, n=%d C=%d D=%v", c.experiment, c.members, c.anomalous, c.length)
	if c.experiment.repeats() {
		text += fmt.Sprintf(" I=%v", c.gap)
	}
	return fmt.Sprintf("%s, seed %d", text, c.seed)
}

// anomalies returns how many anomalies there are: with gaps in between, they go on until the experiment's time is over.
func (c cell) anomalies() int {
	if !c.experiment.repeats() {
		return 1
	}
	period := c.length + c.gap
	return int((experimentTime + period - 1) / period)
}

// end returns when the last anomaly ends.
func (c cell) end() time.Duration {
	return quiesce + time.Duration(c.anomalies()-1)*(c.length+c.gap) + c.length
}

// anomalyAt returns when the anomaly ends that lasts at an instant, 0 if there is none.
func (c cell) anomalyAt(now time.Duration) (until time.Duration) {
	if now < quiesce || now >= c.end() {
		return 0
	}
	begin := now - (now-quiesce)%(c.length+c.gap)
	if now >= begin+c.length {
		return 0
	}
	return begin + c.length
}

// drawCells draws so many cells of the Interval experiment, half as many of the Threshold experiment, and a few for
// checks.
func drawCells(seed uint64, members, intervals int) []cell {
	scaled := func(count int) int { return max(count*members/publishedMembers, 1) }
	var cells []cell
	add := func(e experiment, count int, draw func(c *cell)) {
		source := random.Derive(seed, "detection/"+e.String())
		for range count {
			c := cell{experiment: e, seed: source.Uint64(), members: members}
			draw(&c)
			cells = append(cells, c)
		}
	}
	source := random.Derive(seed, "detection")
	counts, lengths := deck{source: source}, deck{source: source}
	add(silence, 1+intervals/36, func(c *cell) {
		c.anomalous, c.length = scaled(anomalousCounts[counts.draw(len(anomalousCounts))]), detectionBound(members)+time.Second
	})
	add(contrast, max(publishedMembers/members, 1), func(c *cell) { // several of small groups, which leave more to chance
		c.anomalous, c.length, c.gap = members/4, contrastLength, contrastGap
	})
	add(threshold, (intervals+1)/2, func(c *cell) {
		c.anomalous = scaled(anomalousCounts[counts.draw(len(anomalousCounts))])
		c.length = detectableLengths[lengths.draw(len(detectableLengths))]
	})
	strata := newStrata(source)
	add(interval, intervals, func(c *cell) {
		strata.draw(c)
		c.anomalous = scaled(c.anomalous)
	})
	return cells
}

// strata draws the parameters of the Interval experiment. Each value comes as often as any other, so an average over
// the sample is an unbiased estimate of that over all cells. As most false positives come from few cells, with long
// anomalies of many members and short gaps, parameters are drawn jointly: with each length come the lower, the middle
// and the upper third of the numbers of members equally often, and so does each gap.
type strata struct {
	pairs  deck    // of a length and a third
	counts [3]deck // of each third
	gaps   []deck  // of each length
}

func newStrata(source *random.Stream) *strata {
	s := &strata{pairs: deck{source: source}, gaps: make([]deck, len(anomalyLengths))}
	for i := range s.counts {
		s.counts[i].source = source
	}
	for i := range s.gaps {
		s.gaps[i].source = source
	}
	return s
}

func (s *strata) draw(c *cell) {
	third := len(anomalousCounts) / len(s.counts)
	pair := s.pairs.draw(len(s.counts) * len(anomalyLengths))
	length, part := pair/len(s.counts), pair%len(s.counts)
	c.length = anomalyLengths[length]
	c.anomalous = anomalousCounts[part*third+s.counts[part].draw(third)]
	c.gap = anomalyGaps[s.gaps[length].draw(len(anomalyGaps))]
}

// deck draws without putting back, and is shuffled anew when it is empty.
type deck struct {
	source *random.Stream
	cards  []int
}

func (d *deck) draw(size int) int {
	if len(d.cards) == 0 {
		for i := range size {
			d.cards = append(d.cards, i)
		}
		d.source.Shuffle(size, func(i, j int) { d.cards[i], d.cards[j] = d.cards[j], d.cards[i] })
	}
	card := d.cards[len(d.cards)-1]
	d.cards = d.cards[:len(d.cards)-1]
	return card
}
