package udp_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ember-cluster/ember/transport"
	"github.com/ember-cluster/ember/transport/udp"
)

// A log keeps the calls of a receiver as lines of text.
type log struct {
	datagrams []string
	opened    []transport.StreamID
	peers     []transport.Address
	bytes     int
	reasons   []error
	closed    []transport.StreamID
}

func (l *log) Datagram(from transport.Address, data []byte) {
	l.datagrams = append(l.datagrams, fmt.Sprintf("%s %s", from.Addr(), data))
}

func (l *log) StreamOpened(id transport.StreamID, peer transport.Address, _ bool) {
	l.opened, l.peers = append(l.opened, id), append(l.peers, peer)
}

func (l *log) StreamData(_ transport.StreamID, data []byte) { l.bytes += len(data) }

func (l *log) StreamClosed(id transport.StreamID, reason error) {
	l.closed, l.reasons = append(l.closed, id), append(l.reasons, reason)
}

func address(t *testing.T, a net.Addr) transport.Address {
	t.Helper()
	parsed, err := netip.ParseAddrPort(a.String())
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// occupy takes one of the two sockets of a free port, and leaves the other.
func occupy(t *testing.T, protocol string) transport.Address {
	t.Helper()
	for {
		stream, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		packets, err := net.ListenPacket("udp", stream.Addr().String())
		if err != nil {
			stream.Close()
			continue
		}
		if protocol == "TCP" {
			packets.Close()
			t.Cleanup(func() { stream.Close() })
		} else {
			stream.Close()
			t.Cleanup(func() { packets.Close() })
		}
		return address(t, stream.Addr())
	}
}

func TestListenNeedsBothSockets(t *testing.T) {
	for _, protocol := range []string{"TCP", "UDP"} {
		taken := occupy(t, protocol)
		_, err := udp.Listen(taken, &log{}, udp.Options{})
		want := fmt.Sprintf("bus %s: cannot listen on %s: address already in use", taken, protocol)
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// A bus on every interface is reached by IPv4, from addresses that are those of IPv4.
func TestListenOnEveryInterface(t *testing.T) {
	everywhere := []string{"0.0.0.0"}
	if slices.Contains(loopbacks(), "::1") {
		everywhere = append(everywhere, "::")
	}
	for _, listen := range everywhere {
		all, one := newHarness(t, listen), newHarness(t, "127.0.0.1")
		var atAll, atOne log
		wide, narrow := all.listen(&atAll), one.listen(&atOne)
		if !wide.LocalAddress().Addr().IsUnspecified() {
			t.Errorf("%s: local address %s", listen, wide.LocalAddress())
		}
		to := netip.AddrPortFrom(one.address, wide.LocalAddress().Port())
		narrow.SendDatagram(to, []byte("ping"))
		narrow.OpenStream(to)
		all.Run(func() bool { return len(atAll.datagrams) == 1 && len(atAll.opened) == 1 })
		if atAll.datagrams[0] != "127.0.0.1 ping" || atAll.peers[0].Addr() != one.address {
			t.Errorf("%s: got %q and a stream from %s", listen, atAll.datagrams, atAll.peers[0])
		}
		wide.SendDatagram(narrow.LocalAddress(), []byte("back"))
		one.Run(func() bool { return len(atOne.datagrams) == 1 })
	}
}

func TestLongDatagramsAreDropped(t *testing.T) {
	h := newHarness(t, "127.0.0.1")
	var got log
	bus := h.listen(&got)
	peer, err := net.Dial("udp", bus.LocalAddress().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	for _, size := range []int{transport.MaxDatagram + 1, 9000, 4} {
		if _, err := peer.Write(bytes.Repeat([]byte("x"), size)); err != nil {
			t.Fatal(err)
		}
	}
	h.Run(func() bool { return len(got.datagrams) > 0 })
	if got.datagrams[0] != "127.0.0.1 xxxx" || bus.Counters().DatagramsTooLong != 2 {
		t.Errorf("got %q, %+v", got.datagrams, bus.Counters())
	}
}

// What a bus was to send before it was closed arrives: on the loopback interface in order, ahead of what others send later.
func TestCloseSendsWhatWaits(t *testing.T) {
	h := newHarness(t, "127.0.0.1")
	var got log
	to := h.listen(&got).LocalAddress()
	leaving, other := h.listen(&log{}), h.listen(&log{})
	const many = 200
	for range many {
		leaving.SendDatagram(to, []byte("goodbye"))
	}
	if err := leaving.Close(); err != nil {
		t.Fatal(err)
	}
	other.SendDatagram(to, []byte("hello"))
	last := "127.0.0.1 hello"
	h.Run(func() bool { return slices.Contains(got.datagrams, last) })
	if len(got.datagrams) != many+1 || got.datagrams[many] != last {
		t.Errorf("%d datagrams arrived of a bus that was closed, want %d", len(got.datagrams)-1, many)
	}
}

// silentPeer is a TCP server that accepts connections and does not read from them.
func silentPeer(t *testing.T) (transport.Address, <-chan *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan *net.TCPConn, 16)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { connection.Close() })
			accepted <- connection.(*net.TCPConn)
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return address(t, listener.Addr()), accepted
}

func TestSlowPeerLosesItsStream(t *testing.T) {
	h := newHarness(t, "127.0.0.1")
	var got log
	bus := h.listen(&got)
	peer, _ := silentPeer(t)
	slow, other := bus.OpenStream(peer), bus.OpenStream(peer)
	frame, sent := make([]byte, 1<<20), 0
	for bus.Counters().StreamsTooSlow == 0 {
		bus.SendStream(slow, frame)
		sent++
	}
	h.Run(func() bool { return len(got.closed) == 1 })
	if got.closed[0] != slow || got.reasons[0] != transport.ErrTooSlow {
		t.Errorf("closed %v for %v, want %v for %v", got.closed, got.reasons, slow, transport.ErrTooSlow)
	}
	if sent < 3 {
		t.Errorf("closed after %d frames, two must find room", sent)
	}
	bus.SendStream(slow, frame)
	bus.SendStream(other, frame)
	if n := bus.Counters().StreamsTooSlow; n != 1 {
		t.Errorf("%d streams were too slow, want 1", n)
	}
}

func TestCloseGivesUpOnASilentPeer(t *testing.T) {
	h := newHarness(t, "127.0.0.1")
	h.options.CloseTimeout = 30 * time.Millisecond
	var got log
	bus := h.listen(&got)
	peer, _ := silentPeer(t)
	stuck, idle := bus.OpenStream(peer), bus.OpenStream(peer)
	bus.SendStream(stuck, make([]byte, 8<<20))
	h.Run(func() bool { return len(got.opened) == 2 })
	bus.CloseStream(stuck)
	bus.CloseStream(idle)
	bus.CloseStream(bus.OpenStream(peer)) // before it is open
	h.Run(func() bool { return len(got.closed) == 3 })
	for i, reason := range got.reasons {
		if !errors.Is(reason, transport.ErrTimeout) {
			t.Errorf("stream %d closed for %v, want %v", got.closed[i], reason, transport.ErrTimeout)
		}
	}
}

func TestResetByPeer(t *testing.T) {
	h := newHarness(t, "127.0.0.1")
	var got log
	bus := h.listen(&got)
	peer, accepted := silentPeer(t)
	bus.OpenStream(peer)
	connection := <-accepted
	h.Run(func() bool { return len(got.opened) == 1 })
	if err := connection.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	connection.Close()
	h.Run(func() bool { return len(got.closed) == 1 })
	if !errors.Is(got.reasons[0], transport.ErrReset) {
		t.Errorf("closed for %v, want %v", got.reasons[0], transport.ErrReset)
	}
}

// A listener whose backlog is full does not answer, as a host does not that is down.
func TestConnectTimeout(t *testing.T) {
	descriptor, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(descriptor)
	if err := syscall.Bind(descriptor, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(descriptor, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(descriptor)
	if err != nil {
		t.Fatal(err)
	}
	h := newHarness(t, "127.0.0.1")
	h.options.ConnectTimeout = 50 * time.Millisecond
	var got log
	bus := h.listen(&got)
	for range 8 {
		bus.OpenStream(netip.AddrPortFrom(h.address, uint16(name.(*syscall.SockaddrInet4).Port)))
	}
	timedOut := func(reason error) bool { return errors.Is(reason, transport.ErrTimeout) }
	h.Run(func() bool { return slices.ContainsFunc(got.reasons, timedOut) })
}

func TestTooManyInboundStreams(t *testing.T) {
	h := newHarness(t, "127.0.0.1")
	h.options.MaxInbound = 2
	var inside, outside log
	bus, peer := h.listen(&inside), h.listen(&outside)
	first := peer.OpenStream(bus.LocalAddress())
	peer.OpenStream(bus.LocalAddress())
	h.Run(func() bool { return len(inside.opened) == 2 && len(outside.opened) == 2 })
	refused := peer.OpenStream(bus.LocalAddress())
	h.Run(func() bool { return len(outside.closed) == 1 })
	if outside.closed[0] != refused || outside.reasons[0] == nil || bus.Counters().StreamsTooMany != 1 {
		t.Errorf("closed %v for %v, %+v", outside.closed, outside.reasons, bus.Counters())
	}
	peer.CloseStream(first)
	h.Run(func() bool { return len(inside.closed) == 1 })
	again := peer.OpenStream(bus.LocalAddress())
	h.Run(func() bool { return len(inside.opened) == 3 && slices.Contains(outside.opened, again) })
}

// churn opens, uses and closes streams from several goroutines, then closes the buses amid it all.
func churn(t *testing.T) {
	var received log
	h := newHarness(t, "127.0.0.1")
	left, right := h.listen(&log{}), h.listen(&received)
	var users sync.WaitGroup
	for user := range 4 {
		users.Go(func() {
			for i := range 50 {
				id := left.OpenStream(right.LocalAddress())
				left.SendStream(id, []byte(strings.Repeat("x", 100*user)))
				left.SendDatagram(right.LocalAddress(), []byte("hello"))
				if i%2 == 0 {
					left.CloseStream(id)
				}
			}
		})
	}
	h.Run(func() bool {
		return len(received.opened) > 50 && len(received.closed) > 10 && len(received.datagrams) > 10
	})
	if err := right.Close(); err != nil {
		t.Error(err)
	}
	if err := left.Close(); err != nil {
		t.Error(err)
	}
	users.Wait()
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		churn(t)
	}
	// A goroutine that Close has waited for has still to vanish.
	for runtime.NumGoroutine() > before {
		runtime.Gosched()
	}
}
