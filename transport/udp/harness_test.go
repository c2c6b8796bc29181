package udp_test

import (
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/transporttest"
	"github.com/ember-cluster/ember/transport/udp"
)

// A harness is the loopback interface. Its lock is held during every call of a receiver, and while a condition
// looks at what the receivers were told.
type harness struct {
	t       *testing.T
	address netip.Addr
	options udp.Options

	mutex   sync.Mutex
	changed *sync.Cond
}

func newHarness(t *testing.T, address string) *harness {
	h := &harness{t: t, address: netip.MustParseAddr(address)}
	h.changed = sync.NewCond(&h.mutex)
	return h
}

func (h *harness) NewBus(receiver transport.Receiver) transport.Bus {
	return h.listen(receiver)
}

func (h *harness) listen(receiver transport.Receiver) *udp.Bus {
	h.t.Helper()
	bus, err := udp.Listen(netip.AddrPortFrom(h.address, 0), locked{h, receiver}, h.options)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			h.t.Error(err)
		}
	})
	return bus
}

// Run waits for as long as the test may run.
func (h *harness) Run(until func() bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for !until() {
		h.changed.Wait()
	}
}

// Unreachable returns the port of a service that is nowhere offered any more.
func (h *harness) Unreachable() transport.Address {
	return netip.AddrPortFrom(h.address, 1)
}

// locked calls a receiver under the harness's lock.
type locked struct {
	*harness
	receiver transport.Receiver
}

func (l locked) call(f func()) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	f()
	l.changed.Broadcast()
}

func (l locked) Datagram(from transport.Address, data []byte) {
	l.call(func() { l.receiver.Datagram(from, data) })
}

func (l locked) StreamOpened(id transport.StreamID, peer transport.Address, inbound bool) {
	l.call(func() { l.receiver.StreamOpened(id, peer, inbound) })
}

func (l locked) StreamData(id transport.StreamID, data []byte) {
	l.call(func() { l.receiver.StreamData(id, data) })
}

func (l locked) StreamClosed(id transport.StreamID, reason error) {
	l.call(func() { l.receiver.StreamClosed(id, reason) })
}

// loopbacks are the loopback addresses of this machine: that of IPv6 only where there is IPv6.
func loopbacks() []string {
	addresses := []string{"127.0.0.1"}
	if listener, err := net.Listen("tcp", "[::1]:0"); err == nil {
		listener.Close()
		addresses = append(addresses, "::1")
	}
	return addresses
}

func TestContract(t *testing.T) {
	for _, address := range loopbacks() {
		t.Run(address, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transporttest.Harness { return newHarness(t, address) })
		})
	}
}
