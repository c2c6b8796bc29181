package gossip

import (
	"fmt"
	"time"

	"github.com/ember-cluster/ember/core/wire"
)

// Bounds of what a configuration may ask for. They size arrays and keep the arithmetic of timeouts far from overflow.
const (
	maxIndirectProbes = 16
	maxConfirmations  = 7
	maxSends          = 250 // of one rumour
	maxGossipNodes    = 64
	maxMultiplier     = 100
	maxRelays         = 4096
	maxInterval       = time.Hour

	// minPayload leaves room for the largest header, an accusation and a rumour, so that a message always makes
	// progress.
	minPayload = maxHeaderSize + 2*maxClaimSize
	_          = uint(256 - minPayload)
)

// Config holds the parameters of the two papers under their names there, and those of memberlist, the implementation
// that the Lifeguard paper measures, for what the papers leave open. All members of a group should use the same.
type Config struct {
	// ProbeInterval is SWIM's protocol period T', Lifeguard's BaseProbeInterval: one member is probed in each.
	ProbeInterval time.Duration
	// ProbeTimeout is how long a direct ping may go unanswered, Lifeguard's BaseProbeTimeout. The rest of the
	// interval is left to the indirect probes.
	ProbeTimeout time.Duration
	// IndirectProbes is SWIM's k: how many members are asked to ping one that did not answer.
	IndirectProbes int
	// ReliableFallback adds a ping over a stream to the indirect probes, for networks that drop datagrams only.
	ReliableFallback bool

	// Lambda is SWIM's λ: a rumour is sent λ·⌈log10(n+1)⌉ times by each member that learns it.
	Lambda int

	// Alpha scales the least suspicion timeout: Min = α·log10(n)·ProbeInterval.
	Alpha int
	// Beta scales the largest: Max = β·Min. It is what a suspicion gets that nobody else confirms. Used with
	// LHASuspicion.
	Beta int
	// SuspicionConfirmations is Lifeguard's K: so many independent confirmations bring the timeout down to Min.
	SuspicionConfirmations int
	// LocalHealthMax is Lifeguard's S: the local health multiplier counts from 0 to it. Used with LHAProbe.
	LocalHealthMax int

	// LHAProbe, LHASuspicion and Buddy are the three parts of Lifeguard. Without any this is SWIM.
	LHAProbe, LHASuspicion, Buddy bool

	// ForgivePauses goes beyond the papers: a node that notices that it was itself held up (by the scheduler, a
	// snapshot, a debugger) gives those it was about to accuse or to declare dead one more ProbeTimeout, in which
	// what waits in its sockets can be read.
	ForgivePauses bool

	// GossipInterval is the time between two rounds of gossip, which take place only while there is something to
	// tell.
	GossipInterval time.Duration
	// GossipNodes is how many members a round tells.
	GossipNodes int
	// GossipToTheDead is how long a member that was declared dead is still among those told, so that it can refute.
	GossipToTheDead time.Duration
	// PushPullInterval is the time between two exchanges of state with some member in a group of up to 32. It
	// grows with the logarithm of larger ones.
	PushPullInterval time.Duration
	// ReconnectInterval is the time between two attempts to reach some member believed dead.
	ReconnectInterval time.Duration

	// MaxPayload is the largest payload in bytes of a datagram, and of all that is not an exchange of state.
	MaxPayload int
	// MaxStatePayload is the largest payload in bytes of an exchange of state; what does not fit has its turn in the
	// next exchange.
	MaxStatePayload int
	// MaxRelays bounds the indirect probes of others that are under way through this member. A request beyond
	// it is not served, which the requester takes for a lost message.
	MaxRelays int
}

// DefaultConfig is Lifeguard with the parameters of its paper's evaluation, and with ForgivePauses.
func DefaultConfig() Config {
	return Config{
		ProbeInterval:          time.Second,
		ProbeTimeout:           500 * time.Millisecond,
		IndirectProbes:         3,
		ReliableFallback:       true,
		Lambda:                 4,
		Alpha:                  5,
		Beta:                   6,
		SuspicionConfirmations: 3,
		LocalHealthMax:         8,
		LHAProbe:               true,
		LHASuspicion:           true,
		Buddy:                  true,
		ForgivePauses:          true,
		GossipInterval:         200 * time.Millisecond,
		GossipNodes:            3,
		GossipToTheDead:        30 * time.Second,
		PushPullInterval:       30 * time.Second,
		ReconnectInterval:      5 * time.Second,
		MaxPayload:             wire.MaxDatagram - wire.Overhead,
		MaxStatePayload:        32 << 10,
		MaxRelays:              64,
	}
}

