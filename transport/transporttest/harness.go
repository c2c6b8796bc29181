package transporttest

import "github.com/ember-cluster/ember/transport"

// A Harness is a network without losses, made for one test and cleaned up with it.
type Harness interface {
	// NewBus attaches a bus, at an address of its own, that reports to the receiver. Within one harness the calls of
	// all receivers, and of Run's conditions, come one at a time.
	NewBus(receiver transport.Receiver) transport.Bus
	// Run lets the network work until the condition holds. It fails the test if that cannot come about any more,
	// as far as the implementation can tell.
	Run(until func() bool)
	// Unreachable returns an address at which no bus listens and where a stream is refused.
	Unreachable() transport.Address
}
