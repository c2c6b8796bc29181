package netsim

import (
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// A Delivery is something that the network does at a later time. The owner of the event queue keeps it and gives
// it back, once, when it is due.
type Delivery struct{ slot uint32 }

// A Scheduler is the event queue that the network lives in.
type Scheduler interface {
	Now() time.Duration
	// Schedule keeps d until the given time, not before Now, and then gives it to Deliver. Of deliveries
	// for the same time, the one scheduled first is delivered first.
	Schedule(at time.Duration, d Delivery)
}

// A Profile says how a link behaves while nothing is wrong with it. Rates are in parts per million.
type Profile struct {
	Latency      time.Duration // least time that a packet takes
	Jitter       time.Duration // mean of what comes on top of it, exponentially distributed
	Loss         int           // rate of packets that are lost
	Duplicate    int           // rate of datagrams that arrive twice
	Reorder      int           // rate of datagrams that later ones overtake
	ReorderDelay time.Duration // at most this much later
	Corrupt      int           // rate of datagrams in which bits flip
	Bandwidth    int64         // bytes per second; 0: without limit
}

// DefaultProfile returns a link of a data centre: 200 µs and a tail, nothing lost.
func DefaultProfile() Profile {
	return Profile{Latency: 200 * time.Microsecond, Jitter: 50 * time.Microsecond, ReorderDelay: time.Millisecond}
}

// A Network is the hosts, their links and the streams between them.
type Network struct{}

// New returns a network without hosts.
func New(s Scheduler, seed uint64) *Network { return &Network{} }

// Attach puts a receiver at an address.
func (n *Network) Attach(addr transport.Address, r transport.Receiver) *Endpoint { return nil }

// Deliver carries out what was scheduled.
func (n *Network) Deliver(d Delivery) {}

// Cut lets nothing pass from one host to another.
func (n *Network) Cut(from, to netip.Addr) {}

// An Endpoint is a transport.Bus of the network.
type Endpoint struct{ transport.Bus }
