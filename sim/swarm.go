package sim

import (
	"cmp"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/random"
)

// A FaultMix says which faults may come, and how often. Each seed draws its own mix from it: some classes never come, and
// the others come more or less often. Rare paths get their chance because many seeds switch the common faults
// off (Groce et al., "Swarm testing", ISSTA 2012).
type FaultMix []FaultClass

// A FaultClass is one kind of fault in a mix.
type FaultClass struct {
	Kind     FaultKind
	On       int           // parts per million of the seeds in which the class comes at all
	Every    time.Duration // mean time between two of its faults; a seed makes it up to four times shorter or longer
	Shortest time.Duration // a fault lasts at least this long
	Longest  time.Duration // and at most this long
	Least    int64         // its amount is at least this
	Most     int64         // and at most this
}

// FaultTargets says what the faults of a mix may concern.
type FaultTargets struct {
	Hosts []string      // whose links, clocks, disks and processes may be hit
	From  time.Duration // no fault begins before
	Until time.Duration // or after
	// Allow decides whether a fault may come, given the faults that are active at some time while it is; it may say
	// which hosts may be down together. It is asked in the order in which faults begin. Nil allows all.
	Allow func(f Fault, meanwhile []Fault) bool
	// Recovery is how long after its end a fault still counts as active for Allow, as a host that has started
	// needs time to catch up.
	Recovery time.Duration
}

// DefaultFaultMix is a mix of everything that a protocol for a partially synchronous network with crashes and
// recoveries should bear. Faults that destroy what was durable (wipe, bit rot, lying syncs) and clocks beyond
// common bounds are left to the caller, who knows what is promised then.
func DefaultFaultMix() FaultMix {
	const half, some = million / 2, million / 4
	ms, s := time.Millisecond, time.Second
	return FaultMix{
		{Kind: FaultPartition, On: half, Every: 10 * s, Shortest: 100 * ms, Longest: 8 * s},
		{Kind: FaultPartitionOneWay, On: half, Every: 15 * s, Shortest: 100 * ms, Longest: 8 * s},
		{Kind: FaultClog, On: half, Every: 10 * s, Shortest: 10 * ms, Longest: 3 * s},
		{Kind: FaultLoss, On: half, Every: 5 * s, Shortest: s, Longest: 10 * s, Least: 1_000, Most: 300_000},
		{Kind: FaultDelay, On: half, Every: 5 * s, Shortest: s, Longest: 10 * s, Least: int64(ms), Most: int64(300 * ms)},
		{Kind: FaultDuplicate, On: half, Every: 5 * s, Shortest: s, Longest: 10 * s, Least: 1_000, Most: 500_000},
		{Kind: FaultReorder, On: half, Every: 5 * s, Shortest: s, Longest: 10 * s, Least: 1_000, Most: 500_000},
		{Kind: FaultCorrupt, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s, Least: 100, Most: 50_000},
		{Kind: FaultThrottle, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s, Least: 10_000, Most: 10_000_000},
		{Kind: FaultReset, On: half, Every: 5 * s},
		{Kind: FaultPause, On: half, Every: 10 * s, Shortest: 10 * ms, Longest: 10 * s},
		{Kind: FaultCrash, On: half, Every: 10 * s, Shortest: 10 * ms, Longest: 10 * s},
		{Kind: FaultKill, On: half, Every: 10 * s, Shortest: 10 * ms, Longest: 3 * s},
		{Kind: FaultUpgrade, On: some, Every: 20 * s, Shortest: 10 * ms, Longest: 3 * s, Least: 1, Most: 4},
		{Kind: FaultRestart, On: some, Every: 10 * s},
		{Kind: FaultSlow, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s, Least: 10_000, Most: int64(20 * ms)},
		{Kind: FaultDrift, On: some, Every: 10 * s, Shortest: s, Longest: 30 * s, Least: -200, Most: 200},
		{Kind: FaultWallJump, On: some, Every: 20 * s, Shortest: s, Longest: 30 * s, Least: -int64(10 * s), Most: int64(10 * s)},
		{Kind: FaultDiskSlow, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s, Least: 2, Most: 200},
		{Kind: FaultDiskFull, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s},
		{Kind: FaultDiskReadError, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s, Least: 10_000, Most: million},
		{Kind: FaultDiskWriteError, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s, Least: 10_000, Most: million},
		{Kind: FaultDiskSyncError, On: some, Every: 10 * s, Shortest: s, Longest: 10 * s, Least: 10_000, Most: million},
	}
}

