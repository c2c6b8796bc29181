package udp

import (
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"github.com/ember-cluster/ember/transport"
)

// A receiver that forgets what it is told.
type deaf struct{}

func (deaf) Datagram(transport.Address, []byte)                       {}
func (deaf) StreamOpened(transport.StreamID, transport.Address, bool) {}
func (deaf) StreamData(transport.StreamID, []byte)                    {}
func (deaf) StreamClosed(transport.StreamID, error)                   {}

func listen(t *testing.T, receiver transport.Receiver) *Bus {
	t.Helper()
	bus, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"), receiver, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	return bus
}

func TestQueueIsBoundedWhileItIsSent(t *testing.T) {
	s := &stream{bus: &Bus{options: Options{SendQueue: 10}}}
	s.changed = sync.NewCond(&s.mutex)
	if s.enqueue(make([]byte, 6)) || !s.enqueue(make([]byte, 5)) {
		t.Error("the queue takes another number of bytes than 10")
	}
	if data, ok := s.next(nil); len(data) != 6 || !ok {
		t.Errorf("%d bytes to send, want 6", len(data))
	}
	if !s.enqueue(make([]byte, 5)) {
		t.Error("bytes that are being sent do not count")
	}
	if s.enqueue(make([]byte, 4)) {
		t.Error("no room for 4 bytes beside 6")
	}
	if data, _ := s.next(nil); len(data) != 4 || s.enqueue(make([]byte, 6)) {
		t.Error("bytes that were sent count")
	}
}

// A closedAware tells when a stream is closed.
type closedAware struct {
	deaf
	closed chan transport.StreamID
}

func (c closedAware) StreamClosed(id transport.StreamID, _ error) { c.closed <- id }

func TestClosedStreamsAreForgotten(t *testing.T) {
	receiver := closedAware{closed: make(chan transport.StreamID, 1)}
	bus := listen(t, receiver)
	for range 3 {
		id := bus.OpenStream(netip.MustParseAddrPort("127.0.0.1:1"))
		if closed := <-receiver.closed; closed != id || bus.find(id) != nil {
			t.Errorf("stream %d is closed, and known is %v; want %d forgotten", closed, bus.find(id), id)
		}
	}
}

// A busyReceiver takes its time for a datagram.
type busyReceiver struct {
	deaf
	entered, closing chan struct{}
	finished         *bool
}

func (b busyReceiver) Datagram(transport.Address, []byte) {
	close(b.entered)
	<-b.closing
	for range 10_000 {
		runtime.Gosched()
	}
	*b.finished = true
}

func TestCloseWaitsForTheReceiver(t *testing.T) {
	finished := false
	receiver := busyReceiver{entered: make(chan struct{}), closing: make(chan struct{}), finished: &finished}
	bus := listen(t, receiver)
	listen(t, deaf{}).SendDatagram(bus.LocalAddress(), []byte("work"))
	<-receiver.entered
	close(receiver.closing)
	if err := bus.Close(); err != nil {
		t.Fatal(err)
	}
	if !finished {
		t.Error("Close has returned within a call of the receiver")
	}
}
