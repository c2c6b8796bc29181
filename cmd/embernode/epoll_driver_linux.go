package main

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ember-cluster/ember/core"
)

// defaultLoop is how clients are served unless the configuration says otherwise.
const defaultLoop = loopEpoll

// epollDriver is a clientDriver without goroutines: the loop itself waits for all sockets at once, and reads, executes and
// writes in its own thread. Handing bytes to another thread would cost more than executing what they say.
//
// A round waits once (poller), reads each ready connection once into one common space, one input behind the other, and
// writes once to each connection that was sent something. Sockets are watched edge-triggered for input and output for all
// their life: after the start no system call says what to watch for. So the driver remembers what a socket has told once:
// a connection that may have more to read waits in the line, and one that has not taken all its output is blocked
// until the socket says that it has room.
//
// The line and the space make the rounds fair. Who has more to read than one read gives goes back to the end of the line, and
// when the space is full the others begin the next round. So whoever is ready is read from before anyone else is
// for the second time, and a round has a bounded number of bytes, and thereby of commands, whoever sends them.
type epollDriver struct {
	options   driverOptions
	log       *slog.Logger
	poll      *poller
	listeners []*epollListener

	round round
	// space holds the input of the round.
	space []byte
	// connections are the open ones by their numbers; free are the numbers below len(connections) that nobody has.
	connections []*epollConnection
	free        []core.ClientID
	// connected counts the open sockets, also those that are being closed; turnedAway the clients that were too many.
	connected  int
	turnedAway uint64
	// line are the connections that may have something to read, each once, the longest waiting first.
	line []*epollConnection
	// dirty are the connections that something was sent to since the last flush.
	dirty []*epollConnection
	// drained and lost are for the next round: the connections of which that was asked and that have nothing queued, and
	// those that could not be written to or went over the bound.
	drained []*epollConnection
	lost    []*epollConnection
	// leaving are those that the node has been told are closed, to be let go after this round.
	leaving []*epollConnection
	// departing are those that have until some time to take their last replies, or to end the conversation.
	departing []*epollConnection
	// blocked counts the connections that have not taken all their output.
	blocked int
	// nextCheck is when checkTimes has something to do, or core.Never.
	nextCheck time.Duration
	// now is the node's clock at the begin of the round, if anything depends on it.
	now time.Duration

	// mutex guards adopted, the sockets that were handed over since the last round.
	mutex   sync.Mutex
	adopted []adoptedSocket
}

// adoptedSocket is a connected socket that comes from no listener.
type adoptedSocket struct {
	socket int
	from   origin
}

const (
	// maxRead is how much of one connection's input a round takes: few system calls for a large value, little delay
	// for the others from a long pipeline.
	maxRead = 64 << 10
	// roundSpace is how much input a round takes.
	roundSpace = 256 << 10
	// minSpace is the least space into which it is worth while to read.
	minSpace = 16 << 10
)

// newEpollDriver serves the clients that connect to the listeners, which it takes over, also when it fails.
func newEpollDriver(listeners []net.Listener, options driverOptions, log *slog.Logger) (clientDriver, error) {
	d := &epollDriver{options: options, log: log, space: make([]byte, roundSpace), nextCheck: core.Never}
	var err error
	if d.poll, err = newPoller(); err != nil {
		closeAll(listeners)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	for i, listener := range listeners {
		l, err := newEpollListener(listener, options.keepAlive)
		if err == nil {
			d.listeners = append(d.listeners, l)
			err = d.poll.watchListener(l.socket, int32(i))
		}
		if err != nil {
			closeAll(listeners[i:])
			d.closeListeners()
			d.poll.close()
			return nil, fmt.Errorf("epoll: %w", err)
		}
	}
	if options.idle > 0 {
		d.nextCheck = 0
	}
	return d, nil
}

// wake implements clientDriver.
func (d *epollDriver) wake() { d.poll.wake() }

// wait implements clientDriver.
func (d *epollDriver) wait(deadline time.Duration) *round {
	d.endRound()
	events := d.poll.wait(d.patience(deadline))
	if d.timed() {
		d.now = d.options.clock()
	}
	for i := range events {
		d.notice(&events[i])
	}
	d.takeAdopted()
	d.checkTimes()
	d.read()
	d.beginRound()
	return &d.round
}

// adopt implements clientDriver.
func (d *epollDriver) adopt(socket int, from origin) {
	d.mutex.Lock()
	d.adopted = append(d.adopted, adoptedSocket{socket, from})
	d.mutex.Unlock()
	d.wake()
}

func (d *epollDriver) takeAdopted() {
	d.mutex.Lock()
	adopted := d.adopted
	d.adopted = nil
	d.mutex.Unlock()
	for _, a := range adopted {
		d.welcome(a.socket, a.from)
	}
}

// configure implements clientDriver.
func (d *epollDriver) configure(options driverOptions) {
	d.options = d.options.changed(options)
	for _, l := range d.listeners {
		l.configure(options.keepAlive)
	}
	d.checkAt(0)
}

// refused implements clientDriver.
func (d *epollDriver) refused() uint64 { return d.turnedAway }

// timed reports whether anything depends on the clock.
func (d *epollDriver) timed() bool { return d.nextCheck != core.Never }

// patience is how long the poller may wait.
func (d *epollDriver) patience(deadline time.Duration) time.Duration {
	if len(d.line)+len(d.drained)+len(d.lost) > 0 {
		return 0
	}
	if deadline = min(deadline, d.nextCheck); deadline == core.Never {
		return core.Never
	}
	return max(deadline-d.options.clock(), 0)
}

// notice takes down what the poller has seen.
func (d *epollDriver) notice(event *unix.EpollEvent) {
	switch event.Pad {
	case watchedClient:
		if c := d.connections[event.Fd]; c != nil {
			d.ready(c, event.Events)
		}
	case watchedListener:
		d.accept(d.listeners[event.Fd])
	}
}

// ready goes on with a connection whose socket has become readable or writable, or has failed.
func (d *epollDriver) ready(c *epollConnection, events uint32) {
	const failed = unix.EPOLLHUP | unix.EPOLLERR
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|failed) != 0 {
		c.readable = true
		c.hungUp = c.hungUp || events&(unix.EPOLLRDHUP|failed) != 0
		d.enqueue(c)
	}
	if c.blocked && events&(unix.EPOLLOUT|failed) != 0 {
		d.write(c)
		d.settle(c)
	}
}

