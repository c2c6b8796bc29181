package gossip

import "github.com/ember-cluster/ember/core/random"

// probeOrder is SWIM's round-robin (section 4.3): a shuffled list that is walked from end to end and shuffled again
// after each pass. Two probes of the same member are at most 2n-1 periods apart, the first at the start of one pass
// and the second at the end of the next, which turns SWIM's expected time of detection into a bounded one.
type probeOrder struct {
	// Invariant: each member but self once, whatever its health: one who comes back to life keeps its place.
	list []slot
	// at is where the walk goes on. Invariant: 0 <= at <= len(list).
	at int
}

// insert puts a joiner at a random place. If that lies in the part already walked it waits for the next pass, like
// its neighbours there; the cursor moves with them, so nobody is skipped or probed twice because of it.
func (o *probeOrder) insert(s slot, source *random.Stream) {
	place := source.IntN(len(o.list) + 1)
	o.list = append(o.list, 0)
	copy(o.list[place+1:], o.list[place:])
	o.list[place] = s
	if place < o.at {
		o.at++
	}
}

// filter keeps the members that keep says.
func (o *probeOrder) filter(keep func(slot) bool) {
	kept, at := o.list[:0], o.at
	for i, s := range o.list {
		if keep(s) {
			kept = append(kept, s)
		} else if i < o.at {
			at--
		}
	}
	o.list, o.at = kept, at
}

// next returns the next member in order that is wanted, or none if there is none. It looks at each member at most
// twice, and so at n members in a period only where nearly all are dead.
func (o *probeOrder) next(wanted func(slot) bool, source *random.Stream) slot {
	for looked := 0; looked < 2*len(o.list); looked++ {
		if o.at == len(o.list) {
			source.Shuffle(len(o.list), func(i, j int) { o.list[i], o.list[j] = o.list[j], o.list[i] })
			o.at = 0
		}
		s := o.list[o.at]
		o.at++
		if wanted(s) {
			return s
		}
	}
	return none
}
