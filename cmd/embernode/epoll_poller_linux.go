package main

import (
	"errors"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ember-cluster/ember/core"
)

// poller waits for sockets and for calls of wake, see epoll(7).
type poller struct {
	epoll int
	// bell is an eventfd that is written to by wake and never read: each write is an edge, which ends a wait.
	bell int
	// rung says that the bell is ringing, so that it need not be rung again before the next wait has returned.
	rung   atomic.Bool
	events []unix.EpollEvent
	company
}

// What an event is about. It is kept in the event's Pad; Fd is the number of the client or the listener.
const (
	watchedBell int32 = iota
	watchedListener
	watchedClient
)

// maxEvents is how many sockets one wait can report. The others are reported by the next one.
const maxEvents = 1024

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epoll) // nothing can be lost
		return nil, err
	}
	p := &poller{epoll: epoll, bell: bell, events: make([]unix.EpollEvent, maxEvents)}
	if err := p.watch(bell, watchedBell, 0, unix.EPOLLIN|unix.EPOLLET); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) watch(fd int, what, number int32, events uint32) error {
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: number, Pad: what})
}

// watchListener reports a socket that listens for as long as there is somebody to accept.
func (p *poller) watchListener(fd int, number int32) error {
	return p.watch(fd, watchedListener, number, unix.EPOLLIN)
}

// watchClient reports each time that a socket becomes readable, or writable after it was not.
func (p *poller) watchClient(fd int, client core.ClientID) error {
	return p.watch(fd, watchedClient, int32(client), unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET)
}

// ignore reports a socket no more. One that is closed need not be ignored.
func (p *poller) ignore(fd int) {
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, fd, nil) // fails if it is not watched
}

// wake ends a wait, the present one or the next. It may be called from anywhere.
func (p *poller) wake() {
	if p.rung.Swap(true) {
		return
	}
	one := [8]byte{1} // as a number in the machine's order: anything but 0 rings
	_, _ = unix.Write(p.bell, one[:])
}

// wait returns what has happened, as soon as anything has or the time is over. The events are valid until the next call.
func (p *poller) wait(patience time.Duration) []unix.EpollEvent {
	n := 0
	if patience > 0 && p.hasCompany() {
		if n = p.look(0); n == 0 {
			n = p.park(patience)
		}
	} else {
		n = p.look(milliseconds(patience))
	}
	// Whoever wakes from here on rings again; who did before finds that we look after this.
	if p.rung.Swap(false) {
		p.noteRing()
	}
	return p.events[:n]
}

// look returns how many events there are, after so many milliseconds at most.
func (p *poller) look(patience int) int {
	n, err := unix.EpollWait(p.epoll, p.events, patience)
	if err != nil && !errors.Is(err, unix.EINTR) {
		panic("embernode: epoll_wait: " + err.Error()) // it has no other error for a descriptor that is open
	}
	return max(n, 0)
}

// milliseconds is a time as epoll_wait takes it, rounded up: it must not end before the time.
func milliseconds(d time.Duration) int {
	if d == core.Never {
		return -1
	}
	return int(min((d+time.Millisecond-1)/time.Millisecond, math.MaxInt32))
}

func (p *poller) close() {
	p.leaveCompany()
	_ = unix.Close(p.bell) // nothing can be lost by this, nor by the next
	_ = unix.Close(p.epoll)
}