// Scaled returns the configuration with all its times multiplied by a fraction, so that their proportions, which the papers are
// about, stay as they are. What scales with the size of the group goes on doing so. No time becomes longer than an hour.
func (c Config) Scaled(numerator, denominator int64) Config {
	for _, interval := range []*time.Duration{
		&c.ProbeInterval, &c.ProbeTimeout, &c.GossipInterval, &c.GossipToTheDead, &c.PushPullInterval, &c.ReconnectInterval,
	} {
		*interval = min(*interval*time.Duration(numerator)/time.Duration(denominator), time.Hour)
	}
	return c
}

// Variant is one of the five configurations that the Lifeguard paper compares.
type Variant uint8

const (
	SWIM Variant = iota
	LHAProbe
	LHASuspicion
	Buddy
	Lifeguard
)

// Variants lists all variants in the order of the paper's tables.
var Variants = [...]Variant{SWIM, LHAProbe, LHASuspicion, Buddy, Lifeguard}

// String returns the variant's name in the paper's tables.
func (v Variant) String() string {
	switch v {
	case SWIM:
		return "SWIM"
	case LHAProbe:
		return "LHA-Probe"
	case LHASuspicion:
		return "LHA-Suspicion"
	case Buddy:
		return "Buddy"
	case Lifeguard:
		return "Lifeguard"
	}
	return fmt.Sprintf("Variant(%d)", uint8(v))
}

// With returns the configuration with just those parts of Lifeguard switched on that the variant has, and without
// what neither paper has.
func (c Config) With(v Variant) Config {
	c.LHAProbe = v == LHAProbe || v == Lifeguard
	c.LHASuspicion = v == LHASuspicion || v == Lifeguard
	c.Buddy = v == Buddy || v == Lifeguard
	c.ForgivePauses = false
	return c
}

// Validate returns an error that names the first parameter out of its bounds.
func (c Config) Validate() error {
	for _, p := range []struct {
		name            string
		value, low, top int64
	}{
		{"ProbeInterval", int64(c.ProbeInterval), int64(time.Millisecond), int64(maxInterval)},
		{"ProbeTimeout", int64(c.ProbeTimeout), 1, int64(c.ProbeInterval) - 1},
		{"IndirectProbes", int64(c.IndirectProbes), 0, maxIndirectProbes},
		{"Lambda", int64(c.Lambda), 1, maxMultiplier},
		{"Alpha", int64(c.Alpha), 1, maxMultiplier},
		{"Beta", int64(c.Beta), 1, maxMultiplier},
		{"SuspicionConfirmations", int64(c.SuspicionConfirmations), 0, maxConfirmations},
		{"LocalHealthMax", int64(c.LocalHealthMax), 0, maxMultiplier},
		{"GossipInterval", int64(c.GossipInterval), int64(time.Millisecond), int64(maxInterval)},
		{"GossipNodes", int64(c.GossipNodes), 1, maxGossipNodes},
		{"GossipToTheDead", int64(c.GossipToTheDead), 0, int64(maxInterval)},
		{"PushPullInterval", int64(c.PushPullInterval), int64(time.Millisecond), int64(maxInterval)},
		{"ReconnectInterval", int64(c.ReconnectInterval), int64(time.Millisecond), int64(maxInterval)},
		{"MaxPayload", int64(c.MaxPayload), int64(minPayload), wire.MaxDatagram - wire.Overhead},
		{"MaxStatePayload", int64(c.MaxStatePayload), int64(minPayload), wire.MaxFrame - wire.Overhead},
		{"MaxRelays", int64(c.MaxRelays), 1, maxRelays},
	} {
		if p.value < p.low || p.value > p.top {
			return fmt.Errorf("gossip: %s is %d, not between %d and %d", p.name, p.value, p.low, p.top)
		}
	}
	return nil
}
