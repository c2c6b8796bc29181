package netsim

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// A Scheduler is the event queue that a network lives in.
type Scheduler interface {
	// Now returns the virtual time.
	Now() time.Duration
	// Schedule keeps d and gives it to Deliver at the given time, which is not before Now. Of deliveries for the
	// same time, the one that was scheduled first comes first.
	Schedule(at time.Duration, d Delivery)
}

// A Network is a set of hosts, the links between them and their streams. It is not safe for concurrent use.
type Network struct {
	scheduler Scheduler
	seed      uint64
	profile   Profile       // of every link that has none of its own
	streams   StreamProfile // of every stream

	sockets   []socket  // every address that was ever attached
	hosts     []*host   // every IP address that was ever seen, by index
	directory directory // index of the socket of an address, or of the host of an IP address with port 0

	occurrences    []occurrence // what is under way; a Delivery is an index
	pending        int          // of those: in use
	freeOccurrence uint32       // first of the list of free ones, 0 if none
	connections    []connection
	freeConnection int32 // first of the list of free ones, -1 if none

	conditions    []imposed // in the order in which they were imposed
	nextCondition ConditionID
	exempt        hostSet // links among these are free of conditions

	counters Counters
}

// Counters says what has happened on a network so far.
type Counters struct {
	Datagrams   uint64 // sent
	Lost        uint64 // of those: lost to a rate of loss, a full queue or a cut
	Duplicated  uint64 // of those: arrived twice
	Reordered   uint64 // of those: allowed to be overtaken
	Corrupted   uint64 // of those: arrived with flipped bits
	Undelivered uint64 // of those: nobody listened where they arrived
	Streams     uint64 // opens begun
	Resets      uint64 // streams that ended otherwise than by a close in order or a refusal
}

// A host is one IP address.
type host struct {
	address   netip.Addr
	index     int32
	links     []*link // to the host of each index, nil if not used yet
	silent    bool    // it is without power: it does not even refuse
	ephemeral uint16  // port of the latest stream that it opened
}

// A socket is one address. It outlives the endpoints that are attached to it one after another.
type socket struct {
	address  transport.Address
	host     int32
	endpoint *Endpoint // nil: nobody listens
}

// New returns a network without hosts. All its randomness comes from the seed.
func New(s Scheduler, seed uint64) *Network {
	return &Network{
		scheduler: s, seed: seed, profile: DefaultProfile(), streams: DefaultStreamProfile(),
		occurrences:    make([]occurrence, 1), // number 0 means none
		freeConnection: -1,
	}
}

// SetProfile changes how every link behaves that has no profile of its own.
func (n *Network) SetProfile(p Profile) {
	n.profile = p
	for _, h := range n.hosts {
		for _, l := range h.links {
			if l != nil && !l.own {
				n.settle(l, p)
			}
		}
	}
}

// SetLink changes how the link from one host to another behaves, in that direction.
func (n *Network) SetLink(from, to netip.Addr, p Profile) {
	l := n.link(n.host(from).index, n.host(to).index)
	l.own = true
	n.settle(l, p)
}

// SetStreams changes how streams behave from now on.
func (n *Network) SetStreams(p StreamProfile) { n.streams = p }

// Pending returns how many deliveries were scheduled and not given back yet. Those that a clogged link holds count.
func (n *Network) Pending() int { return n.pending }

// Counters returns what has happened so far.
func (n *Network) Counters() Counters { return n.counters }

// Host returns the index of the host of an IP address, as Arrive returns it. Indexes are given from 0 in the order
// in which addresses are first seen, here or by Attach.
func (n *Network) Host(address netip.Addr) int { return int(n.host(address).index) }

// Attach makes a receiver listen at an address, which must be free, until the endpoint is closed.
func (n *Network) Attach(address transport.Address, r transport.Receiver) *Endpoint {
	if !address.IsValid() || address.Port() == 0 || r == nil {
		panic(fmt.Sprintf("netsim: cannot attach %v", address))
	}
	number := n.directory.find(address)
	if number < 0 {
		number = int32(len(n.sockets))
		n.sockets = append(n.sockets, socket{address: address, host: n.host(address.Addr()).index})
		n.directory.add(address, number)
	}
	s := &n.sockets[number]
	if s.endpoint != nil {
		panic(fmt.Sprintf("netsim: %v is in use", address))
	}
	s.endpoint = &Endpoint{network: n, address: address, socket: number, host: s.host, receiver: r}
	return s.endpoint
}

// host returns the host of an IP address, a new one if it was never seen.
func (n *Network) host(address netip.Addr) *host {
	key := netip.AddrPortFrom(address, 0)
	if number := n.directory.find(key); number >= 0 {
		return n.hosts[number]
	}
	h := &host{address: address, index: int32(len(n.hosts)), ephemeral: firstEphemeral}
	n.hosts = append(n.hosts, h)
	n.directory.add(key, h.index)
	return h
}

// Crash takes all endpoints of a host away, without a word to their receivers. If the host is silent from now on, as
// without power, peers find out only by themselves; otherwise its operating system resets its streams.
// Deliveries for this host that have arrived and were not received yet must be discarded.
func (n *Network) Crash(address netip.Addr, silent bool) {
	h := n.host(address)
	h.silent = silent
	for i := range n.sockets {
		if s := &n.sockets[i]; s.host == h.index && s.endpoint != nil {
			s.endpoint.closed = true
			s.endpoint = nil
		}
	}
	n.abandonStreams(h.index, silent)
}

// PowerOn ends the silence of a host.
func (n *Network) PowerOn(address netip.Addr) { n.host(address).silent = false }
