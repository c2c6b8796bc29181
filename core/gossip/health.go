package gossip

import "strconv"

// Health is what a member is believed to be. The order matters: of two claims about the same incarnation the greater
// one is believed.
type Health uint8

const (
	Unknown Health = iota // not a member
	Alive                 // answers, or has not been found silent
	Suspect               // was silent, and has not refuted so far
	Dead                  // was silent, and did not refute in time: SWIM's Confirm
	Left                  // said goodbye
)

func (h Health) String() string {
	switch h {
	case Unknown:
		return "unknown"
	case Alive:
		return "alive"
	case Suspect:
		return "suspect"
	case Dead:
		return "dead"
	case Left:
		return "left"
	}
	return "health " + strconv.Itoa(int(h))
}

// supersedes reports whether a claim of some health and incarnation is believed over what is held. It is a total
// order, so members that have heard the same claims believe the same, in whichever order they heard them. For claims
// about the living it is exactly SWIM's (section 4.2):
//
//	Alive(i)   over Alive(j), Suspect(j)   if i > j
//	Suspect(i) over Suspect(j)             if i > j
//	Suspect(i) over Alive(j)               if i >= j
//
// SWIM's Confirm is final, since there the dead are forgotten and come back under another name. Here they stay
// members, so Dead(i) is over Alive(j) and Suspect(j) if i >= j, and only a higher incarnation is over it, which the
// subject alone can reach: by refuting, as after a partition, or by its restart. Left(i) is over Dead(i), for the
// word of the subject itself explains its silence.
func supersedes(claimed Health, i uint64, held Health, j uint64) bool {
	return i > j || i == j && claimed > held
}