// beginRound adds to the round what is known from the last one.
func (d *epollDriver) beginRound() {
	for _, c := range d.drained {
		if c.known() {
			d.round.drained = append(d.round.drained, c.id)
		}
	}
	clear(d.drained)
	d.drained = d.drained[:0]
	for _, c := range d.lost {
		d.leave(c)
	}
	clear(d.lost)
	d.lost = d.lost[:0]
}

// endRound lets go the connections that the node has been told are closed.
func (d *epollDriver) endRound() {
	for _, c := range d.leaving {
		c.finishing = true
		d.settle(c)
	}
	clear(d.leaving)
	d.leaving = d.leaving[:0]
	d.round.reset()
}

// leave tells the node that a connection is closed. It can still be sent replies to its input in this round.
func (d *epollDriver) leave(c *epollConnection) {
	if c.known() && !c.leaving {
		c.leaving = true
		d.round.closed = append(d.round.closed, core.ClientClosed{Client: c.id, Overrun: c.overrun})
		d.leaving = append(d.leaving, c)
	}
}

// shutdown implements clientDriver.
func (d *epollDriver) shutdown(grace time.Duration) {
	d.closeListeners()
	deadline := d.options.clock() + grace
	for d.blocked > 0 && d.options.clock() < deadline {
		d.wait(deadline)
	}
	d.takeAdopted()
	for _, c := range slices.Clone(d.connections) {
		if c != nil {
			d.close(c)
		}
	}
	d.poll.close()
}

// closeListeners ends the accepting of clients.
func (d *epollDriver) closeListeners() {
	for _, l := range d.listeners {
		l.close()
	}
}

// checkTimes closes those whose time is over. It is called each round, and looks at the connections when something is due.
func (d *epollDriver) checkTimes() {
	if d.nextCheck > d.now {
		return
	}
	d.nextCheck = core.Never
	d.resumeAccepting()
	d.departing = slices.DeleteFunc(d.departing, func(c *epollConnection) bool {
		if !c.closed && c.until <= d.now {
			d.close(c)
		}
		if !c.closed {
			d.checkAt(max(c.until, d.now+departurePause))
		}
		return c.closed
	})
	for _, c := range d.connections {
		if c != nil && c.known() {
			d.checkClient(c)
		}
	}
	if d.options.idle > 0 {
		d.checkAt(d.now + max(d.options.idle/idleChecks, time.Millisecond))
	}
}

// checkClient closes a client that has been silent, or behind with reading, for too long.
func (d *epollDriver) checkClient(c *epollConnection) {
	if c.beyondSoft {
		d.settle(c)
	}
	if idle := d.options.idle; idle > 0 && c.active+idle <= d.now && !d.options.mayIdle(c.id) {
		d.log.Debug("client ended: idle", "remote", c.from.String())
		d.leave(c)
	}
}

// departurePause is the least time between two looks at the departing, which may be many.
const departurePause = 50 * time.Millisecond

// checkAt has checkTimes look at that time.
func (d *epollDriver) checkAt(at time.Duration) { d.nextCheck = min(d.nextCheck, at) }
