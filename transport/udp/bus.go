package udp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ember-cluster/ember/transport"
)

// Options bound what a bus takes. The zero value of each field stands for its default.
type Options struct {
	// ConnectTimeout is how long a stream may take to open. Default 2 s.
	ConnectTimeout time.Duration
	// CloseTimeout is how long a peer may take to accept the last bytes of a stream that is closed. Default 5 s.
	CloseTimeout time.Duration
	// SendQueue is how many bytes may wait to be sent on one stream. Default 8 MiB, at least transport.MinSendQueue.
	SendQueue int
	// MaxInbound is how many inbound streams may be open at a time; more are reset. Default 4096.
	MaxInbound int
}

func (o Options) withDefaults() Options {
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = 2 * time.Second
	}
	if o.CloseTimeout == 0 {
		o.CloseTimeout = 5 * time.Second
	}
	if o.SendQueue == 0 {
		o.SendQueue = 8 << 20
	}
	o.SendQueue = max(o.SendQueue, transport.MinSendQueue)
	if o.MaxInbound == 0 {
		o.MaxInbound = 4096
	}
	return o
}

// Counters count what a bus has dropped since it was opened.
type Counters struct {
	// DatagramsDropped counts those that were to be sent faster than the socket takes them, or that it refused;
	// DatagramsTooLong those that arrived with more than transport.MaxDatagram bytes.
	DatagramsDropped, DatagramsTooLong uint64
	// StreamsTooSlow counts streams closed since too many bytes waited on them, StreamsTooMany inbound ones
	// refused since too many were open.
	StreamsTooSlow, StreamsTooMany uint64
}

// A Bus is an open bus. Its methods may be called from several goroutines.
type Bus struct {
	options  Options
	local    transport.Address
	packets  *net.UDPConn
	listener *net.TCPListener
	// outgoing are the datagrams that wait to be sent. Nobody else takes from it than writeDatagrams, which closes written at its end.
	outgoing chan outgoing
	written  chan struct{}

	// delivery is held during each call of the receiver. No other lock is, so that the receiver can call the bus.
	delivery sync.Mutex
	receiver transport.Receiver

	// stopping is done when Close is called.
	stopping context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup

	mutex   sync.Mutex
	streams map[transport.StreamID]*stream
	last    transport.StreamID
	// inbound counts the inbound ones of streams.
	inbound int
	closed  bool

	datagramsDropped, datagramsTooLong, streamsTooSlow, streamsTooMany atomic.Uint64
}

// Listen opens a bus at an address, whose port 0 stands for any that is free for both UDP and TCP. An error is one
// line that names the address and what failed.
func Listen(address transport.Address, receiver transport.Receiver, options Options) (*Bus, error) {
	packets, listener, err := bind(address)
	if err != nil {
		return nil, err
	}
	_ = packets.SetReadBuffer(1 << 20) // as much of it as the system grants
	b := &Bus{
		options:  options.withDefaults(),
		local:    unmap(listener.Addr().(*net.TCPAddr).AddrPort()),
		packets:  packets,
		listener: listener,
		outgoing: make(chan outgoing, 512),
		written:  make(chan struct{}),
		receiver: receiver,
		streams:  map[transport.StreamID]*stream{},
	}
	b.stopping, b.stop = context.WithCancel(context.Background())
	b.running.Go(b.readDatagrams)
	b.running.Go(b.writeDatagrams)
	b.running.Go(b.accept)
	return b, nil
}

// bindAttempts is how many free TCP ports are tried for one that is free for UDP as well.
const bindAttempts = 20

// bind opens both sockets at the same port.
func bind(address transport.Address) (*net.UDPConn, *net.TCPListener, error) {
	for attempt := 1; ; attempt++ {
		listener, err := net.ListenTCP("tcp"+family(address), net.TCPAddrFromAddrPort(address))
		if err != nil {
			return nil, nil, bindError(address, "TCP", err)
		}
		port := listener.Addr().(*net.TCPAddr).AddrPort().Port()
		at := netip.AddrPortFrom(address.Addr(), port)
		packets, err := net.ListenUDP("udp"+family(address), net.UDPAddrFromAddrPort(at))
		if err == nil {
			return packets, listener, nil
		}
		_ = listener.Close()
		if address.Port() != 0 || attempt == bindAttempts {
			return nil, nil, bindError(address, "UDP", err)
		}
	}
}

// family returns what restricts a network of package net to IPv4, if the address is one: otherwise 0.0.0.0 would stand
// for every address of IPv6 as well. An IPv6 socket takes IPv4 too, if it listens on every interface.
func family(address transport.Address) string {
	if address.Addr().Is4() {
		return "4"
	}
	return ""
}

// bindError says what failed without the layers of the operating system's packages.
func bindError(address transport.Address, protocol string, err error) error {
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return fmt.Errorf("bus %s: cannot listen on %s: %w", address, protocol, err)
}

// unmap gives an IPv4 address that came through an IPv6 socket its own form.
func unmap(address transport.Address) transport.Address {
	return netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
}

// LocalAddress implements transport.Bus. A bus that listens on every interface returns the unspecified address.
func (b *Bus) LocalAddress() transport.Address {
	return b.local
}

// Counters returns what was dropped so far.
func (b *Bus) Counters() Counters {
	return Counters{
		DatagramsDropped: b.datagramsDropped.Load(),
		DatagramsTooLong: b.datagramsTooLong.Load(),
		StreamsTooSlow:   b.streamsTooSlow.Load(),
		StreamsTooMany:   b.streamsTooMany.Load(),
	}
}

// deliver makes a call of the receiver, unless the bus is closed.
func (b *Bus) deliver(call func(transport.Receiver)) {
	b.delivery.Lock()
	defer b.delivery.Unlock()
	if b.stopping.Err() == nil {
		call(b.receiver)
	}
}

// pause waits a little after an error of a socket, such as a want of memory or of file descriptors, that may pass.
func (b *Bus) pause() {
	select {
	case <-b.stopping.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

// lastDatagrams is how long the system may take for the datagrams that wait when the bus is closed.
const lastDatagrams = 100 * time.Millisecond

// Close implements transport.Bus. Datagrams that were to be sent before are sent: a goodbye is the last of them. It waits for a call of
// the receiver that is under way, so it must not be called from within one.
func (b *Bus) Close() error {
	b.mutex.Lock()
	first := !b.closed
	b.closed = true
	b.stop()
	for _, s := range b.streams {
		s.abort(nil)
	}
	b.mutex.Unlock()
	var err error
	if first {
		_ = b.packets.SetWriteDeadline(time.Now().Add(lastDatagrams)) // it does not fail while the socket is open
		<-b.written
		err = cmp.Or(b.packets.Close(), b.listener.Close())
	}
	b.running.Wait()
	return err
}
