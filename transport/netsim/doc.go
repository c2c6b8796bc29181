// Package netsim is a simulated network: transport.Bus for hosts that live in virtual time.
//
// Hosts are told apart by IP address. Every ordered pair of hosts is a link with a latency, a bandwidth and rates
// of loss, duplication, reordering and corruption (Profile), and whatever goes wrong with it for the moment
// (Condition). A link draws from a random stream of its own, "net/10.0.0.1→10.0.0.2", made when it is first
// used, so that traffic on one link never moves the fate of packets on another. From a host to itself
// everything arrives, quickly.
//
// The network has no clock and no queue. It lives in the event queue of a Scheduler, which gives back each
// Delivery when it is due:
//
//	SendDatagram ──► link: lost? twice? how long? ──► Schedule(at, delivery)
//	                                                        │  virtual time passes
//	Receiver.Datagram ◄── Receive ◄── Arrive: cut? clogged? ◄┘
//
// Arrive is what happens on the wire and in the operating system of the receiving host, Receive is what its process
// sees. Deliver does both. A simulator that pauses a process keeps what has arrived and lets it be received later.
//
// # Streams
//
// A stream is modelled as its users see TCP, not packet by packet:
//
//   - Bytes arrive in order. The reader gets them split and joined at random.
//   - A segment that is lost, to a rate of loss or to a cut, is sent again after RetransmitAfter, then twice that,
//     and so on, or soon if others have followed it; what was sent behind it waits. When that has lasted for
//     ResetAfter, the sender gives up. So it does when its bytes arrive and no acknowledgement comes back.
//   - A clogged link delays and breaks nothing, however long it is clogged.
//   - What waits for a slow link goes at the link's new speed as soon as that changes.
//   - A side whose peer has silently gone finds out when it sends (the restarted peer resets the stream), or after
//     ResetAfter, as with keep-alive probes.
//   - A reset loses what was in flight in both directions. Each side that is alive is told exactly once.
//   - There is no flow control: a sender is never blocked. When StreamBuffer bytes wait, the stream is closed.
//   - Bits flipped on the way are found by TCP's checksum and count as loss.
package netsim