// Without returns the mix without some kinds.
func (m FaultMix) Without(kinds ...FaultKind) FaultMix {
	return slices.DeleteFunc(slices.Clone(m), func(c FaultClass) bool { return slices.Contains(kinds, c.Kind) })
}

// Draw returns the faults that the seed gives, ordered by time. Every class draws from a random stream of its own: to
// take one out of a mix changes nothing about the others, but for what Allow makes of them.
func (m FaultMix) Draw(seed uint64, targets FaultTargets) []Fault {
	var candidates []Fault
	if len(targets.Hosts) == 0 {
		return nil
	}
	for _, class := range m {
		candidates = append(candidates, class.draw(seed, targets)...)
	}
	slices.SortStableFunc(candidates, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	if targets.Allow == nil {
		return candidates
	}
	var kept []Fault
	for _, f := range candidates {
		var meanwhile []Fault
		for _, other := range kept {
			if other.For == 0 || other.At+other.For+targets.Recovery > f.At {
				meanwhile = append(meanwhile, other)
			}
		}
		if targets.Allow(f, meanwhile) {
			kept = append(kept, f)
		}
	}
	return kept
}

func (c FaultClass) draw(seed uint64, targets FaultTargets) []Fault {
	source := random.Derive(seed, "faults/"+c.Kind.String())
	on := source.Chance(c.On)
	every := c.Every / 4 << source.Between(0, 4)
	if !on || every <= 0 {
		return nil
	}
	var faults []Fault
	for at := targets.From + source.Exponential(every); at < targets.Until; at += source.Exponential(every) {
		f := Fault{At: at, Kind: c.Kind, Amount: source.Between(c.Least, c.Most)}
		if !c.Kind.Instant() {
			f.For = max(source.Duration(c.Shortest, c.Longest), 1)
		}
		f.Hosts, f.Peers = c.aim(source, targets.Hosts)
		faults = append(faults, f)
	}
	return faults
}

// aim draws whom a fault hits: one host, or for faults of the network one host, one side of a division of all hosts,
// the links between two disjoint groups, or all links.
func (c FaultClass) aim(source *random.Stream, names []string) (hosts, peers []string) {
	order := slices.Clone(names)
	source.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	if !c.Kind.Network() || len(order) == 1 {
		return order[:1], nil
	}
	first := int(source.Between(1, int64(len(order)-1)))
	second := int(source.Between(1, int64(len(order)-first)))
	switch source.IntN(4) {
	case 0:
		return order[:1], nil
	case 1:
		return sorted(order[:first]), nil
	case 2:
		return sorted(order[:first]), sorted(order[first : first+second])
	}
	if c.Kind == FaultPartition || c.Kind == FaultPartitionOneWay || c.Kind == FaultClog {
		return sorted(order[:first]), nil // to divide everybody from everybody is seldom of interest
	}
	return slices.Clone(names), slices.Clone(names)
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// AtMostStopped returns a rule for FaultTargets.Allow: of the named hosts no more than limit are down or paused at a time,
// and of the others any number. No names stands for all hosts.
func AtMostStopped(limit int, names ...string) func(f Fault, meanwhile []Fault) bool {
	counts := func(name string) bool { return len(names) == 0 || slices.Contains(names, name) }
	stops := func(f Fault) bool { return f.Kind.Down() || f.Kind == FaultPause }
	return func(f Fault, meanwhile []Fault) bool {
		if !stops(f) {
			return true
		}
		var stopped []string
		for _, other := range append(slices.Clone(meanwhile), f) {
			if !stops(other) {
				continue
			}
			for _, name := range other.Hosts {
				if counts(name) && !slices.Contains(stopped, name) {
					stopped = append(stopped, name)
				}
			}
		}
		return len(stopped) <= limit
	}
}
